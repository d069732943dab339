-- Each query names rows that break a law of the clean sample; every one must return nothing.

-- name: totals_add_up
select id from legacy_invoices where total_amount_cents <> subtotal_cents - discount_cents + tax_amount_cents
    or subtotal_cents < 0 or discount_cents < 0 or tax_amount_cents < 0;

-- name: lines_add_up
with line as (
    select id, subtotal_cents, tax_amount_cents, unnest(from_json(line_items_json,
           '[{"amount_cents":"BIGINT","tax_cents":"BIGINT","tax_rate":"VARCHAR","quantity":"VARCHAR","unit_price_cents":"VARCHAR"}]')) as l
      from legacy_invoices
)
select id from line group by id, subtotal_cents, tax_amount_cents
having sum(l.amount_cents) <> subtotal_cents or sum(l.tax_cents) <> tax_amount_cents or count(*) <> count(l.tax_rate);

-- name: quantity_times_unit_price_is_the_amount
with line as (
    select id, unnest(from_json(line_items_json,
           '[{"amount_cents":"BIGINT","quantity":"VARCHAR","unit_price_cents":"VARCHAR"}]')) as l from legacy_invoices
)
select id from line where l.unit_price_cents is not null
   and abs(l.quantity::decimal(18, 3) * l.unit_price_cents::decimal(18, 3) - l.amount_cents) > 0.5;

-- name: every_invoice_has_a_line
select id from legacy_invoices where json_array_length(line_items_json) < 1;

-- name: paid_is_the_sum_of_payments
select i.id from legacy_invoices i
  left join (select invoice_id, sum(amount_cents) as paid, count(distinct currency) as currencies, min(currency) as currency
               from legacy_payments where status in ('succeeded', 'refunded') group by 1) p on p.invoice_id = i.id
 where i.paid_amount_cents <> coalesce(p.paid, 0) or p.currencies > 1 or p.currency <> i.currency;

-- name: credited_is_credits_and_credit_notes
select i.id from legacy_invoices i
  left join (select invoice_id, sum(amount_cents) as s from legacy_credit_applications group by 1) a on a.invoice_id = i.id
  left join (select invoice_id, sum(amount_cents) as s from legacy_credit_notes where status = 'issued' group by 1) n on n.invoice_id = i.id
 where i.credited_amount_cents <> coalesce(a.s, 0) + coalesce(n.s, 0);

-- name: paid_invoices_owe_nothing
select i.id from legacy_invoices i
  left join (select invoice_id, sum(r.amount_cents) as s from legacy_refunds r
               join legacy_payments p on p.id = r.payment_id where r.status in ('succeeded', 'pending') group by 1) r on r.invoice_id = i.id
 where i.status = 'paid' and i.total_amount_cents - i.paid_amount_cents - i.credited_amount_cents + coalesce(r.s, 0) <> 0;

-- name: statuses_and_money_agree
select id from legacy_invoices
 where (status = 'partially_paid' and not (paid_amount_cents > 0 and paid_amount_cents < total_amount_cents))
    or (status in ('open', 'past_due', 'void', 'uncollectible', 'draft') and paid_amount_cents + credited_amount_cents <> 0)
    or (status = 'paid') <> (paid_date is not null) or (status = 'void') <> (voided_date is not null)
    or (status = 'draft') <> (invoice_number is null) or (status = 'draft') <> (issued_date is null);

-- name: refunds_do_not_exceed_payments
select p.id from legacy_payments p join legacy_refunds r on r.payment_id = p.id where r.status <> 'failed'
 group by p.id, p.amount_cents, p.status
having sum(r.amount_cents) > p.amount_cents or count(*) > 1 or (p.status = 'refunded') <> (sum(r.amount_cents) = p.amount_cents)
    or p.status not in ('succeeded', 'refunded');

-- name: credits_remain_what_was_not_applied
select c.id from legacy_credits c
  left join (select credit_id, sum(amount_cents) as s from legacy_credit_applications group by 1) a on a.credit_id = c.id
 where c.remaining_balance_cents <> c.amount_cents - coalesce(a.s, 0) or c.remaining_balance_cents < 0;

-- name: applied_credits_share_the_currency
select a.id from legacy_credit_applications a join legacy_credits c on c.id = a.credit_id
  join legacy_invoices i on i.id = a.invoice_id where c.currency <> i.currency or c.customer_id <> i.customer_id;

-- name: subscription_currency_is_its_plans
select s.id from legacy_subscriptions s join legacy_plans p on p.id = s.plan_id where s.currency <> p.currency;

-- name: plan_price_belongs_to_the_plan
select s.id from legacy_subscriptions s left join legacy_plan_prices p on p.id = s.plan_price_id
 where p.plan_id is distinct from s.plan_id;

