-- name: hold_summaries
-- One row. Until the transaction ends nobody rebuilds the tenant's summaries; any number may hold them.
select pg_advisory_xact_lock_shared(hashtext('trueup usage'), tenancy.current_tenant())

-- name: seize_summaries
-- One row. Waits until no batch is being counted, and holds off the next until the transaction ends.
select pg_advisory_xact_lock(hashtext('trueup usage'), tenancy.current_tenant())

-- name: record_usage
-- Counts each staged event once; one that is there already changes nothing and is returned as known. The
-- days it falls on are the customer's own, and their summaries grow in the same statement. Events of
-- subscriptions that the tenant does not have stay out and are returned as unknown. One row.
-- Keys, then summaries, are taken in order, so that batches wait for each other but never in a ring.
-- Relies on usage_event_idempotency_key_key and usage_summary_pkey.
with zoned as materialized (
    select s.subscription_id, coalesce(s.time_zone, u.time_zone) as time_zone
      from billing.subscription s
      join billing.customer u on u.customer_id = s.customer_id
     where s.subscription_id in (select subscription_id from pg_temp.usage_in)
), counted as (
    insert into billing.usage_event (tenant_id, usage_event_id, subscription_id, meter, quantity,
        occurred_at, idempotency_key, is_billed, recorded_at, dimensions)
    select tenancy.current_tenant(), i.usage_event_id, i.subscription_id, i.meter, i.quantity,
           i.occurred_at, i.idempotency_key, false, %(recorded_at)s, i.dimensions::jsonb
      from pg_temp.usage_in i
      join zoned using (subscription_id)
     order by i.idempotency_key
    on conflict (tenant_id, idempotency_key) do nothing
    returning subscription_id, meter, quantity, occurred_at, idempotency_key, dimensions
), summed as (
    insert into billing.usage_summary as known (tenant_id, subscription_id, meter, day, dimensions,
        events, quantity, largest, latest, latest_at, changed_at)
    select tenancy.current_tenant(), subscription_id, meter, (occurred_at at time zone time_zone)::date,
           coalesce(dimensions, '{}'), count(*), sum(quantity), max(quantity),
           (array_agg(quantity order by occurred_at desc, quantity desc))[1], max(occurred_at), %(recorded_at)s
      from counted
      join zoned using (subscription_id)
     group by 2, 3, 4, 5
     order by 2, 3, 4, 5
    on conflict (tenant_id, subscription_id, meter, day, dimensions) do update
       set events = known.events + excluded.events,
           quantity = known.quantity + excluded.quantity,
           largest = greatest(known.largest, excluded.largest),
           latest = case when (excluded.latest_at, excluded.latest) >= (known.latest_at, known.latest)
                         then excluded.latest else known.latest end,
           latest_at = greatest(known.latest_at, excluded.latest_at),
           changed_at = greatest(known.changed_at, excluded.changed_at)
)
select (select count(*) from counted) as counted,
       array(select idempotency_key from pg_temp.usage_in
              where idempotency_key not in (select idempotency_key from counted)) as known,
       array(select distinct subscription_id::text from pg_temp.usage_in
              where subscription_id not in (select subscription_id from zoned) order by 1) as unknown

-- name: unpriced_meters
-- Of the staged events, those of meters that no charge of their subscription prices or includes, by meter.
-- Relies on subscription_item_pkey and price_pkey.
with used as (
    select subscription_id, meter, count(*) as events
      from pg_temp.usage_in
     group by 1, 2
)
select u.meter, sum(u.events)::bigint as events
  from used u
 where not exists (
    select
      from billing.subscription_item i
      join billing.price p on p.price_id = i.price_id
     where i.subscription_id = u.subscription_id
       and (u.meter = any(string_to_array(p.meter, '+') || string_to_array(p.included_meter, '+'))
            or (p.kind = 'usage' and p.meter is null))
       and (i.served_from is null or i.served_until is distinct from i.served_from))
 group by 1
 order by 1

