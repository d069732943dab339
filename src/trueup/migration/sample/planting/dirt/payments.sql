-- name: orphan_payments
-- Payments of invoices that do not exist.
create or replace temp table victim as
select customer_id, payment_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payments) as row_id
  from dirt.free where payment_id is not null order by turn limit quota();
insert into legacy.legacy_payments
select payment.* replace (row_id as id, nowhere(row_id) as invoice_id, concat('lost-', row_id) as idempotency_key,
       left(token('ch_', 'lost', row_id), 27) as stripe_charge_id)
  from victim join legacy.legacy_payments as payment on payment.id = victim.payment_id order by row_id;

-- name: on_account_payments
-- Deposits: payments of no invoice.
create or replace temp table victim as
select customer_id, payment_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payments) as row_id
  from dirt.free where payment_id is not null order by turn limit quota();
insert into legacy.legacy_payments
select payment.* replace (row_id as id, null as invoice_id, concat('deposit-', row_id) as idempotency_key,
       left(token('ch_', 'deposit', row_id), 27) as stripe_charge_id, created_date + interval 2 minute as created_date)
  from victim join legacy.legacy_payments as payment on payment.id = victim.payment_id order by row_id;

-- name: currency_mixups
-- Payments in another currency than their invoice.
create or replace temp table victim as
select customer_id, payment_id as row_id from dirt.free where payment_id is not null order by turn limit quota();
update legacy.legacy_payments set currency = if(currency = 'USD', 'EUR', 'USD') where id in (select row_id from victim);

-- name: zero_amount_payments
-- Payments of nothing.
create or replace temp table victim as
select customer_id, payment_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payments) as row_id
  from dirt.free where payment_id is not null order by turn limit quota();
insert into legacy.legacy_payments
select payment.* replace (row_id as id, 0 as amount_cents, concat('zero-', row_id) as idempotency_key,
       left(token('ch_', 'zero', row_id), 27) as stripe_charge_id)
  from victim join legacy.legacy_payments as payment on payment.id = victim.payment_id order by row_id;

-- name: null_payment_keys
-- Payments without an idempotency key.
create or replace temp table victim as
select customer_id, payment_id as row_id from dirt.free where payment_id is not null order by turn limit quota();
update legacy.legacy_payments set idempotency_key = null where id in (select row_id from victim);

-- name: colliding_payment_keys
-- Later payments that repeat the idempotency key of another's.
create or replace temp table victim as
select customer_id, payment_id as row_id, if(nth % 2 = 1, lead(payment_id) over (order by nth), lag(payment_id) over (order by nth)) as other_id
  from (select customer_id, payment_id, row_number() over (order by turn) as nth from dirt.free
         where payment_id is not null order by nth limit 2 * quota());
update legacy.legacy_payments as later set idempotency_key = earlier.idempotency_key
  from victim join legacy.legacy_payments as earlier on earlier.id = other_id where later.id = row_id and row_id > other_id;
update victim set row_id = null where row_id < other_id or other_id is null;

-- name: unknown_payment_statuses
-- Payments in the status 'teleported', which nobody mapped.
create or replace temp table victim as
select customer_id, payment_id as row_id from dirt.free where payment_id is not null order by turn limit quota();
update legacy.legacy_payments set status = 'teleported' where id in (select row_id from victim);

-- name: compensating_payments
-- One payment missing and another of the same amount twice: counts and sums do not move.
create or replace temp table victim as
select customer_id, lost_payment_id, doubled_payment_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payments) as row_id
  from dirt.free where doubled_payment_id is not null and lost_payment_id <> doubled_payment_id order by turn limit quota();
insert into legacy.legacy_payments
select payment.* replace (row_id as id, concat(idempotency_key, '-again') as idempotency_key,
       left(token('ch_', 'again', row_id), 27) as stripe_charge_id, created_date + interval 3 minute as created_date)
  from victim join legacy.legacy_payments as payment on payment.id = doubled_payment_id order by row_id;
delete from legacy.legacy_payments where id in (select lost_payment_id from victim);

-- name: skipped_hour_times
-- Payments in the hour that the spring clock change skips.
create or replace temp table victim as
select customer_id, payment_id as row_id from dirt.free where payment_id is not null order by turn limit quota();
update legacy.legacy_payments set created_date = timestamp '2026-03-08 02:00:00' + to_minutes((id % 60)::bigint)
 where id in (select row_id from victim);

-- name: repeated_hour_times
-- Payments in the hour that the autumn clock change repeats.
create or replace temp table victim as
select customer_id, payment_id as row_id from dirt.free where payment_id is not null order by turn limit quota();
update legacy.legacy_payments set created_date = timestamp '2026-11-01 01:00:00' + to_minutes((id % 60)::bigint)
 where id in (select row_id from victim);

-- name: orphan_refunds
-- Refunds of payments that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_refunds) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_refunds
select row_id, nowhere(row_id), 750, 'USD', 'succeeded', 'duplicate', left(token('re_', 'orphan', row_id), 27), timestamp '2025-07-03 11:00:00'
  from victim order by row_id;

-- name: orphan_disputes
-- Disputes of payments that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_disputes) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_disputes
select row_id, nowhere(row_id), 1900, 'USD', 'lost', 'fraudulent', timestamp '2025-07-03 11:00:00', timestamp '2025-09-03 11:00:00'
  from victim order by row_id;
