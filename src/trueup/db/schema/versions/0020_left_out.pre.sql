-- Usage that a run met and no bill holds; usage that comes when no bill is to come any more; and the plans
-- that were left of which a commitment may still be owed. B22, B28; ADR 0103.
create table billing.usage_left_out (
    tenant_id integer not null,
    bill_run_id uuid not null,
    subscription_id uuid not null,
    meter text not null,
    reason text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    events bigint not null,
    quantity numeric(38, 6) not null,
    constraint usage_left_out_pkey
        primary key (tenant_id, subscription_id, meter, starts_at, reason, bill_run_id),
    constraint usage_left_out_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint usage_left_out_run_fkey foreign key (tenant_id, bill_run_id)
        references billing.bill_run (tenant_id, bill_run_id),
    constraint usage_left_out_reason_known check (reason in ('too_late', 'not_served', 'unpriced')),
    constraint usage_left_out_something check (events > 0),
    constraint usage_left_out_span check (starts_at < ends_at)
);
comment on table billing.usage_left_out is 'what a bill run met of usage and left on no bill, told once: an event is in one row';
comment on column billing.usage_left_out.starts_at is 'of the period in which it was used';
create index usage_left_out_run_idx on billing.usage_left_out (tenant_id, bill_run_id);

alter table billing.usage_left_out enable row level security;
create policy tenant_wall on billing.usage_left_out
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert, update on billing.usage_left_out to trueup_app;

alter table billing.bill_run add column left_out integer not null default 0;
comment on column billing.bill_run.left_out is 'how many rows of usage_left_out it wrote';

-- Events come in the order in which they are recorded: a few pages of index tell those since a moment.
create index usage_event_recorded_idx on billing.usage_event using brin (recorded_at);
create index subscription_without_bill_idx on billing.subscription (tenant_id, subscription_id)
    where next_bill_at is null and phases_from is not null;

alter table billing.subscription add column former_plans jsonb not null default '[]';
comment on column billing.subscription.former_plans is 'plans with a minimum commitment that were left, the oldest first: ids';

select tenancy.guard_referenced();
