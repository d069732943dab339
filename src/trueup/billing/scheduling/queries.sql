-- name: schedule
-- The tenant's schedule; a row or none.
select every_minutes, local_times, time_zone, workers, set_at, next_at
  from billing.bill_schedule
 where tenant_id = tenancy.current_tenant();

-- name: set_schedule
-- A schedule in the place of any before; one row.
insert into billing.bill_schedule (tenant_id, every_minutes, local_times, time_zone, workers, set_at, next_at)
values (tenancy.current_tenant(), %(every_minutes)s, %(local_times)s, %(time_zone)s, %(workers)s, %(set_at)s, %(next_at)s)
    on conflict (tenant_id) do update
   set every_minutes = excluded.every_minutes, local_times = excluded.local_times, time_zone = excluded.time_zone,
       workers = excluded.workers, set_at = excluded.set_at, next_at = excluded.next_at;

-- name: move_on
-- The run that was due at :was is over; a row unless the schedule was set anew meanwhile.
update billing.bill_schedule set next_at = %(next_at)s
 where tenant_id = tenancy.current_tenant() and next_at = %(was)s and set_at = %(set_at)s;

-- name: remove_schedule
-- No schedule any more; a row if there was one.
delete from billing.bill_schedule where tenant_id = tenancy.current_tenant();