-- name: unpriced_since
-- Meters of subscriptions that this platform bills with events recorded since :since, an hour allowed for a batch that
-- shows late, and that no charge prices or includes: events and quantity of all time, since when those were used that
-- were recorded in that hour or later, and the same, fresh_, of those recorded after :since. Relies on
-- usage_event_recorded_idx, usage_summary_pkey.
with used as materialized (
    select subscription_id, meter, min(occurred_at) as starts_at, max(occurred_at) as ends_at,
           count(*) filter (where recorded_at > %(since)s) as fresh_events,
           min(occurred_at) filter (where recorded_at > %(since)s) as fresh_starts_at,
           max(occurred_at) filter (where recorded_at > %(since)s) as fresh_ends_at
      from billing.usage_event
     where recorded_at > %(since)s::timestamptz - interval '1 hour' and not is_billed
     group by 1, 2
)
select u.subscription_id, u.meter, a.events, a.quantity, u.starts_at, u.ends_at, u.fresh_events, u.fresh_starts_at,
       u.fresh_ends_at
  from used u
 cross join lateral (
       select sum(d.events)::bigint as events, sum(d.quantity) as quantity
         from billing.usage_summary d
        where d.tenant_id = tenancy.current_tenant() and d.subscription_id = u.subscription_id
          and d.meter = u.meter) a
  join billing.subscription s on s.subscription_id = u.subscription_id and s.phases_from is not null
  join billing.customer c on c.customer_id = s.customer_id and c.authority = 'target'
 where not exists (
    select
      from billing.subscription_item i
      join billing.price p on p.price_id = i.price_id
     where i.subscription_id = u.subscription_id
       and (u.meter = any(string_to_array(p.meter, '+') || string_to_array(p.included_meter, '+'))
            or (p.kind = 'usage' and p.meter is null))
       and (i.served_from is null or i.served_until is distinct from i.served_from))
 order by u.subscription_id, u.meter

-- name: used_without_bill
-- Subscriptions that used something recorded since :since and since their last bill, and of which no bill is to
-- come, with when that was. As in read_windows an hour is allowed for a batch that shows late. Relies on
-- subscription_without_bill_idx, and usage_event_recorded_idx or usage_event_subscription_idx.
select e.subscription_id, max(e.recorded_at) as recorded_at
  from billing.subscription s
  join billing.usage_event e on e.subscription_id = s.subscription_id
 where s.next_bill_at is null and s.phases_from is not null and not e.is_billed
   and e.recorded_at > %(since)s::timestamptz - interval '1 hour'
   and e.recorded_at > s.last_billed_at - interval '1 hour'
 group by 1
 order by 1

-- name: changed_events
-- Of the staged events with these keys, those that were counted with other content. A statement after
-- the one that met them: what another batch counted meanwhile is seen. `offset 0` has the key's own
-- index answer for each, usage_event_idempotency_key_key, whatever the planner thinks of their number.
with met as materialized (
    select i.* from unnest(%(keys)s::text[]) k (idempotency_key) join pg_temp.usage_in i using (idempotency_key)
)
select i.idempotency_key
  from met i
 cross join lateral (
    select c.subscription_id, c.meter, c.quantity, c.occurred_at, c.dimensions
      from billing.usage_event c
     where c.idempotency_key = i.idempotency_key
    offset 0) e
 where (e.subscription_id, e.meter, e.quantity, e.occurred_at)
       is distinct from (i.subscription_id, i.meter, i.quantity, i.occurred_at)
    or coalesce(e.dimensions, '{}') <> coalesce(i.dimensions::jsonb, '{}')
 order by 1

-- name: clear_summaries
-- Forget the summaries of the tenant; they are rebuilt from the events in the same transaction.
delete from billing.usage_summary

-- name: rebuild_summaries
-- Sum all events of the tenant that no other system billed, exactly as they are summed one by one.
insert into billing.usage_summary (tenant_id, subscription_id, meter, day, dimensions,
    events, quantity, largest, latest, latest_at, changed_at)
select tenancy.current_tenant(), e.subscription_id, e.meter,
       (e.occurred_at at time zone coalesce(s.time_zone, u.time_zone))::date, coalesce(e.dimensions, '{}'),
       count(*), sum(e.quantity), max(e.quantity),
       (array_agg(e.quantity order by e.occurred_at desc, e.quantity desc))[1],
       max(e.occurred_at), max(e.recorded_at)
  from billing.usage_event e
  join billing.subscription s on s.subscription_id = e.subscription_id
  join billing.customer u on u.customer_id = s.customer_id
 where not e.is_billed
 group by 2, 3, 4, 5
 order by 2, 3, 4, 5

