-- What history is billed again from, each in one pass over its table, in the order of subscriptions.

-- name: load
-- The load of a source; one row or none.
select load_id::text as load_id
  from migration.load
 where tenant_id = tenancy.current_tenant() and source = %(source)s;

-- name: last_issued
-- When the last imported invoice was issued; one row, null where there is none.
select max(issued_at) as at
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and origin = 'imported' and status <> 'draft';

-- name: plan_ids
-- Every plan of the tenant.
select plan_id from billing.plan where tenant_id = tenancy.current_tenant();

-- name: price_ids
-- Every price that is a version of a plan, or sold by an imported subscription.
select price_id from billing.price where tenant_id = tenancy.current_tenant();

-- name: subscriptions
-- Imported subscriptions with their prices, a row a price.
select s.subscription_id, s.customer_id, s.status, s.currency, s.started_at, s.trial_end_at, s.current_period_start,
       s.current_period_end, s.charged_through_at, s.anchor_day, s.cancel_at_period_end, s.cancel_at, s.cancelled_at,
       s.ended_at, s.paused_at, i.position, i.price_id, i.quantity
  from billing.subscription s
  join billing.subscription_item i on i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id
 where s.tenant_id = tenancy.current_tenant() and s.origin = 'imported'
 order by s.subscription_id, i.position;

-- name: discounts
-- Discounts of imported subscriptions, oldest first.
select d.subscription_id, d.discount_id, d.coupon_code, d.percent_bp, d.amount_micros, d.currency,
       d.periods_remaining, d.starts_at, d.ends_at
  from billing.discount d
 where d.tenant_id = tenancy.current_tenant()
 order by d.subscription_id, d.starts_at, d.discount_id;

-- name: documents
-- Imported invoices of the window and drafts, a row a line; an invoice without lines has one row.
select i.invoice_id, i.subscription_id, i.customer_id, i.number, i.status, i.currency, i.subtotal_micros,
       i.discount_micros, i.tax_micros, i.total_micros, i.issued_at, i.period_start, i.period_end,
       l.description, l.quantity, l.amount_micros, l.tax_rate, l.period_start as line_start, l.period_end as line_end
  from billing.invoice i
  left join billing.line_item l on l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id
 where i.tenant_id = tenancy.current_tenant() and i.origin = 'imported'
   and (i.status = 'draft' or (i.issued_at >= %(since)s and i.issued_at < %(until)s))
 order by i.subscription_id nulls last, i.issued_at nulls last, i.invoice_id, l.position;

-- name: billed_through
-- How far invoices before the window billed each subscription.
select subscription_id, max(period_end) as through
  from billing.invoice
 where tenant_id = tenancy.current_tenant() and origin = 'imported' and status <> 'draft'
   and subscription_id is not null and period_end is not null and issued_at < %(since)s
 group by subscription_id
 order by subscription_id;

-- name: usage
-- Reports of use since a day, by subscription and time. Relies on usage_event_subscription_idx.
select subscription_id, meter, quantity, occurred_at, is_billed
  from billing.usage_event
 where tenant_id = tenancy.current_tenant() and occurred_at >= %(since)s and occurred_at < %(until)s
 order by subscription_id, occurred_at, usage_event_id;

-- name: source_keys
-- By what the source knows some records.
select target_id, source_key
  from migration.crosswalk
 where tenant_id = tenancy.current_tenant() and target_id = any(%(ids)s);

-- name: set_aside
-- Rows that hang on subscriptions or customers and were set aside, of entities a bill is made from.
select entity, row_number, source_key, bucket, reason
  from migration.set_aside
 where tenant_id = tenancy.current_tenant() and load_id = %(load_id)s
   and entity in ('invoice', 'discount', 'usage_event')
 order by entity, row_number;

-- name: aside_keys
-- Which of some source keys are subscriptions or customers of the books.
select entity, source_key, target_id
  from migration.crosswalk
 where tenant_id = tenancy.current_tenant() and load_id = %(load_id)s
   and entity in ('subscription', 'customer') and source_key = any(%(keys)s);
