-- name: orphan_payment_methods
-- Payment methods of customers that do not exist.
create or replace temp table victim as
select customer_id, method_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payment_methods) as row_id
  from dirt.free where method_id is not null order by turn limit quota();
insert into legacy.legacy_payment_methods
select method.* replace (row_id as id, nowhere(row_id) as customer_id, token('pm_', 'orphan', row_id) as stripe_payment_method_id)
  from victim join legacy.legacy_payment_methods as method on method.id = victim.method_id order by row_id;

-- name: shared_payment_methods
-- One processor method held by two customers: a join on it alone doubles payments.
create or replace temp table victim as
select customer_id, method_id, if(nth % 2 = 1, lead(customer_id) over (order by nth), null) as other_id,
       if(nth % 2 = 1, nth + (select max(id) from legacy.legacy_payment_methods), null) as row_id
  from (select customer_id, method_id, row_number() over (order by turn) as nth from dirt.free
         where method_id is not null and payment_id is not null order by nth limit 2 * quota());
insert into legacy.legacy_payment_methods
select method.* replace (row_id as id, other_id as customer_id, false as is_default)
  from victim join legacy.legacy_payment_methods as method on method.id = victim.method_id
 where row_id is not null and other_id is not null order by row_id;

-- name: several_default_methods
-- Customers with two default payment methods.
create or replace temp table victim as
select customer_id, method_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payment_methods) as row_id
  from dirt.free where method_id is not null order by turn limit quota();
insert into legacy.legacy_payment_methods
select method.* replace (row_id as id, token('pm_', 'second', row_id) as stripe_payment_method_id,
       created_date + interval 1 hour as created_date)
  from victim join legacy.legacy_payment_methods as method on method.id = victim.method_id order by row_id;

-- name: no_default_method
-- Customers whose payment methods include no default.
create or replace temp table victim as
select customer_id, method_id as row_id from dirt.free where method_id is not null order by turn limit quota();
update legacy.legacy_payment_methods set is_default = false where id in (select row_id from victim);

-- name: detached_defaults
-- Default payment methods that are detached.
create or replace temp table victim as
select customer_id, method_id as row_id from dirt.free where method_id is not null order by turn limit quota();
update legacy.legacy_payment_methods set is_detached = true where id in (select row_id from victim);

-- name: impossible_card_expiry
-- Cards that expire in month 13.
create or replace temp table victim as
select customer_id, method_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_payment_methods) as row_id
  from dirt.free where method_id is not null order by turn limit quota();
insert into legacy.legacy_payment_methods
select method.* replace (row_id as id, token('pm_', 'expiry', row_id) as stripe_payment_method_id, false as is_default,
       'card' as type, 13 as exp_month, 2027 as exp_year)
  from victim join legacy.legacy_payment_methods as method on method.id = victim.method_id order by row_id;
