-- name: duplicate_invoice_numbers
-- Later invoices that repeat the number of an earlier one.
create or replace temp table victim as
select customer_id, invoice_id as row_id, if(nth % 2 = 1, lead(invoice_id) over (order by nth), lag(invoice_id) over (order by nth)) as other_id
  from (select customer_id, invoice_id, row_number() over (order by turn) as nth from dirt.free
         where invoice_id is not null order by nth limit 2 * quota());
update legacy.legacy_invoices as later set invoice_number = earlier.invoice_number
  from victim join legacy.legacy_invoices as earlier on earlier.id = other_id where later.id = row_id and row_id > other_id;
update victim set row_id = null where row_id < other_id or other_id is null;

-- name: padded_invoice_numbers
-- Invoice numbers equal to another but for a space at their end.
create or replace temp table victim as
select customer_id, invoice_id as row_id, if(nth % 2 = 1, lead(invoice_id) over (order by nth), lag(invoice_id) over (order by nth)) as other_id
  from (select customer_id, invoice_id, row_number() over (order by turn) as nth from dirt.free
         where invoice_id is not null order by nth limit 2 * quota());
update legacy.legacy_invoices as later set invoice_number = earlier.invoice_number || ' '
  from victim join legacy.legacy_invoices as earlier on earlier.id = other_id where later.id = row_id and row_id > other_id;
update victim set row_id = null where row_id < other_id or other_id is null;

-- name: missing_invoice_numbers
-- Paid invoices without a number.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set invoice_number = null where id in (select row_id from victim);

-- name: malformed_lines
-- Invoices whose lines are JSON cut off in the middle.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set line_items_json = left(line_items_json, length(line_items_json) * 2 // 3) where id in (select row_id from victim);

-- name: lines_off_total
-- Invoices whose lines do not add up to their subtotal.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set line_items_json = regexp_replace(line_items_json, '"amount_cents":([0-9]+)', '"amount_cents":1\1')
 where id in (select row_id from victim);

-- name: totals_off
-- Invoices whose total is not subtotal less discount plus tax.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set total_amount_cents = total_amount_cents + 100 where id in (select row_id from victim);

-- name: orphan_invoices
-- Invoices of customers that do not exist.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set customer_id = nowhere(customer_id) where id in (select row_id from victim);

-- name: lost_subscriptions
-- Invoices of subscriptions that do not exist.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set subscription_id = nowhere(subscription_id) where id in (select row_id from victim);

-- name: wrong_unit_invoices
-- Invoices whose amounts are a hundred times their payment: the wrong unit.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices
   set subtotal_cents = subtotal_cents * 100, discount_cents = discount_cents * 100, tax_amount_cents = tax_amount_cents * 100,
       total_amount_cents = total_amount_cents * 100, paid_amount_cents = paid_amount_cents * 100,
       line_items_json = regexp_replace(regexp_replace(line_items_json, '"(amount|tax)_cents":(-?[1-9][0-9]*)', '"\1_cents":\200', 'g'),
                                        '"unit_price_cents":"(-?[1-9][0-9]*)"', '"unit_price_cents":"\100"', 'g')
 where id in (select row_id from victim);

-- name: backwards_invoice_periods
-- Invoices whose period ends before it starts.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set period_start = period_end, period_end = period_start where id in (select row_id from victim);

-- name: impossible_years
-- Invoices issued in the year 202 or due at the end of 9999.
create or replace temp table victim as
select customer_id, invoice_id as row_id, row_number() over (order by turn) % 2 = 0 as is_far
  from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices as invoice
   set issued_date = if(is_far, issued_date, timestamp '0202-05-06 10:00:00'), due_date = if(is_far, timestamp '9999-12-31 00:00:00', due_date)
  from victim where invoice.id = row_id;

-- name: zero_dates
-- Invoices voided on 0000-00-00, which only MariaDB can say.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();

-- name: unknown_invoice_statuses
-- Invoices in the status 'limbo', which nobody mapped.
create or replace temp table victim as
select customer_id, invoice_id as row_id from dirt.free where invoice_id is not null order by turn limit quota();
update legacy.legacy_invoices set status = 'limbo' where id in (select row_id from victim);

-- name: orphan_credit_notes
-- Credit notes of invoices that do not exist.
create or replace temp table victim as
select null::bigint as customer_id, number + (select max(id) from legacy.legacy_credit_notes) as row_id from range(1, quota() + 1) as r (number);
insert into legacy.legacy_credit_notes
select row_id, nowhere(row_id), concat('CN-X', row_id), 500, 0, 'USD', 'billing_error', 'issued', timestamp '2025-06-12 11:00:00'
  from victim order by row_id;
