-- name: plan_for_chunks
-- Plan the rest of the transaction for a chunk of a large table: look rows up, never pass over all of
-- them, whatever the statistics of a table that grew a moment ago say. One row.
select set_config('enable_seqscan', 'off', true) as seqscan, set_config('enable_bitmapscan', 'off', true) as bitmapscan;

-- name: claim_steady
-- Lock up to :limit subscriptions whose next bill is a plain renewal, as claim_due does, and say what
-- decides about them: a row for each kind of renewal, the subscriptions of a kind packed side by side.
-- Left to claim_due: those with a discount, a credit or an item that waits, or that count other days
-- than their customer. amounts: of each item its quantity, empty where what was used decides; is_metered:
-- something of it is or was. Relies on subscription_due_idx, subscription_item_pkey.
with claimed as materialized (
    select s.subscription_id, s.customer_id, s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle,
           s.dialect, s.legal_entity_id, s.net_days, s.plan_id, s.orders, s.last_billed_at, c.country, c.region,
           c.postal_code, c.company is not null as is_business, c.is_tax_exempt
      from billing.subscription s
      join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
     where s.tenant_id = tenancy.current_tenant()
       and s.next_bill_at <= %(until)s and s.is_steady and not s.is_joint
       and s.status in ('active', 'past_due', 'unpaid')
       and s.parked_by is distinct from %(run_id)s
       and c.authority = 'target' and c.time_zone = s.time_zone
       and not exists (
           select from billing.credit k
            where k.tenant_id = s.tenant_id and k.customer_id = s.customer_id and k.remaining_micros > 0)
       and not exists (
           select from billing.discount d
            where d.tenant_id = s.tenant_id and d.subscription_id = s.subscription_id)
       and not exists (
           select from billing.pending_item p
            where p.tenant_id = s.tenant_id and p.customer_id = s.customer_id and p.currency = s.currency
              and p.invoice_id is null)
     order by s.next_bill_at, s.subscription_id
     limit %(limit)s
       for update of s skip locked
       for share of c skip locked
)
select s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle, s.dialect, s.legal_entity_id,
       s.net_days, s.plan_id, n.prices, s.country, s.region, s.postal_code, s.is_business, s.is_tax_exempt,
       t.customer_id as identified, n.is_metered, n.known_at,
       string_agg(uuid_send(s.subscription_id), ''::bytea order by s.subscription_id) as subscriptions,
       string_agg(uuid_send(s.customer_id), ''::bytea order by s.subscription_id) as customers,
       string_agg(int4send(s.orders), ''::bytea order by s.subscription_id) as orders,
       string_agg(n.amounts, '|' order by s.subscription_id) as amounts,
       string_agg(n.keys, chr(30) order by s.subscription_id) as keys
  from claimed s
 cross join lateral (
       select array_agg(i.price_id order by i.position) filter (where i.renews) as prices,
              string_agg(case when i.meter is null then trim_scale(i.quantity)::text else '' end,
                  ' ' order by i.position) filter (where i.renews) as amounts,
              string_agg(i.item_key, chr(31) order by i.position) filter (where i.renews) as keys,
              bool_or(i.meter is not null) as is_metered,
              case when bool_or(i.meter is not null) then s.last_billed_at end as known_at
         from (select i.position, i.price_id, i.quantity, i.item_key, p.meter,
                      i.served_until is null and coalesce(p.kind, 'recurring') not in ('one_off', 'fixed') as renews
                 from billing.subscription_item i
                 join billing.price p on p.tenant_id = i.tenant_id and p.price_id = i.price_id
                where i.tenant_id = tenancy.current_tenant() and i.subscription_id = s.subscription_id) i
       offset 0) n
  left join (select distinct customer_id from billing.tax_identity where tenant_id = tenancy.current_tenant()
                and customer_id in (select customer_id from claimed)) t
    on t.customer_id = s.customer_id
 group by s.currency, s.next_bill_at, s.current_period_start, s.time_zone, s.cycle, s.dialect, s.legal_entity_id,
       s.net_days, s.plan_id, n.prices, s.country, s.region, s.postal_code, s.is_business, s.is_tax_exempt,
       t.customer_id, n.is_metered, n.known_at
 order by s.next_bill_at, min(s.subscription_id::text);

