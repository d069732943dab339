-- name: orphan_usage
-- Usage of subscriptions that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_usage_records) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_usage_records
select row_id, nowhere(row_id), 'api_calls', 250.000000, timestamp '2026-11-10 12:00:00', left(token('use_', 'orphan', row_id), 28), null,
       timestamp '2026-11-10 12:02:00' from victim order by row_id;

-- name: replayed_usage
-- Usage reported twice under one key: the same report with a second id.
create or replace temp table victim as
select customer_id, usage_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_usage_records) as row_id
  from dirt.free where usage_id is not null order by turn limit quota();
insert into legacy.legacy_usage_records
select usage.* replace (row_id as id, created_date + interval 1 minute as created_date)
  from victim join legacy.legacy_usage_records as usage on usage.id = usage_id order by row_id;

-- name: clashing_usage_keys
-- Usage reported under a key that another report with another quantity has.
create or replace temp table victim as
select customer_id, usage_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_usage_records) as row_id
  from dirt.free where usage_id is not null order by turn limit quota();
insert into legacy.legacy_usage_records
select usage.* replace (row_id as id, (quantity + 7)::decimal(20, 6) as quantity, null as invoice_id)
  from victim join legacy.legacy_usage_records as usage on usage.id = usage_id order by row_id;

-- name: repeated_usage_rows
-- Usage rows that are there twice, id and all.
create or replace temp table victim as
select customer_id, usage_id as row_id from dirt.free where usage_id is not null order by turn limit quota();
insert into legacy.legacy_usage_records
select usage.* from victim join legacy.legacy_usage_records as usage on usage.id = row_id order by row_id;

-- name: null_usage_keys
-- Usage without an idempotency key.
create or replace temp table victim as
select customer_id, usage_id as row_id from dirt.free where usage_id is not null order by turn limit quota();
update legacy.legacy_usage_records set idempotency_key = null where id in (select row_id from victim);
