-- name: orphan_credits
-- Credits of customers that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_credits) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_credits
select row_id, nowhere(row_id), 1000, 1000, 'USD', 'goodwill', 1, null, timestamp '2025-08-04 10:00:00' from victim order by row_id;

-- name: negative_credits
-- Credits below zero: the customer owes them.
create or replace temp table victim as
select customer_id, billing_currency, row_number() over (order by turn) + (select max(id) from legacy.legacy_credits) as row_id
  from dirt.free where status = 'active' order by turn limit quota();
insert into legacy.legacy_credits
select row_id, customer_id, -500, -500, billing_currency, 'chargeback fee', 1, null, timestamp '2026-11-15 10:00:00' from victim order by row_id;

-- name: drifted_credits
-- Credits whose balance is not their amount less what was applied.
create or replace temp table victim as
select customer_id, billing_currency, row_number() over (order by turn) + (select max(id) from legacy.legacy_credits) as row_id
  from dirt.free where status = 'active' order by turn limit quota();
insert into legacy.legacy_credits
select row_id, customer_id, 1000, 400, billing_currency, 'goodwill', 2, null, timestamp '2026-11-15 11:00:00' from victim order by row_id;

-- name: orphan_credit_applications
-- Applications of credits that do not exist.
create or replace temp table victim as
select customer_id, invoice_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_credit_applications) as row_id
  from dirt.free where invoice_id is not null order by turn limit quota();
insert into legacy.legacy_credit_applications
select row_id, nowhere(row_id), invoice_id, 100, timestamp '2026-11-15 12:00:00' from victim order by row_id;