-- name: claim_due
-- Lock up to :limit subscriptions that owe something by :until and that this platform may bill, the
-- longest due first, skipping those another worker holds and those this run has parked, or a later one
-- that still runs: two runs would else park them for each other for ever. Their customers are held
-- against a hand-over until the transaction ends. Relies on subscription_due_idx.
select s.subscription_id, s.customer_id, s.next_bill_at
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant()
   and s.next_bill_at <= %(until)s and s.is_joint = %(is_joint)s
   and s.parked_by is distinct from %(run_id)s
   and not exists (
       select from billing.bill_run r
        where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
          and r.finished_at is null)
   and c.authority = 'target'
   and (%(ids)s::uuid[] is null or s.subscription_id = any(%(ids)s))
 order by s.next_bill_at, s.subscription_id
 limit %(limit)s
   for update of s skip locked
   for share of c skip locked;

-- name: claim_customers
-- Lock up to :limit customers who are billed on joint invoices and owe something by :until. Relies on
-- subscription_due_idx.
select c.customer_id
  from billing.customer c
 where c.tenant_id = tenancy.current_tenant() and c.authority = 'target'
   and exists (
       select from billing.subscription s
        where s.tenant_id = c.tenant_id and s.customer_id = c.customer_id and s.is_joint
          and s.next_bill_at <= %(until)s and s.parked_by is distinct from %(run_id)s
          and not exists (
              select from billing.bill_run r
               where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
                 and r.finished_at is null))
 order by c.customer_id
 limit %(limit)s
   for update skip locked;

-- name: due_of_customers
-- Joint subscriptions of some customers that owe something by :until, now held. Relies on
-- subscription_customer_idx.
select subscription_id, customer_id, next_bill_at
  from billing.subscription s
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(customers)s) and is_joint
   and next_bill_at <= %(until)s and s.parked_by is distinct from %(run_id)s
   and not exists (
       select from billing.bill_run r
        where r.tenant_id = s.tenant_id and r.bill_run_id = s.parked_by and r.bill_run_id > %(run_id)s
          and r.finished_at is null)
 order by next_bill_at, subscription_id
   for update;

-- name: claim_watched
-- Lock up to :limit subscriptions after :after that usage may bill before their periods end and that owe
-- nothing else by :until, by id, as claim_due does. starts_on: of the first day that can matter; null:
-- a charge has periods of its own. Relies on subscription_watched_idx.
select s.subscription_id, s.customer_id, s.usage_watched_at,
       case when not exists (
           select from billing.subscription_item i
            where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id and i.cycle is not null)
            then (s.current_period_start at time zone s.time_zone)::date end as starts_on
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant() and s.usage_watched_at is not null
   and s.subscription_id > %(after)s
   and (s.next_bill_at is null or s.next_bill_at > %(until)s) and s.current_period_start <= %(until)s
   and s.parked_by is distinct from %(run_id)s
   and c.authority = 'target'
 order by s.subscription_id
 limit %(limit)s
   for update of s skip locked
   for share of c skip locked;

-- name: mark_watched
-- What usage made due of some subscriptions is billed: what comes after is looked at next time.
update billing.subscription set usage_watched_at = least(%(at)s, now())
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: unpark_watched
-- Subscriptions that could be billed wait for nobody.
delete from billing.parked
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: count_due
-- How many subscriptions owe something by :until: ours to bill, and of them parked by the run. One row.
select count(*) as due, count(*) filter (where s.parked_by = %(run_id)s) as parked
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant() and s.next_bill_at <= %(until)s and c.authority = 'target';

-- name: due
-- What owes something by :until, the longest first, for people.
select s.subscription_id, s.next_bill_at, s.status, s.currency, s.is_steady, c.name as customer, p.name as plan,
       s.customer_id, s.time_zone
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
  left join billing.plan p on p.tenant_id = s.tenant_id and p.plan_id = s.plan_id
 where s.tenant_id = tenancy.current_tenant() and s.next_bill_at <= %(until)s and c.authority = 'target'
 order by s.next_bill_at, s.subscription_id
 limit %(limit)s;

-- name: advance_subscriptions
-- Move pg_temp.billed_subscriptions on to their next bill. What is billed ahead of its time is billed now:
-- usage that comes after is late (claim_steady). Of what waits no usage is known; null: of none, not of all. Relies on subscription_pkey.
update billing.subscription s
   set status = b.status, current_period_start = b.current_period_start, current_period_end = b.current_period_end,
       charged_through_at = coalesce(b.charged_through_at, s.charged_through_at), next_bill_at = b.next_bill_at,
       last_billed_at = case when b.last_billed_at is not null then least(b.last_billed_at, now()) end,
       usage_watched_at = case when b.usage_watched_at is null then null
                               when s.usage_watched_at = timestamptz 'epoch' then s.usage_watched_at -- rebill
                               else least(b.usage_watched_at, now()) end,
       is_steady = b.is_steady, ended_at = b.ended_at, paused_at = b.paused_at,
       parked_by = null
  from pg_temp.billed_subscriptions b
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = b.subscription_id;

