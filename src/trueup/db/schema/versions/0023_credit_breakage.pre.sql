-- What customers did not spend of credit before it ended: posted by runs, and followed where bills of earlier days spend
-- it after all, or void ones give it back. B19, B42, B59; ADR 0110.
alter table billing.credit add column broken_micros bigint not null default 0;
comment on column billing.credit.broken_micros is 'what of it is in the books as not spent before it ended: the sum of its breakage';
create index credit_to_break_idx on billing.credit (tenant_id, expires_at)
    where expires_at is not null and broken_micros <> greatest(remaining_micros, 0);

create table billing.credit_breakage (
    tenant_id integer not null,
    credit_breakage_id uuid not null,
    credit_id uuid not null,
    bill_run_id uuid,
    amount_micros bigint not null,
    constraint credit_breakage_pkey primary key (tenant_id, credit_breakage_id),
    constraint credit_breakage_run_key unique (tenant_id, credit_id, bill_run_id),
    constraint credit_breakage_credit_fkey foreign key (tenant_id, credit_id)
        references billing.credit (tenant_id, credit_id),
    constraint credit_breakage_run_fkey foreign key (tenant_id, bill_run_id)
        references billing.bill_run (tenant_id, bill_run_id),
    constraint credit_breakage_something check (amount_micros <> 0)
);
comment on column billing.credit_breakage.bill_run_id is 'the run that found it; of a copy on a test clock none';
comment on table billing.credit_breakage is 'by how much a run found more, or less, left of a credit that had ended than was in the books';
create trigger credit_breakage_is_a_fact before update or delete on billing.credit_breakage
    for each row execute function tenancy.refuse_change();
alter table billing.credit_breakage enable row level security;
create policy tenant_wall on billing.credit_breakage
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert on billing.credit_breakage to trueup_app;

select tenancy.guard_referenced();
