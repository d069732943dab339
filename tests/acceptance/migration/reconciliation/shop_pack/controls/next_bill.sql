-- The next bill: the trial's end, else what is charged through, else the period's end. Metered calls
-- are billed when their period is over, the last one too.
with next as (
    select s.id, s.currency, coalesce(if(p.tiers is null, p.unit_amount_micros * s.quantity, 0), 0) as gross,
           case when s.status = 'trialing' then s.trial_end_at
                when p.meter is not null then least(s.current_period_end, s.cancel_at)
                else coalesce(s.charged_through_at, s.current_period_end) end as next_bill_at
      from accepted.subscription s
      join accepted.price p on p.id = s.price_key
     where s.status in ('active', 'trialing', 'past_due') and (not s.cancel_at_period_end or (p.meter is not null and s.status <> 'trialing'))
), discounted as (
    select subscription_key, sum(amount_micros) as amount, sum(percent_bp) as bp from accepted.discount group by 1
)
select n.id as source_key, n.next_bill_at, n.currency,
       greatest(n.gross - coalesce(d.amount, 0) - (2 * n.gross * coalesce(d.bp, 0) + 10000) // 20000, 0) as amount_micros
  from next n
  left join discounted d on d.subscription_key = n.id