-- name: advance_steady
-- Move pg_temp.renewed_subscriptions on by one period. Relies on subscription_pkey.
update billing.subscription s
   set current_period_start = b.current_period_start, current_period_end = b.current_period_end,
       charged_through_at = b.charged_through_at, next_bill_at = b.next_bill_at,
       last_billed_at = least(b.last_billed_at, now())
  from pg_temp.renewed_subscriptions b
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = b.subscription_id;

-- name: leave_to_rules
-- Some subscriptions are no plain renewals: one of them may be refused, and only it is parked.
update billing.subscription set is_steady = false
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s);

-- name: park
-- Leave pg_temp.parked_subscriptions to a person.
insert into billing.parked as p (tenant_id, subscription_id, customer_id, bill_run_id, code, sentence, fix, since)
select tenancy.current_tenant(), subscription_id, customer_id, bill_run_id, code, sentence, fix, since
  from pg_temp.parked_subscriptions
    on conflict (tenant_id, subscription_id) do update
   set bill_run_id = excluded.bill_run_id, code = excluded.code, sentence = excluded.sentence, fix = excluded.fix,
       since = case when p.code = excluded.code then p.since else excluded.since end;

-- name: mark_parked
-- Keep this run from claiming pg_temp.parked_subscriptions again; the next looks at each by itself.
update billing.subscription s set parked_by = p.bill_run_id, is_steady = false
  from pg_temp.parked_subscriptions p
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = p.subscription_id;

-- name: unpark
-- What is billed is parked no more.
delete from billing.parked p
 using pg_temp.billed_subscriptions b
 where p.tenant_id = tenancy.current_tenant() and p.subscription_id = b.subscription_id;

-- name: parked
-- What waits for a person, the oldest first.
select p.subscription_id, p.customer_id, c.name as customer, p.code, p.sentence, p.fix, p.since, p.bill_run_id,
       s.next_bill_at, s.time_zone
  from billing.parked p
  join billing.customer c on c.tenant_id = p.tenant_id and c.customer_id = p.customer_id
  join billing.subscription s on s.tenant_id = p.tenant_id and s.subscription_id = p.subscription_id
 where p.tenant_id = tenancy.current_tenant()
 order by p.since, p.subscription_id
 limit %(limit)s;

-- name: open_run
-- A bill run begins; one row.
insert into billing.bill_run (tenant_id, bill_run_id, until, started_at, due)
values (tenancy.current_tenant(), %(run_id)s, %(until)s, %(at)s, %(due)s);

-- name: close_run
-- A bill run is over; one row.
update billing.bill_run
   set finished_at = %(at)s, billed = %(billed)s, quiet = %(quiet)s, parked = %(parked)s, invoices = %(invoices)s,
       still_due = %(still_due)s, money = %(money)s, left_out = %(left_out)s
 where tenant_id = tenancy.current_tenant() and bill_run_id = %(run_id)s;

-- name: runs
-- Bill runs, the newest first.
select bill_run_id, until, started_at, finished_at, due, billed, quiet, parked, invoices, still_due, money, left_out
  from billing.bill_run
 where tenant_id = tenancy.current_tenant()
 order by started_at desc
 limit %(limit)s;

-- name: hold_opening
-- One row. Runs begin one after the other: what one finds as it begins, the next knows.
select pg_advisory_xact_lock(hashtext('trueup run'), tenancy.current_tenant());

-- name: last_run_began
-- When the last run began, null where none did; one row. One that was killed told what it found as it began, in the
-- transaction that opened it. is_ahead: by a clock ahead of the machine's, which says when usage is recorded.
select max(started_at) as began_at, coalesce(max(started_at) > now(), false) as is_ahead
  from billing.bill_run
 where tenant_id = tenancy.current_tenant();

-- name: bill_once_more
-- Subscriptions of which no bill was to come owe what they used; due when that was recorded and after their
-- last bill: an invoice is known by its moment. Relies on subscription_pkey.
update billing.subscription s
   set next_bill_at = greatest(u.recorded_at, s.last_billed_at + interval '1 microsecond'), is_steady = false
  from unnest(%(ids)s::uuid[], %(instants)s::timestamptz[]) as u (subscription_id, recorded_at)
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = u.subscription_id and s.next_bill_at is null;
