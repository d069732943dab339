-- When bill runs begin by themselves. ADR 0100.
create table billing.bill_schedule (
    tenant_id integer not null,
    every_minutes integer,
    local_times jsonb,
    time_zone text,
    workers integer not null,
    set_at timestamptz not null,
    next_at timestamptz not null,
    constraint bill_schedule_pkey primary key (tenant_id),
    constraint bill_schedule_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint bill_schedule_one_rhythm check ((every_minutes is null) <> (local_times is null)),
    constraint bill_schedule_every_range check (every_minutes between 1 and 10080),
    constraint bill_schedule_times_in_a_zone check ((local_times is null) = (time_zone is null)),
    constraint bill_schedule_workers_range check (workers between 1 and 64)
);
comment on column billing.bill_schedule.next_at is 'moved on when a run is over: what was missed or cut short is made up for by one run';

alter table billing.bill_schedule enable row level security;
create policy tenant_wall on billing.bill_schedule
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, insert, update, delete on billing.bill_schedule to trueup_app;

select tenancy.guard_referenced();
