-- name: records
-- Subscriptions of some ids that are kept as spans of service, by id. Relies on subscription_pkey.
select s.subscription_id, s.customer_id, s.plan_id, s.status, s.currency, s.quantity, s.time_zone, s.started_at,
       s.phases_from, s.cycle, s.settles_from, s.keeps_prepaid, s.former_plans, s.collection_method,
       s.net_days, s.legal_entity_id, s.dialect, s.bundle, s.trial_end_at, s.cancel_at, s.cancelled_at, s.ended_at,
       s.paused_at, s.final_bill_at, s.current_period_start, s.current_period_end, s.charged_through_at,
       s.next_bill_at, s.last_billed_at, s.usage_watched_at, s.is_steady, s.is_joint, s.orders
  from billing.subscription s
 where s.tenant_id = tenancy.current_tenant() and s.subscription_id = any(%(ids)s) and s.phases_from is not null
 order by s.subscription_id;

-- name: lock
-- The subscriptions of some ids, held until the transaction ends: one order at a time changes one.
select subscription_id
  from billing.subscription
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
 order by subscription_id
   for update;

-- name: items
-- What the subscriptions of some ids consist of, in the order it was agreed. Relies on subscription_item_pkey.
select subscription_id, position, price_id, quantity, item_key, served_from, served_until, until_if_kept, is_changed,
       is_last_whole, replaces, cycle
  from billing.subscription_item
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s) and item_key is not null
 order by subscription_id, position;

-- name: pauses
-- Pauses of the subscriptions of some ids, in order. Relies on subscription_pause_pkey.
select subscription_id, paused_from, paused_until
  from billing.subscription_pause
 where tenant_id = tenancy.current_tenant() and subscription_id = any(%(ids)s)
 order by subscription_id, position;

-- name: put_subscriptions
-- Write pg_temp.subscription_records: new subscriptions, or what orders changed of those that are there.
insert into billing.subscription as s (tenant_id, subscription_id, customer_id, plan_id, status, currency, quantity,
       time_zone, started_at, phases_from, cycle, settles_from, keeps_prepaid, former_plans,
       collection_method, net_days, legal_entity_id, dialect, bundle, trial_end_at, cancel_at, cancelled_at, ended_at,
       paused_at, final_bill_at, current_period_start, current_period_end, charged_through_at, next_bill_at,
       last_billed_at, is_steady, is_joint, orders, cancel_at_period_end, origin)
select tenancy.current_tenant(), subscription_id, customer_id, plan_id, status, currency, quantity, time_zone,
       started_at, phases_from, cycle, settles_from, keeps_prepaid, former_plans, collection_method,
       net_days, legal_entity_id, dialect, bundle, trial_end_at, cancel_at, cancelled_at, ended_at, paused_at,
       final_bill_at, current_period_start, current_period_end, charged_through_at, next_bill_at, last_billed_at,
       is_steady, is_joint, orders, false, 'native'
  from pg_temp.subscription_records
 order by subscription_id
    on conflict (tenant_id, subscription_id) do update
   set plan_id = excluded.plan_id, status = excluded.status, quantity = excluded.quantity,
       time_zone = excluded.time_zone, started_at = excluded.started_at, phases_from = excluded.phases_from,
       cycle = excluded.cycle, settles_from = excluded.settles_from, keeps_prepaid = excluded.keeps_prepaid,
       former_plans = excluded.former_plans,
       collection_method = excluded.collection_method, net_days = excluded.net_days,
       legal_entity_id = excluded.legal_entity_id, dialect = excluded.dialect, bundle = excluded.bundle,
       trial_end_at = excluded.trial_end_at, cancel_at = excluded.cancel_at, cancelled_at = excluded.cancelled_at,
       ended_at = excluded.ended_at, paused_at = excluded.paused_at, final_bill_at = excluded.final_bill_at,
       next_bill_at = excluded.next_bill_at, is_steady = excluded.is_steady, is_joint = excluded.is_joint,
       orders = excluded.orders, cancel_at_period_end = excluded.cancel_at_period_end, parked_by = null;

-- name: put_items
-- Write pg_temp.subscription_items. An item that is there keeps its price and its start.
insert into billing.subscription_item as i (tenant_id, subscription_id, position, price_id, quantity, item_key,
       served_from, served_until, until_if_kept, is_changed, is_last_whole, replaces, cycle)
