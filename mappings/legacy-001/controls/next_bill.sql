-- When each running subscription is billed next, and the fixed part of that bill: price times quantity
-- less the discounts still in force then, each of the whole and never below zero.
with due as (
    select t.id, t.currency, t.cancel_at, p.micros as gross,
           utc(coalesce(if(t.status = 'trialing', t.trial_end, t.charged_through_date), t.current_period_end)) as due_at
      from accepted.subscription t
      join interval_price p using (row_number)
     where t.status in ('active', 'trialing', 'past_due') and not coalesce(cast(t.cancel_at_period_end as boolean), false)
), running as (
    select * from due where utc(cancel_at) is null or utc(cancel_at) > due_at
), reduced as (
    select r.id, sum(coalesce(micros(d.amount_off_cents, d.currency),
                              round(r.gross * exact(d.percent_off) / 100))) as micros
      from running r
      join accepted.discount d on d.subscription_id = r.id
     where coalesce(try_cast(d.periods_remaining as bigint), 1) > 0 and (utc(d.starts_at) is null or utc(d.starts_at) <= r.due_at)
       and (utc(d.ends_at) is null or utc(d.ends_at) > r.due_at) and (d.currency is null or d.currency = r.currency)
     group by r.id
)
select cast(r.id as varchar) as source_key, r.due_at as next_bill_at, r.currency,
       cast(greatest(coalesce(r.gross, 0) - coalesce(d.micros, 0), 0) as bigint) as amount_micros
  from running r
  left join reduced d on d.id = r.id
