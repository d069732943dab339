-- The legacy tables themselves: what was billed, paid, given back and used.
create macro line_json(description, quantity, unit, amount, tax, ppm, from_at, to_at) as concat(
    '{"description":"', description, '","quantity":"', quantity, '","unit_price_cents":', coalesce('"' || unit || '"', 'null'),
    ',"amount_cents":', amount, ',"tax_cents":', tax, ',"tax_rate":"0.', lpad(ppm::varchar, 6, '0'),
    '","period_start":', coalesce('"' || from_at || '"', 'null'), ',"period_end":', coalesce('"' || to_at || '"', 'null'), '}');

create table legacy.legacy_invoices as
with taxed as (
    select settled.*, plan_name, if(addon_minor = 0, 0, share(addon_minor, tax_ppm)) as addon_tax,
           if(proration_minor = 0, 0, -share(-proration_minor, tax_ppm)) as proration_tax
      from settled left join (select plan_id, plan_name from plan) using (plan_id)
)
select invoice_id as id, customer_id, subscription_id, number as invoice_number, status, subtotal_minor as subtotal_cents,
       discount_minor::bigint as discount_cents, tax_minor as tax_amount_cents, total_minor as total_amount_cents,
       paid_minor as paid_amount_cents, applied_minor + noted_before_minor + refunded_minor as credited_amount_cents, currency,
       if(is_issued, issued_at, null) as issued_date, if(is_issued, due_at, null) as due_date,
       case when status = 'paid' then if(total_minor = 0, issued_at, pay_at) end as paid_date,
       if(status = 'void', issued_at + interval 1 hour, null) as voided_date,
       from_at as period_start, to_at as period_end,
       concat('[', concat_ws(',',
           line_json(case when kind = 'trial' then 'Trial – ' || plan_name when subscription_id is null then 'Onboarding & training'
                          when is_usage then concat(plan_name, ' – usage') else concat(plan_name, if(is_custom, ' (special price)', '')) end,
                     if(is_usage and kind <> 'trial', milli_text(quantity_milli), quantity::varchar),
                     case when kind = 'trial' then '0' when subscription_id is null then base_minor::varchar
                          when not is_usage then unit_minor::varchar when model = 'per_unit' then milli_text(first_milli) end,
                     base_minor, tax_minor - addon_tax - proration_tax, tax_ppm, from_at, to_at),
           if(addon_minor <> 0, line_json('Priority support', '1', addon_minor::varchar, addon_minor, addon_tax, tax_ppm, from_at, to_at), null),
           if(proration_minor <> 0, line_json('Unused time', '1', proration_minor::varchar, proration_minor, proration_tax, tax_ppm,
                                              from_at, to_at), null)), ']') as line_items_json,
       issued_at as created_date,
       case when status = 'paid' and total_minor > 0 then pay_at else issued_at end as updated_date
  from taxed order by id;

create table legacy.legacy_credit_notes as
select credit_note_id as id, invoice_id, concat('CN-', lpad((credit_note_id - 8000000)::varchar, 6, '0')) as credit_note_number,
       amount_minor as amount_cents, note_tax_minor as tax_cents, currency, reason, status, noted_at as created_date
  from credit_note order by id;

create table legacy.legacy_pending_items as
select 16000 + row_number() over (order by subscription_id) as id, customer_id, subscription_id,
       pick(['Extra seat, part of a month', 'Overage of last period', 'Setup of a second domain'], roll(e, 0)) as description,
       (1 + roll(e, 1)::bigint % 90) * minor_per_dollar * if(roll(e, 2) < 150, -1, 1) as amount_cents, currency,
       date_trunc('day', getvariable('as_of')) - to_days((1 + roll(e, 3)::integer % 2)) + interval 15 hour as created_date
  from subscription join market using (currency) where status in ('active', 'past_due') and roll(d, 5) between 60 and 79 order by id;

create table legacy.legacy_payments as
select payment_id as id, customer_id, invoice_id, amount_minor as amount_cents, currency, outcome as status,
       if(method is null, null, left(token('ch_', 'payment', payment_key), 27)) as stripe_charge_id, method as stripe_payment_method_id,
       if(outcome = 'failed', pick(['Your card was declined.', 'Insufficient funds.', 'Expired card.', 'Bank refused: fraud suspected.'],
                                   roll(h, 3)), null) as failure_message,
       concat('inv-', invoice_id, '-', attempt) as idempotency_key, occurred_at as created_date
  from payment order by id;

create table legacy.legacy_refunds as
select refund_id as id, payment_id, amount_minor as amount_cents, currency, status, reason,
       left(token('re_', 'refund', payment_id * 10 + n), 27) as stripe_refund_id, refunded_at as created_date
  from refund order by id;

create table legacy.legacy_disputes as
select 17000 + row_number() over (order by payment_id) as id, payment_id, amount_minor as amount_cents, currency,
       case when occurred_at > getvariable('as_of') - interval 60 day then pick(['needs_response', 'under_review'], roll(h, 1))
            else pick(['won', 'lost', 'lost'], roll(h, 2)) end as status,
       pick(['fraudulent', 'product_not_received', 'subscription_canceled'], roll(h, 3)) as reason,
       occurred_at + interval 10 day as opened_date,
       if(occurred_at > getvariable('as_of') - interval 60 day, null, occurred_at + interval 40 day) as closed_date
  from payment
 where outcome = 'succeeded' and refunded_minor = 0 and method is not null and roll(h, 4) < 2 and roll(h, 0) > 20
   and occurred_at < getvariable('as_of') - interval 11 day order by id;

create table legacy.legacy_usage_records as
select 11000000 + row_number() over (order by recorded_at, subscription_id, j) as id, subscription_id, metric as metric_name,
       (quantity_milli::decimal(15, 0) * 0.001::decimal(4, 3))::decimal(20, 6) as quantity, recorded_at,
       left(token('use_', 'usage', (subscription_id * 1000 + k) * 10 + j), 28) as idempotency_key,
       if(is_late, null, invoice_id) as invoice_id,
       if(is_late and period_end + interval 1 day < getvariable('as_of'), period_end + interval 1 day, recorded_at + interval 2 minute) as created_date
  from usage left join (select subscription_id, k, invoice_id from invoice where is_usage and kind = 'renewal') using (subscription_id, k)
 order by id;

create table legacy.legacy_credits as
select credit_id as id, customer_id, amount_minor::bigint as amount_cents, remaining_minor::bigint as remaining_balance_cents, currency, reason,
       priority, expires_at as expires_date, granted_at as created_date
  from credit order by id;

create table legacy.legacy_credit_applications as
select 18000 + row_number() over (order by credit_id) as id, credit_id, invoice_id, applied_minor as amount_cents, applied_at as applied_date
  from credit where applied_minor > 0 order by id;

create table legacy.legacy_webhook_events as
select 12000000 + row_number() over (order by payment_id) as id,
       case outcome when 'failed' then 'payment_intent.payment_failed' when 'processing' then 'payment_intent.processing'
                    when 'canceled' then 'payment_intent.canceled' else 'charge.succeeded' end as event_type,
       concat('{"id":"', left(token('evt_', 'event', payment_key), 28), '","livemode":true,"data":{"invoice":"', coalesce(number, ''),
              '","amount":', amount_minor, ',"currency":"', lower(currency), '"}}') as payload_json, occurred_at as received_date
  from payment where occurred_at >= getvariable('as_of') - interval 30 day order by id;
