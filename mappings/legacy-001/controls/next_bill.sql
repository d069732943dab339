-- When each running subscription is billed next, and the fixed part of that bill: price times quantity
-- less the discounts still in force then, each of the whole and never below zero.
-- Usage is billed after the fact: at the end of the period that is running, also of the last one, which
-- an end of the contract cuts short. Its charged_through_date is how far usage has been billed.
with current as (
    select t.id, t.currency, p.micros as gross, utc(t.cancel_at) as ends_at, t.status = 'trialing' as is_trial,
           coalesce(cast(t.cancel_at_period_end as boolean), false) as is_last, p.is_metered,
           utc(t.trial_end) as trial_end, utc(t.charged_through_date) as paid_until, utc(t.current_period_end) as period_end
      from accepted.subscription t
      join interval_price p using (row_number)
     where t.status in ('active', 'trialing', 'past_due')
), running as (
    select id, currency, gross, least(coalesce(period_end, paid_until), ends_at) as due_at
      from current
     where is_metered and not is_trial
    union all
    select id, currency, gross, coalesce(if(is_trial, trial_end, paid_until), period_end) as due_at
      from current
     where (is_trial or not is_metered) and not is_last
       and (ends_at is null or ends_at > coalesce(if(is_trial, trial_end, paid_until), period_end))
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