select tenancy.current_tenant(), subscription_id, position, price_id, quantity, item_key, served_from, served_until,
       until_if_kept, is_changed, is_last_whole, replaces, cycle
  from pg_temp.subscription_items
    on conflict (tenant_id, subscription_id, position) do update
   set price_id = excluded.price_id, quantity = excluded.quantity, item_key = excluded.item_key,
       served_from = excluded.served_from, served_until = excluded.served_until,
       until_if_kept = excluded.until_if_kept, is_changed = excluded.is_changed,
       is_last_whole = excluded.is_last_whole, replaces = excluded.replaces, cycle = excluded.cycle;

-- name: put_pauses
-- Write pg_temp.subscription_pauses over what is there of the same subscriptions.
insert into billing.subscription_pause (tenant_id, subscription_id, position, paused_from, paused_until)
select tenancy.current_tenant(), subscription_id, position, paused_from, paused_until
  from pg_temp.subscription_pauses
    on conflict (tenant_id, subscription_id, position) do update
   set paused_from = excluded.paused_from, paused_until = excluded.paused_until;

-- name: drop_pauses
-- Forget pauses that were taken back before they began: those from a position on, by subscription.
delete from billing.subscription_pause p
 using unnest(%(ids)s::uuid[], %(counts)s::integer[]) as kept (subscription_id, count)
 where p.tenant_id = tenancy.current_tenant() and p.subscription_id = kept.subscription_id
   and p.position >= kept.count;

-- name: hold_customer
-- The customer, held: of two who begin the same for it at once, the second sees the first (B37).
select customer_id
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s
   for no key update;

-- name: live_of_plan
-- A subscription of a customer to a plan that is not over; one row or none. Relies on subscription_customer_idx.
select subscription_id
  from billing.subscription
 where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and plan_id = %(plan_id)s
   and status not in ('cancelled', 'expired')
 order by subscription_id
 limit 1;

-- name: first_starts
-- When customers first had plans that they left; a row per pair at most. Relies on subscription_customer_idx.
select s.customer_id, s.plan_id, min(s.started_at) as started_at
  from unnest(%(customers)s::uuid[], %(plans)s::uuid[]) w (customer_id, plan_id)
  join billing.subscription s on s.tenant_id = tenancy.current_tenant()
                             and s.customer_id = w.customer_id and s.plan_id = w.plan_id
 where s.status in ('cancelled', 'expired')
 group by s.customer_id, s.plan_id;

-- name: listed
-- Subscriptions for people, the newest first, of one customer or all.
select s.subscription_id, s.customer_id, c.name as customer, p.name as plan, s.status, s.currency, s.quantity,
       s.next_bill_at, s.cancel_at, s.origin, c.authority, coalesce(s.time_zone, c.time_zone) as time_zone
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
  left join billing.plan p on p.tenant_id = s.tenant_id and p.plan_id = s.plan_id
 where s.tenant_id = tenancy.current_tenant() and (%(customer_id)s::uuid is null or s.customer_id = %(customer_id)s)
 order by s.started_at desc nulls last, s.subscription_id
 limit %(limit)s;

-- name: orders
-- What was ordered of a subscription, in order.
select number, kind, ordered_at, effective_at, ordered_by, terms, replaced
  from billing.subscription_order
 where tenant_id = tenancy.current_tenant() and subscription_id = %(subscription_id)s
 order by number;

-- name: imported
-- Imported subscriptions of some customers, which this platform bills now, that run and are not kept as
-- spans of service yet; with what they consist of, in order. Relies on subscription_customer_idx.
select s.subscription_id, s.customer_id, s.status, s.currency, s.started_at, s.trial_end_at, s.current_period_start,
       s.current_period_end, s.charged_through_at, s.anchor_day, s.cancel_at_period_end, s.cancel_at, s.cancelled_at,
       s.paused_at, s.collection_method, s.net_days, c.time_zone,
       (select array_agg(i.price_id order by i.position) from billing.subscription_item i
         where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id) as prices,
       (select array_agg(i.quantity order by i.position) from billing.subscription_item i
         where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id) as quantities,
       (select array_agg(i.position order by i.position) from billing.subscription_item i
         where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id) as positions
  from billing.subscription s
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where s.tenant_id = tenancy.current_tenant() and s.customer_id = any(%(customers)s)
   and s.phases_from is null and c.authority = 'target'
   and s.status in ('pending', 'trialing', 'active', 'past_due', 'unpaid', 'paused')
 order by s.subscription_id
   for update of s;

-- name: insert_discount
-- A coupon given to a subscription; one row.
insert into billing.discount (tenant_id, discount_id, subscription_id, coupon_code, percent_bp, amount_micros, currency,
       periods_remaining, starts_at, ends_at, left_micros, limits, is_once)
