-- Every block leaves its rows in `victim` (customer_id null: nobody's; row_id: the row planted) and makes the change.

-- name: null_emails
-- Customers without an e-mail address.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where status = 'active' order by turn limit quota();
update legacy.legacy_customers set customer_email = null where id in (select row_id from victim);

-- name: null_time_zones
-- Customers without a time zone.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where status = 'active' order by turn limit quota();
update legacy.legacy_customers set timezone = null where id in (select row_id from victim);

-- name: twin_emails
-- Pairs of customers with the very same e-mail address.
create or replace temp table victim as
select customer_id, least(customer_id, other_id) as first_id, if(nth % 2 = 1, greatest(customer_id, other_id), null) as row_id
  from (select *, lead(customer_id) over (order by nth) as other_id
  from (select customer_id, row_number() over (order by turn) as nth from dirt.free where status = 'active' order by nth limit 2 * quota()));
update legacy.legacy_customers as twin set customer_email = first.customer_email
  from victim join legacy.legacy_customers as first on first.id = victim.first_id where twin.id = victim.row_id;

-- name: case_variant_emails
-- Pairs of customers whose e-mail addresses differ in letter case alone.
create or replace temp table victim as
select customer_id, least(customer_id, other_id) as first_id, if(nth % 2 = 1, greatest(customer_id, other_id), null) as row_id
  from (select *, lead(customer_id) over (order by nth) as other_id
  from (select customer_id, row_number() over (order by turn) as nth from dirt.free where status = 'active' order by nth limit 2 * quota()));
update legacy.legacy_customers as twin set customer_email = upper(first.customer_email)
  from victim join legacy.legacy_customers as first on first.id = victim.first_id where twin.id = victim.row_id;

-- name: trailing_space_ids
-- Processor customer ids with a space at their end.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where status = 'active' order by turn limit quota();
update legacy.legacy_customers set stripe_customer_id = stripe_customer_id || ' ' where id in (select row_id from victim);

-- name: test_customers
-- Customers of the testers, with subscriptions, invoices and payments.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where status = 'active' and invoice_id is not null order by turn limit quota();
update legacy.legacy_customers set is_test = true, customer_name = 'QA Test' where id in (select row_id from victim);

-- name: merged_customers
-- Customers merged into another, with an invoice and a payment left on the old id.
create or replace temp table victim as
select customer_id, invoice_id, payment_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_customers) as row_id
  from dirt.free where status = 'active' and invoice_id is not null order by turn limit quota();
insert into legacy.legacy_customers
select customer.* replace (row_id as id, 'old.' || customer_email as customer_email, 'merged' as status, customer.id as merged_into_id,
       null as stripe_customer_id, updated_date + interval 1 day as updated_date)
  from victim join legacy.legacy_customers as customer on customer.id = victim.customer_id order by row_id;
update legacy.legacy_invoices as invoice set customer_id = victim.row_id from victim where invoice.id = victim.invoice_id;
update legacy.legacy_payments as payment set customer_id = victim.row_id from victim where payment.id = victim.payment_id;

-- name: erased_customers
-- Customers whose personal data was erased on request; their invoices stand.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where live = 0 and invoice_id is not null order by turn limit quota();
update legacy.legacy_customers
   set status = 'erased', customer_email = null, customer_name = 'erased', company = null, phone = null, address_line1 = null,
       address_line2 = null, city = null, state = null, postal_code = null, closed_date = coalesce(closed_date, updated_date)
 where id in (select row_id from victim);

-- name: orphan_parents
-- Branches of a parent that does not exist.
create or replace temp table victim as
select customer_id, row_number() over (order by turn) + (select max(id) from legacy.legacy_customers) as row_id
  from dirt.free where status = 'active' order by turn limit quota();
insert into legacy.legacy_customers
select customer.* replace (row_id as id, 'branch.' || customer_email as customer_email, nowhere(row_id) as parent_customer_id,
       null as stripe_customer_id, false as is_tax_exempt)
  from victim join legacy.legacy_customers as customer on customer.id = victim.customer_id order by row_id;

-- name: exempt_without_evidence
-- Customers marked tax exempt without any certificate.
create or replace temp table victim as
select customer_id, customer_id as row_id from dirt.free where status = 'active' and has_tax_id is null order by turn limit quota();
update legacy.legacy_customers set is_tax_exempt = true where id in (select row_id from victim);

-- name: orphan_tax_ids
-- Tax ids of customers that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_tax_ids) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_tax_ids
select row_id, nowhere(row_id), 'eu_vat', concat('DE', row_id, '000'), 'DE', null, null from victim order by row_id;
