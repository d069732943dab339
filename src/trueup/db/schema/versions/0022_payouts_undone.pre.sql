-- Pay-outs that did not leave, or came back: what was posted stays, and is undone by as much. B57, B59; ADR 0104.
create table billing.credit_payout_undone (
    tenant_id integer not null,
    credit_payout_id uuid not null,
    undone_at timestamptz not null,
    constraint credit_payout_undone_pkey primary key (tenant_id, credit_payout_id),
    constraint credit_payout_undone_payout_fkey foreign key (tenant_id, credit_payout_id)
        references billing.credit_payout (tenant_id, credit_payout_id)
);
comment on table billing.credit_payout_undone is 'parts of pay-outs that were taken back: the customer has the credit again';
create trigger credit_payout_undone_is_a_fact before update or delete on billing.credit_payout_undone
    for each row execute function tenancy.refuse_change();
alter table billing.credit_payout_undone enable row level security;
create policy tenant_wall on billing.credit_payout_undone
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert on billing.credit_payout_undone to trueup_app;

select tenancy.guard_referenced();