-- name: the_newest_price_is_the_plans
select p.id from legacy_plans p
  join (select plan_id, arg_max(price_cents, effective_from) as newest from legacy_plan_prices group by 1) n on n.plan_id = p.id
 where n.newest <> p.price_cents;

-- name: invoices_follow_their_subscription
select i.id from legacy_invoices i join legacy_subscriptions s on s.id = i.subscription_id
 where i.customer_id <> s.customer_id or i.currency <> s.currency or i.period_start >= i.period_end;

-- name: periods_do_not_overlap
select a.id from legacy_invoices a join legacy_invoices b
    on a.subscription_id = b.subscription_id and a.id < b.id and a.period_start < b.period_end and b.period_start < a.period_end;

-- name: current_periods_are_half_open_and_now
select id from legacy_subscriptions
 where current_period_start >= current_period_end or trial_end < started_date
    or (status in ('active', 'trialing', 'past_due', 'unpaid') and not (current_period_start <= $as_of and current_period_end > $as_of))
    or (status = 'pending') <> (current_period_start is null) or (status = 'paused') <> (paused_at is not null)
    or (status in ('canceled', 'incomplete_expired')) <> (ended_at is not null);

-- name: a_period_is_charged_once_and_through_its_end
select s.id from legacy_subscriptions s join legacy_plans p on p.id = s.plan_id
  join (select subscription_id, max(period_end) as through from legacy_invoices where status <> 'draft' group by 1) i
    on i.subscription_id = s.id
 where s.charged_through_date <> i.through and s.status <> 'incomplete' and s.status <> 'incomplete_expired';

-- name: billed_usage_lies_in_the_invoices_period
select u.id from legacy_usage_records u join legacy_invoices i on i.id = u.invoice_id
 where u.subscription_id <> i.subscription_id or u.recorded_at < i.period_start or u.recorded_at >= i.period_end;

-- name: usage_belongs_to_usage_plans
select u.id from legacy_usage_records u join legacy_subscriptions s on s.id = u.subscription_id
  join legacy_plans p on p.id = s.plan_id where not p.is_usage_based or p.usage_metric <> u.metric_name or u.quantity <= 0;

-- name: one_default_method
select customer_id from legacy_payment_methods group by 1 having count(*) filter (where is_default and not is_detached) <> 1;

-- name: payments_name_a_method_of_their_customer
select p.id from legacy_payments p left join legacy_payment_methods m
    on m.stripe_payment_method_id = p.stripe_payment_method_id and m.customer_id = p.customer_id
 where p.stripe_payment_method_id is not null and m.id is null;

-- name: payments_belong_to_the_invoices_customer
select p.id from legacy_payments p join legacy_invoices i on i.id = p.invoice_id
 where p.customer_id <> i.customer_id or p.amount_cents <= 0 or p.currency <> i.currency;

-- name: keys_are_unique
select idempotency_key from legacy_payments group by 1 having count(*) > 1
union all select idempotency_key from legacy_usage_records group by 1 having count(*) > 1
union all select invoice_number from legacy_invoices where invoice_number is not null group by 1 having count(*) > 1
union all select credit_note_number from legacy_credit_notes group by 1 having count(*) > 1
union all select lower(trim(customer_email)) from legacy_customers group by 1 having count(*) > 1
union all select stripe_payment_method_id from legacy_payment_methods group by 1 having count(*) > 1
union all select stripe_charge_id from legacy_payments where stripe_charge_id is not null group by 1 having count(*) > 1;

-- name: nothing_is_null_that_must_not_be
select id from legacy_customers where customer_email is null or timezone is null or billing_currency is null or created_date is null
union all select id from legacy_invoices where total_amount_cents is null or subtotal_cents is null or tax_amount_cents is null
    or credited_amount_cents is null or paid_amount_cents is null or line_items_json is null or created_date is null
union all select id from legacy_payments where created_date is null or amount_cents is null or idempotency_key is null
union all select id from legacy_subscriptions where started_date is null or plan_price_id is null or billing_anchor_day is null;

