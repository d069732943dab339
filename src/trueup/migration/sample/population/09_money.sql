-- What came in, went back and was contested.
create table wallet as
select customer_id, max(stripe_payment_method_id) filter (where slot = 0) as current_method,
       max(stripe_payment_method_id) filter (where slot = 2) as former_method
  from payment_method group by customer_id;

create table settled as
select invoice.*, if(former_method is not null and issued_at < getvariable('as_of') - interval 200 day,
                     former_method, current_method) as method,
       case status when 'paid' then total_minor - applied_minor - noted_before_minor
                   when 'partially_paid' then greatest(total_minor * (30 + roll(h, 5)::bigint % 41) // 100, 1)
                   else 0 end as paid_minor,
       refunded_minor = 0 and status = 'paid' and roll(h, 0) < 15 as is_split,
       case when status = 'past_due' then 2 when status = 'uncollectible' then 3
            when status = 'paid' and net_days = 0 and roll(g, 3) < 60 then 1 + roll(h, 1)::integer % 2 else 0 end as failures
  from invoice left join wallet using (customer_id);

create table payment as
with attempts as (
    select settled.*, 10 + part as attempt, pay_at as occurred_at,
           if(refunded_minor > 0 and refunded_minor = paid_minor, 'refunded', 'succeeded') as outcome,
           case when not is_split or paid_minor < 2 then paid_minor when part = 0 then paid_minor // 2
                else paid_minor - paid_minor // 2 end as amount_minor
      from settled cross join (values (0), (1)) as p (part)
     where paid_minor > 0 and (part = 0 or (is_split and paid_minor >= 2))
    union all
    select settled.*, n, issued_at + to_days(n::integer), 'failed', total_minor
      from settled cross join (values (0), (1), (2)) as f (n)
     where n < failures and total_minor > 0 and issued_at + to_days(n::integer) < getvariable('as_of')
    union all
    select settled.*, 5, issued_at, if(status = 'open', 'processing', 'canceled'), total_minor
      from settled
     where total_minor > 0 and method is not null and (status = 'open' or (status = 'void' and roll(h, 2) < 300))
)
select 3000000 + row_number() over (order by occurred_at, invoice_id, attempt) as payment_id, invoice_id, customer_id, currency,
       amount_minor, outcome, occurred_at, attempt, method, g, h, refunded_minor, number, invoice_id * 100 + attempt as payment_key
  from attempts;

-- A few refunds failed at first and went through on the second try, a day later.
create table refund as
with tries as (
    select payment.*, n, case when n = 0 then 'failed' when roll(h, 0) < 30 then 'pending' else 'succeeded' end as status
      from payment cross join (values (0), (1)) as t (n)
     where refunded_minor > 0 and outcome in ('succeeded', 'refunded') and (n = 1 or roll(h, 3) < 40)
)
select 7000000 + row_number() over (order by occurred_at, payment_id, n) as refund_id, payment_id, invoice_id, n, currency,
       refunded_minor as amount_minor, status, pick(['requested_by_customer', 'duplicate', 'service_outage'], roll(h, 1)) as reason,
       occurred_at + to_days((1 + n + roll(h, 2)::integer % 8)) as refunded_at
  from tries;

create table credit_note as
with notes as (
    select invoice_id, refunded_minor as amount_minor, refunded_at as noted_at, 'refund' as reason, 'issued' as status
      from settled join refund using (invoice_id) where refund.status <> 'failed'
    union all
    select invoice_id, noted_before_minor, issued_at + interval 5 minute, 'billing_error', 'issued'
      from settled where noted_before_minor > 0
    union all
    select invoice_id, total_minor // 10, issued_at + interval 6 minute, 'entered_twice', 'void'
      from settled where status = 'paid' and total_minor >= 10 and roll(g, 5) = 40
)
select 8000000 + row_number() over (order by noted_at, invoice_id, notes.status) as credit_note_id, notes.*, currency,
       if(total_minor = 0, 0, (notes.amount_minor::hugeint * tax_minor // total_minor)::bigint) as note_tax_minor
  from notes join (select invoice_id, currency, total_minor, tax_minor from settled) using (invoice_id);

-- Credits: spent on one invoice, wholly or in part, or still whole; some of what is left has expired.
create table credit as
with granted as (
    select customer_id, currency, invoice_id, applied_minor, issued_at - interval 10 minute as granted_at, issued_at as applied_at,
           if(roll(h, 0) < 450, applied_minor, applied_minor * (130 + roll(h, 1)::bigint % 200) // 100) as amount_minor, draw('credit', key) as x
      from settled where applied_minor > 0
    union all
    select id, currency, null, 0, created_at + interval 15 minute, null, (5 + roll(c, 1)::bigint % 100) * minor_per_dollar, draw('credit', id)
      from customer join market using (currency) where roll(b, 1) < if(closed_at is null, 35, 250)
)
select 9000000 + row_number() over (order by granted_at, customer_id, invoice_id) as credit_id, granted.*,
       amount_minor - applied_minor as remaining_minor,
       pick(['goodwill', 'prepaid', 'promotion', 'migration from v1', 'service level'], roll(x, 0)) as reason,
       (1 + roll(x, 1) % 3)::integer as priority,
       case when roll(x, 2) < 300 then granted_at + to_days((90 + roll(x, 3)::integer % 600)) end as expires_at
  from granted;