values (tenancy.current_tenant(), %(discount_id)s, %(subscription_id)s, %(coupon_code)s, %(percent_bp)s,
       %(amount_micros)s, %(currency)s, %(periods_remaining)s, %(starts_at)s, %(ends_at)s, %(left_micros)s,
       %(limits)s::jsonb, %(is_once)s);

-- name: discount_alike
-- A coupon of a code that a subscription has for a part of the span, used up ones on their first day only; one row or
-- none. Relies on discount_subscription_idx.
select d.discount_id
  from billing.discount d
  join billing.subscription s on s.tenant_id = d.tenant_id and s.subscription_id = d.subscription_id
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where d.tenant_id = tenancy.current_tenant() and d.subscription_id = %(subscription_id)s and d.coupon_code = %(code)s
   and (d.ends_at is null or d.ends_at > %(starts_at)s)
   and (%(ends_at)s::timestamptz is null or d.starts_at is null or d.starts_at < %(ends_at)s)
   and ((d.periods_remaining is distinct from 0 and d.left_micros is distinct from 0)
        or (d.starts_at at time zone coalesce(s.time_zone, c.time_zone))::date
           = (%(starts_at)s::timestamptz at time zone coalesce(s.time_zone, c.time_zone))::date)
 limit 1;

-- name: discount_on_draft
-- Whether a draft in its days of grace uses a coupon, and may lose it; one row. Relies on invoice_customer_idx,
-- discount_use_pkey.
select exists (
    select
      from billing.discount d
      join billing.subscription s on s.tenant_id = d.tenant_id and s.subscription_id = d.subscription_id
      join billing.invoice i on i.tenant_id = s.tenant_id and i.customer_id = s.customer_id and i.status = 'draft'
      join billing.discount_use u
        on u.tenant_id = i.tenant_id and u.invoice_id = i.invoice_id and u.discount_id = d.discount_id
     where d.tenant_id = tenancy.current_tenant() and d.discount_id = %(id)s) as is_on_draft;

-- name: discounts
-- Coupons that were given: of a subscription, of an id, or all; the newest first, used up ones too. Relies on
-- discount_subscription_idx, discount_pkey.
select d.discount_id, d.subscription_id, c.name as customer, d.coupon_code, d.percent_bp, d.amount_micros, d.currency,
       d.periods_remaining, d.starts_at, d.ends_at, d.left_micros, d.limits, d.is_once,
       coalesce(s.time_zone, c.time_zone) as time_zone
  from billing.discount d
  join billing.subscription s on s.tenant_id = d.tenant_id and s.subscription_id = d.subscription_id
  join billing.customer c on c.tenant_id = s.tenant_id and c.customer_id = s.customer_id
 where d.tenant_id = tenancy.current_tenant()
   and (%(subscription_id)s::uuid is null or d.subscription_id = %(subscription_id)s)
   and (%(id)s::uuid is null or d.discount_id = %(id)s)
 order by d.starts_at desc nulls last, d.discount_id
 limit %(limit)s;

-- name: end_discount
-- A coupon ends; one row.
update billing.discount set ends_at = greatest(%(at)s, starts_at)
 where tenant_id = tenancy.current_tenant() and discount_id = %(id)s;

-- name: closed_customers
-- Those of some customers who are closed.
select customer_id
  from billing.customer
 where tenant_id = tenancy.current_tenant() and customer_id = any(%(ids)s) and status = 'closed'
 order by customer_id;

-- name: left_with_customer
-- What is not settled with a customer, by kind and currency, in a fixed order; a row each, none where all is.
-- Relies on subscription_customer_idx, invoice_customer_idx, pending_item_waiting_idx, credit_to_spend_idx.
select kind, currency, count(*) as count, sum(micros)::bigint as micros
  from (
       select 1 as place, 'subscription' as kind, null::text as currency, 0::bigint as micros
         from billing.subscription
        where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s
          and status not in ('cancelled', 'expired')
       union all
       select case status when 'open' then 2 else 3 end, status, currency,
              total_micros - paid_micros - credited_micros
         from billing.invoice
        where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and status in ('open', 'draft')
       union all
       select 4, 'pending_item', currency, amount_micros
         from billing.pending_item
        where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and invoice_id is null
       union all
       select 5, 'credit', currency, remaining_micros
         from billing.credit
        where tenant_id = tenancy.current_tenant() and customer_id = %(customer_id)s and remaining_micros > 0
          and (expires_at is null or expires_at > %(at)s)) unsettled
 group by place, kind, currency
 order by place, currency;