-- name: statuses_are_in_the_vocabulary
select status from legacy_customers where status not in ('active', 'closed')
union all select status from legacy_subscriptions where status not in
    ('active', 'trialing', 'canceled', 'past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'pending')
union all select status from legacy_invoices where status not in
    ('draft', 'open', 'paid', 'void', 'uncollectible', 'past_due', 'partially_paid')
union all select status from legacy_payments where status not in ('succeeded', 'failed', 'processing', 'canceled', 'refunded')
union all select billing_interval from legacy_plans where billing_interval not in ('day', 'week', 'month', 'quarter', 'year');

-- name: parents_have_no_parents
select c.id from legacy_customers c join legacy_customers p on p.id = c.parent_customer_id
 where p.parent_customer_id is not null or p.id = c.id;

-- name: exempt_customers_have_valid_evidence
select c.id from legacy_customers c left join legacy_tax_ids t on t.customer_id = c.id and t.kind = 'exemption_certificate'
 where c.is_tax_exempt <> (t.id is not null) or t.valid_until < $as_of::date;

-- name: no_hour_is_skipped_or_repeated_by_a_clock_change
select created_date from legacy_payments where hour(created_date) between 1 and 2
union all select recorded_at from legacy_usage_records where hour(recorded_at) between 1 and 2
union all select created_date from legacy_customers where hour(created_date) between 1 and 2
union all select started_date from legacy_subscriptions where hour(started_date) between 1 and 2
union all select issued_date from legacy_invoices where hour(issued_date) between 1 and 2
union all select paid_date from legacy_invoices where hour(paid_date) between 1 and 2;

-- name: nothing_happens_before_its_customer_or_after_today
select p.id from legacy_payments p join legacy_customers c on c.id = p.customer_id
 where p.created_date < c.created_date or p.created_date > $as_of
union all select i.id from legacy_invoices i join legacy_customers c on c.id = i.customer_id
 where i.created_date < c.created_date or i.created_date > $as_of or i.paid_date > $as_of or i.voided_date > $as_of
    or i.paid_date < i.issued_date
union all select s.id from legacy_subscriptions s join legacy_customers c on c.id = s.customer_id
 where s.created_date < c.created_date or s.ended_at > $as_of or s.ended_at < s.started_date or s.paused_at > $as_of
union all select id from legacy_usage_records where recorded_at > $as_of or created_date > $as_of or created_date < recorded_at
union all select c.id from legacy_credits c join legacy_customers k on k.id = c.customer_id where c.created_date < k.created_date
union all select id from legacy_refunds where created_date > $as_of
union all select id from legacy_disputes where opened_date > $as_of or closed_date > $as_of
union all select id from legacy_credit_notes where created_date > $as_of;

-- name: closed_customers_have_no_running_subscription
select s.id from legacy_subscriptions s join legacy_customers c on c.id = s.customer_id
 where c.status = 'closed' and (s.status <> 'canceled' or s.ended_at > c.closed_date);

-- name: every_reference_resolves
select 'parent' as reference, id from legacy_customers where parent_customer_id is not null and parent_customer_id not in (select id from legacy_customers)
union all select 'tax_id', id from legacy_tax_ids where customer_id not in (select id from legacy_customers)
union all select 'method', id from legacy_payment_methods where customer_id not in (select id from legacy_customers)
union all select 'price', id from legacy_plan_prices where plan_id not in (select id from legacy_plans)
union all select 'subscription', id from legacy_subscriptions where customer_id not in (select id from legacy_customers) or plan_id not in (select id from legacy_plans)
union all select 'discount', id from legacy_discounts where subscription_id not in (select id from legacy_subscriptions)
union all select 'invoice', id from legacy_invoices where customer_id not in (select id from legacy_customers)
union all select 'invoice', id from legacy_invoices where subscription_id is not null and subscription_id not in (select id from legacy_subscriptions)
union all select 'credit_note', id from legacy_credit_notes where invoice_id not in (select id from legacy_invoices)
union all select 'pending', id from legacy_pending_items where customer_id not in (select id from legacy_customers) or subscription_id not in (select id from legacy_subscriptions)
union all select 'payment', id from legacy_payments where invoice_id is null or invoice_id not in (select id from legacy_invoices)
union all select 'refund', id from legacy_refunds where payment_id not in (select id from legacy_payments)
union all select 'dispute', id from legacy_disputes where payment_id not in (select id from legacy_payments)
union all select 'usage', id from legacy_usage_records where subscription_id not in (select id from legacy_subscriptions)
union all select 'usage', id from legacy_usage_records where invoice_id is not null and invoice_id not in (select id from legacy_invoices)
union all select 'credit', id from legacy_credits where customer_id not in (select id from legacy_customers)
union all select 'application', id from legacy_credit_applications where credit_id not in (select id from legacy_credits) or invoice_id not in (select id from legacy_invoices);

-- name: nothing_is_test_merged_or_erased
select id from legacy_customers where is_test or merged_into_id is not null or status not in ('active', 'closed');

-- name: log_tables_hold_no_row_twice
select id from legacy_usage_records group by id having count(*) > 1
union all select id from legacy_webhook_events group by id having count(*) > 1
union all select id from legacy_credit_applications group by id having count(*) > 1;
