-- Credit that stays taken back, where a credit came from, and credit paid out. B41, B57; ADR 0104.
alter table billing.credit
    add column origin text not null default 'native',
    add column is_taken_back boolean not null default false,
    add constraint credit_origin_known check (origin in ('native', 'imported'));
comment on column billing.credit.is_taken_back is 'what was left of it was taken back; what a void invoice gives back of it is taken back, too';
update billing.credit c set origin = 'imported'
 where exists (select from ledger.transfer t
                where t.tenant_id = c.tenant_id and t.entry_id = c.credit_id and t.template = 'imported_credit');
-- Less of it was spent than was granted, and nothing is left.
update billing.credit c set is_taken_back = true
 where c.is_goodwill and c.remaining_micros = 0
   and c.original_micros > (select coalesce(sum(a.amount_micros), 0)
                              from billing.credit_application a
                              join billing.invoice i on i.tenant_id = a.tenant_id and i.invoice_id = a.invoice_id
                             where a.tenant_id = c.tenant_id and a.credit_id = c.credit_id and i.status <> 'void');

create table billing.credit_payout (
    tenant_id integer not null,
    credit_payout_id uuid not null,
    credit_id uuid not null,
    amount_micros bigint not null,
    reference text not null,
    position integer not null,
    paid_out_at timestamptz not null,
    constraint credit_payout_pkey primary key (tenant_id, credit_payout_id),
    constraint credit_payout_reference_key unique (tenant_id, reference, position),
    constraint credit_payout_credit_fkey foreign key (tenant_id, credit_id)
        references billing.credit (tenant_id, credit_id),
    constraint credit_payout_amount_positive check (amount_micros > 0),
    constraint credit_payout_reference_not_blank check (reference <> '' and reference = btrim(reference))
);
comment on table billing.credit_payout is 'what was paid back to customers, of which credit; parts of one payment share its reference';
create trigger credit_payout_is_a_fact before update or delete on billing.credit_payout
    for each row execute function tenancy.refuse_change();
alter table billing.credit_payout enable row level security;
create policy tenant_wall on billing.credit_payout
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert on billing.credit_payout to trueup_app;

select tenancy.guard_referenced();
