-- name: orphan_plan_prices
-- Prices of plans that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_plan_prices) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_plan_prices
select row_id, nowhere(row_id), 1900, null, timestamp '2023-01-01 09:00:00' from victim order by row_id;

-- name: unknown_intervals
-- Plans billed by the fortnight, an interval nobody mapped.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_plans) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_plans
select row_id, concat('Legacy Fortnight ', row_id), 'Legacy', 'fortnight', 1, 900, 'USD', 0, false, 'flat', null, null, false,
       timestamp '2022-02-02 09:00:00' from victim order by row_id;

-- name: unknown_pricing_models
-- Plans of the pricing model 'stairstep', which nobody mapped.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_plans) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_plans
select row_id, concat('Legacy Stairstep ', row_id), 'Legacy', 'month', 1, 900, 'USD', 0, false, 'stairstep', null, null, false,
       timestamp '2022-02-02 09:00:00' from victim order by row_id;
