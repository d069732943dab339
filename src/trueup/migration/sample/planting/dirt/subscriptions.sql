-- name: orphan_subscriptions
-- Subscriptions of customers that do not exist.
create or replace temp table victim as
select customer_id, any_subscription_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_subscriptions) as row_id
  from dirt.free where any_subscription_id is not null order by turn limit quota();
insert into legacy.legacy_subscriptions
select subscription.* replace (row_id as id, nowhere(row_id) as customer_id)
  from victim join legacy.legacy_subscriptions as subscription on subscription.id = any_subscription_id order by row_id;

-- name: planless_subscriptions
-- Subscriptions to plans that do not exist.
create or replace temp table victim as
select customer_id, any_subscription_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_subscriptions) as row_id
  from dirt.free where any_subscription_id is not null order by turn limit quota();
insert into legacy.legacy_subscriptions
select subscription.* replace (row_id as id, nowhere(row_id) as plan_id, nowhere(row_id) as plan_price_id)
  from victim join legacy.legacy_subscriptions as subscription on subscription.id = any_subscription_id order by row_id;

-- name: backwards_subscription_periods
-- Subscriptions whose current period ends before it starts.
create or replace temp table victim as
select customer_id, subscription_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_subscriptions) as row_id
  from dirt.free where subscription_id is not null order by turn limit quota();
insert into legacy.legacy_subscriptions
select subscription.* replace (row_id as id, current_period_end as current_period_start, current_period_start as current_period_end)
  from victim join legacy.legacy_subscriptions as subscription on subscription.id = victim.subscription_id order by row_id;

-- name: unknown_subscription_statuses
-- Subscriptions in the status 'zombie', which nobody mapped.
create or replace temp table victim as
select customer_id, subscription_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_subscriptions) as row_id
  from dirt.free where subscription_id is not null order by turn limit quota();
insert into legacy.legacy_subscriptions
select subscription.* replace (row_id as id, 'zombie' as status)
  from victim join legacy.legacy_subscriptions as subscription on subscription.id = victim.subscription_id order by row_id;

-- name: orphan_discounts
-- Discounts of subscriptions that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_discounts) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_discounts
select row_id, nowhere(row_id), 'GHOST', 10.00, null, null, null, timestamp '2025-01-15 10:00:00', null from victim order by row_id;

-- name: double_discounts
-- Discounts that are a percentage and an amount at once.
create or replace temp table victim as
select customer_id, subscription_id, billing_currency, row_number() over (order by turn) + (select max(id) from legacy.legacy_discounts) as row_id
  from dirt.free where subscription_id is not null order by turn limit quota();
insert into legacy.legacy_discounts
select row_id, subscription_id, 'BOTH', 10.00, 500, billing_currency, null, timestamp '2026-01-15 10:00:00', null from victim order by row_id;

-- name: orphan_pending_items
-- Pending items of customers that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_pending_items) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_pending_items
select row_id, nowhere(row_id), null, 'Overage of last period', 1250, 'USD', timestamp '2026-11-14 15:00:00' from victim order by row_id;

-- name: unknown_currencies
-- Pending items in a currency that is none.
create or replace temp table victim as
select customer_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_pending_items) as row_id
  from dirt.free where status = 'active' order by turn limit quota();
insert into legacy.legacy_pending_items
select row_id, customer_id, null, 'Paid in tokens', 100, 'BTC', timestamp '2026-11-14 15:00:00' from victim order by row_id;
