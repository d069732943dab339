-- name: d1_states_that_are_not_active
-- Subscriptions in states that an ELSE 'active' would bill.
select count(*) from legacy.legacy_subscriptions
 where status in ('past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'pending');

-- name: d2_subscriptions_with_a_plan
-- Subscriptions that a join on a key nobody stored would drop.
select count(*) from legacy.legacy_subscriptions;

-- name: d3_invoices_with_a_subscription
-- Invoices that a left join on a key nobody stored would part from their subscription.
select count(*) from legacy.legacy_invoices where subscription_id is not null;

-- name: d4_usage_of_the_running_period
-- Usage that a join on a key nobody stored would drop.
select count(*) from legacy.legacy_usage_records where invoice_id is null;

-- name: d7_payments_by_a_detached_card
-- Payments whose card is no longer attached.
select count(*) from legacy.legacy_payments as payment
  join legacy.legacy_payment_methods as method on method.stripe_payment_method_id = payment.stripe_payment_method_id
 where method.is_detached;

-- name: d8_statuses_without_a_namesake
-- Invoices and payments in states the target names differently, or settles later.
select (select count(*) from legacy.legacy_invoices where status in ('past_due', 'partially_paid'))
     + (select count(*) from legacy.legacy_payments where status in ('processing', 'refunded', 'canceled'));

-- name: d9_partly_used_credits
-- Credits of which some is spent: loaded by their amount they would be given back in full.
select count(*) from legacy.legacy_credits where remaining_balance_cents > 0 and remaining_balance_cents < amount_cents;

-- name: d10_used_or_expired_credits
-- Credits wholly spent or past their expiry, which a filter on what remains drops or revives.
select count(*) from legacy.legacy_credits
 where remaining_balance_cents = 0 or expires_date < getvariable('as_of');

-- name: d11_unspent_credits
-- Credits that two systems running side by side could each spend.
select count(*) from legacy.legacy_credits where remaining_balance_cents > 0;

-- name: d12_usage_off_the_calendar_month
-- Usage that a filter by calendar month loses (before the 1st, unbilled) or doubles (since the 1st, billed).
select count(*) from legacy.legacy_usage_records
 where (invoice_id is null) <> (recorded_at >= date_trunc('month', getvariable('as_of')));

-- name: d13_rows_a_second_run_doubles
-- Customers that a plain insert with random ids would load twice.
select count(*) from legacy.legacy_customers;

-- name: d14_ids_shared_by_two_entities
-- Plans whose id, as text without its entity, could be looked up in another one's rows.
select count(*) from legacy.legacy_plans;

-- name: d16_rows_of_the_last_day
-- Payments so young that statements with snapshots of their own would see some and not others.
select count(*) from legacy.legacy_payments where created_date > getvariable('as_of') - interval 1 day;

-- name: d17_customers_known_to_the_processor
-- Customers whose payment methods cannot be charged without the processor's customer id.
select count(*) from legacy.legacy_customers where stripe_customer_id is not null;

-- name: d21_customers_of_two_currencies
-- Customers who hold subscriptions in a currency other than their own, and children of a parent.
select count(*) from legacy.legacy_customers as customer
 where parent_customer_id is not null or customer.id in (
    select subscription.customer_id from legacy.legacy_subscriptions as subscription
      join legacy.legacy_customers as holder on holder.id = subscription.customer_id
     where subscription.currency <> holder.billing_currency);

-- name: d23_plans_that_are_not_tiered
-- Usage plans of which 'tiered' is not the model.
select count(*) from legacy.legacy_plans where is_usage_based and pricing_model <> 'graduated';

-- name: d24_grandfathered_subscriptions
-- Subscriptions sold at a price that is no longer the plan's, or at one of their own.
select count(*) from legacy.legacy_subscriptions as subscription
  join legacy.legacy_plan_prices as sold on sold.id = subscription.plan_price_id
  join legacy.legacy_plans as plan on plan.id = subscription.plan_id
 where sold.price_cents <> plan.price_cents or subscription.custom_price_cents is not null;

-- name: d25_intervals_counted_and_discounts
-- Plans billed every so many intervals, and running discounts.
select (select count(*) from legacy.legacy_plans where interval_count > 1) + (select count(*) from legacy.legacy_discounts);

-- name: d26_trials_anchors_pauses_terms
-- Subscriptions on trial, paused, paid by invoice, or anchored on the 29th, 30th or 31st.
select count(*) from legacy.legacy_subscriptions
 where trial_end > getvariable('as_of') or paused_at is not null or net_days > 0 or billing_anchor_day > 28;

-- name: d27_scheduled_cancellations
-- Subscriptions that will be cancelled: by one system, and only one.
select count(*) from legacy.legacy_subscriptions
 where status <> 'canceled' and (cancel_at_period_end or cancel_at is not null);

-- name: d28_entities_no_step_loads
-- Refunds, disputes, credit notes, pending items and webhook events.
select (select count(*) from legacy.legacy_refunds) + (select count(*) from legacy.legacy_disputes)
     + (select count(*) from legacy.legacy_credit_notes) + (select count(*) from legacy.legacy_pending_items)
     + (select count(*) from legacy.legacy_webhook_events);

-- name: d29_invoices_not_yet_settled
-- Draft, open and overdue invoices that both systems would collect.
select count(*) from legacy.legacy_invoices where status in ('draft', 'open', 'past_due', 'partially_paid');

-- name: d33_invoice_numbers_in_series
-- Numbers the next invoice must not repeat.
select count(*) from legacy.legacy_invoices where invoice_number is not null;

-- name: m34_closed_customers_with_credit
-- Closed customers to whom money is owed.
select count(distinct customer.id) from legacy.legacy_customers as customer
  join legacy.legacy_credits as credit on credit.customer_id = customer.id
 where customer.status = 'closed' and remaining_balance_cents > 0;
