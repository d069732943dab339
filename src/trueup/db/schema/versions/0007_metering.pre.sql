-- What was used on each local day, kept as events arrive; rebuildable from them. ADR 0084.
create table billing.usage_summary (
    tenant_id integer not null,
    subscription_id uuid not null,
    meter text not null,
    day date not null,
    dimensions jsonb not null default '{}',
    events bigint not null,
    quantity numeric(38, 6) not null,
    largest numeric(20, 6) not null,
    latest numeric(20, 6) not null,
    latest_at timestamptz not null,
    changed_at timestamptz not null,
    constraint usage_summary_pkey primary key (tenant_id, subscription_id, meter, day, dimensions),
    -- A projection goes with what it projects: the events themselves hold their subscription.
    constraint usage_summary_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id) on delete cascade
) with (fillfactor = 70);  -- a day grows with every batch: room to grow in its page, without its indexes
comment on table billing.usage_summary is 'usage not billed by another system, by the local day of the customer';
comment on column billing.usage_summary.latest is 'the quantity at latest_at; of several at one instant the largest';
comment on column billing.usage_summary.changed_at is 'when the last event of this day was recorded: what a bill before it did not know';

-- What was counted stays as it was counted; a correction is an event of its own.
create trigger usage_event_is_a_fact before update on billing.usage_event
    for each row execute function tenancy.refuse_change();

alter table billing.usage_summary enable row level security;
create policy tenant_wall on billing.usage_summary
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert, update, delete on billing.usage_summary to trueup_app;

select tenancy.guard_referenced();