-- name: read_windows
-- What was used in each staged window, a row for each meter and combination of dimensions; none for a
-- window without usage, or without any since it was known. Relies on usage_summary_pkey.
-- A batch carries the time at which it began and shows when it commits, on another machine perhaps: an
-- hour is allowed for both. To read again what is known is harmless, to miss a change is not.
with found as (
    select w.number, w.known_at, s.meter, s.dimensions, s.events, s.quantity, s.largest, s.latest,
           s.latest_at, s.changed_at
      from pg_temp.usage_windows w
      join billing.usage_summary s on s.subscription_id = w.subscription_id and s.meter = w.meter
       and s.day >= coalesce(w.starts_on, '-infinity') and s.day < coalesce(w.ends_on, 'infinity')
    union all
    select w.number, w.known_at, s.meter, s.dimensions, s.events, s.quantity, s.largest, s.latest,
           s.latest_at, s.changed_at
      from pg_temp.usage_windows w
      join billing.usage_summary s on s.subscription_id = w.subscription_id and w.meter is null
       and s.day >= coalesce(w.starts_on, '-infinity') and s.day < coalesce(w.ends_on, 'infinity')
), changed as (
    select number
      from found
     group by number
    having bool_or(changed_at > known_at - interval '1 hour') or bool_or(known_at is null)
)
select number, meter, dimensions, sum(events)::bigint as events, sum(quantity)::numeric(38, 6) as quantity,
       max(largest)::numeric(20, 6) as largest,
       ((array_agg(latest order by latest_at desc, latest desc))[1])::numeric(20, 6) as latest,
       max(latest_at) as latest_at, max(changed_at) as changed_at
  from found
 where number in (select number from changed)
 group by number, meter, dimensions
 order by number, meter, dimensions

-- name: read_days
-- What was used on each day of each staged window, a row for each meter and combination of dimensions, in the
-- order of the last event of each. Relies on usage_summary_pkey.
with found as (
    select w.number, s.meter, s.day, s.dimensions, s.quantity, s.largest, s.latest, s.latest_at
      from pg_temp.usage_windows w
      join billing.usage_summary s on s.subscription_id = w.subscription_id and s.meter = w.meter
       and s.day >= coalesce(w.starts_on, '-infinity') and s.day < coalesce(w.ends_on, 'infinity')
    union all
    select w.number, s.meter, s.day, s.dimensions, s.quantity, s.largest, s.latest, s.latest_at
      from pg_temp.usage_windows w
      join billing.usage_summary s on s.subscription_id = w.subscription_id and w.meter is null
       and s.day >= coalesce(w.starts_on, '-infinity') and s.day < coalesce(w.ends_on, 'infinity')
)
select number, meter, day, dimensions, quantity, largest, latest, latest_at
  from found
 order by number, latest_at, latest, meter, dimensions

-- name: read_changes
-- The first day of each staged window of which usage has changed since it was known; none where none has. An
-- hour is allowed as in read_windows. Relies on usage_summary_pkey.
select w.number, min(s.day) as day
  from pg_temp.usage_windows w
  join billing.usage_summary s on s.subscription_id = w.subscription_id
 where s.changed_at > w.known_at - interval '1 hour'
   and s.day >= coalesce(w.starts_on, '-infinity') and s.day < coalesce(w.ends_on, 'infinity')
 group by w.number
 order by w.number

-- name: read_events
-- The events of each staged span that no other system billed, in time order; the largest of one instant
-- comes last, as it is the latest in summaries. Relies on usage_event_subscription_idx.
with bounded as materialized (
    select w.number, w.subscription_id, w.meter, z.time_zone,
           greatest(w.starts_at, w.starts_on::timestamp at time zone z.time_zone, '-infinity') as starts_at,
           least(w.ends_at, w.ends_on::timestamp at time zone z.time_zone, 'infinity') as ends_at
      from pg_temp.usage_spans w
      join (select s.subscription_id, coalesce(s.time_zone, u.time_zone) as time_zone
              from billing.subscription s
              join billing.customer u on u.customer_id = s.customer_id) z using (subscription_id)
), found as (
    select w.number, w.time_zone, e.usage_event_id, e.meter, e.occurred_at, e.recorded_at, e.quantity, e.dimensions
      from bounded w
      join billing.usage_event e on e.subscription_id = w.subscription_id and e.meter = w.meter
       and e.occurred_at >= w.starts_at and e.occurred_at < w.ends_at and not e.is_billed
    union all
    select w.number, w.time_zone, e.usage_event_id, e.meter, e.occurred_at, e.recorded_at, e.quantity, e.dimensions
      from bounded w
      join billing.usage_event e on e.subscription_id = w.subscription_id and w.meter is null
       and e.occurred_at >= w.starts_at and e.occurred_at < w.ends_at and not e.is_billed
)
select number, usage_event_id, meter, occurred_at, (occurred_at at time zone time_zone)::date as day,
       recorded_at, quantity, dimensions
  from found
 order by number, occurred_at, quantity, usage_event_id

-- name: days_of_subscription
-- What a subscription used, by day, meter and dimensions; a row a day. Relies on usage_summary_pkey.
select day, meter, dimensions, events, quantity, largest, latest
  from billing.usage_summary
 where subscription_id = %(subscription_id)s
   and day >= coalesce(%(starts_on)s::date, '-infinity') and day < coalesce(%(ends_on)s::date, 'infinity')
 order by day, meter, dimensions

-- name: subscription_is_known
-- One row: whether the tenant has this subscription.
select exists (select from billing.subscription where subscription_id = %(subscription_id)s) as is_known
