-- One query a kind of dirt: finds its rows with no knowledge of how they were planted.

-- name: null_emails
select id from legacy_customers where customer_email is null and status <> 'erased';
-- name: null_time_zones
select id from legacy_customers where timezone is null;
-- name: twin_emails
select max(id) from legacy_customers group by customer_email having count(*) > 1 and customer_email is not null;
-- name: case_variant_emails
select b.id from legacy_customers a join legacy_customers b on lower(a.customer_email) = lower(b.customer_email)
   and a.customer_email <> b.customer_email where b.customer_email = upper(b.customer_email);
-- name: trailing_space_ids
select id from legacy_customers where stripe_customer_id <> rtrim(stripe_customer_id);
-- name: test_customers
select id from legacy_customers where is_test;
-- name: merged_customers
select id from legacy_customers where status = 'merged';
-- name: erased_customers
select id from legacy_customers where status = 'erased';
-- name: orphan_parents
select id from legacy_customers where parent_customer_id not in (select id from legacy_customers);
-- name: exempt_without_evidence
select id from legacy_customers where is_tax_exempt and id not in (select customer_id from legacy_tax_ids);
-- name: orphan_tax_ids
select id from legacy_tax_ids where customer_id not in (select id from legacy_customers);
-- name: orphan_payment_methods
select id from legacy_payment_methods where customer_id not in (select id from legacy_customers);
-- name: shared_payment_methods
select max(id) from legacy_payment_methods group by stripe_payment_method_id having count(distinct customer_id) > 1;
-- name: several_default_methods
select max(id) from legacy_payment_methods where is_default and not is_detached group by customer_id having count(*) > 1;
-- name: no_default_method
select min(id) from legacy_payment_methods where not is_detached or is_default group by customer_id having not bool_or(is_default);
-- name: detached_defaults
select id from legacy_payment_methods where is_default and is_detached;
-- name: impossible_card_expiry
select id from legacy_payment_methods where exp_month not between 1 and 12;
-- name: orphan_plan_prices
select id from legacy_plan_prices where plan_id not in (select id from legacy_plans);
-- name: unknown_intervals
select id from legacy_plans where billing_interval not in ('day', 'week', 'month', 'quarter', 'year');
-- name: unknown_pricing_models
select id from legacy_plans where pricing_model not in ('flat', 'per_unit', 'graduated', 'volume', 'package');
-- name: orphan_subscriptions
select id from legacy_subscriptions where customer_id not in (select id from legacy_customers);
-- name: planless_subscriptions
select id from legacy_subscriptions where plan_id not in (select id from legacy_plans);
-- name: backwards_subscription_periods
select id from legacy_subscriptions where current_period_end <= current_period_start;
-- name: unknown_subscription_statuses
select id from legacy_subscriptions where status not in
    ('active', 'trialing', 'canceled', 'past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'pending');
-- name: orphan_discounts
select id from legacy_discounts where subscription_id not in (select id from legacy_subscriptions);
-- name: double_discounts
select id from legacy_discounts where percent_off is not null and amount_off_cents is not null;
-- name: orphan_pending_items
select id from legacy_pending_items where customer_id not in (select id from legacy_customers);
-- name: unknown_currencies
select id from legacy_pending_items where currency not in ('USD', 'EUR', 'GBP', 'JPY', 'KWD', 'INR', 'AED');
-- name: duplicate_invoice_numbers
select max(id) from legacy_invoices where invoice_number is not null group by invoice_number having count(*) > 1;
-- name: padded_invoice_numbers
select b.id from legacy_invoices a join legacy_invoices b on a.invoice_number = rtrim(b.invoice_number) and a.id <> b.id
 where b.invoice_number <> rtrim(b.invoice_number);
-- name: missing_invoice_numbers
select id from legacy_invoices where invoice_number is null and issued_date is not null;
-- name: malformed_lines
select id from legacy_invoices where not json_valid(line_items_json);
-- name: lines_off_total
with line as (
    select id, subtotal_cents, unnest(from_json(line_items_json, '[{"amount_cents":"BIGINT"}]')) as l
      from legacy_invoices where json_valid(line_items_json)
)
select id from line group by id, subtotal_cents having sum(l.amount_cents) <> subtotal_cents;
-- name: totals_off
select id from legacy_invoices where total_amount_cents <> subtotal_cents - discount_cents + tax_amount_cents;
-- name: orphan_invoices
select id from legacy_invoices where customer_id not in (select id from legacy_customers);
-- name: lost_subscriptions
select id from legacy_invoices where subscription_id not in (select id from legacy_subscriptions);
-- name: wrong_unit_invoices
select i.id from legacy_invoices i join legacy_payments p on p.invoice_id = i.id
 where p.status = 'succeeded' and i.paid_amount_cents = p.amount_cents * 100;
-- name: backwards_invoice_periods
select id from legacy_invoices where period_end <= period_start;
-- name: impossible_years
select id from legacy_invoices where year(issued_date) < 1970 or year(due_date) > 2200;
-- name: unknown_invoice_statuses
select id from legacy_invoices where status not in ('draft', 'open', 'paid', 'void', 'uncollectible', 'past_due', 'partially_paid');
-- name: orphan_credit_notes
select id from legacy_credit_notes where invoice_id not in (select id from legacy_invoices);
-- name: orphan_payments
select id from legacy_payments where invoice_id not in (select id from legacy_invoices);
-- name: on_account_payments
select id from legacy_payments where invoice_id is null;
-- name: currency_mixups
select p.id from legacy_payments p join legacy_invoices i on i.id = p.invoice_id where p.currency <> i.currency;
-- name: zero_amount_payments
select id from legacy_payments where amount_cents <= 0;
-- name: null_payment_keys
select id from legacy_payments where idempotency_key is null;
-- name: colliding_payment_keys
select max(id) from legacy_payments where idempotency_key is not null group by idempotency_key having count(*) > 1;
-- name: unknown_payment_statuses
select id from legacy_payments where status not in ('succeeded', 'failed', 'processing', 'canceled', 'refunded');
-- name: compensating_payments
select p.id from legacy_payments p join (
    select invoice_id, min(id) as first from legacy_payments where status = 'succeeded' group by 1 having count(*) > 1) t using (invoice_id)
  join legacy_invoices i on i.id = p.invoice_id where p.status = 'succeeded' and i.paid_amount_cents = p.amount_cents and p.id > t.first;
-- name: skipped_hour_times
select id from legacy_payments where created_date >= timestamp '2026-03-08 02:00' and created_date < timestamp '2026-03-08 03:00';
-- name: repeated_hour_times
select id from legacy_payments where created_date >= timestamp '2026-11-01 01:00' and created_date < timestamp '2026-11-01 02:00';
-- name: orphan_refunds
select id from legacy_refunds where payment_id not in (select id from legacy_payments);
-- name: orphan_disputes
select id from legacy_disputes where payment_id not in (select id from legacy_payments);
-- name: orphan_usage
select id from legacy_usage_records where subscription_id not in (select id from legacy_subscriptions);
-- name: replayed_usage
select b.id from legacy_usage_records a join legacy_usage_records b using (idempotency_key) where a.id < b.id and a.quantity = b.quantity;
-- name: clashing_usage_keys
select b.id from legacy_usage_records a join legacy_usage_records b using (idempotency_key) where a.id < b.id and a.quantity <> b.quantity;
-- name: repeated_usage_rows
select id from legacy_usage_records group by id having count(*) > 1;
-- name: null_usage_keys
select id from legacy_usage_records where idempotency_key is null;
-- name: orphan_credits
select id from legacy_credits where customer_id not in (select id from legacy_customers);
-- name: negative_credits
select id from legacy_credits where remaining_balance_cents < 0;
-- name: drifted_credits
select c.id from legacy_credits c left join legacy_credit_applications a on a.credit_id = c.id
 group by c.id, c.amount_cents, c.remaining_balance_cents having c.remaining_balance_cents <> c.amount_cents - coalesce(sum(a.amount_cents), 0);
-- name: orphan_credit_applications
select id from legacy_credit_applications where credit_id not in (select id from legacy_credits);
