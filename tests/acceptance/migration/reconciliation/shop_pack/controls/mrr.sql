-- Fixed prices by the month, rounded half up in whole numbers; the weekly price is metered.
select s.customer_key, s.currency,
       (2 * p.unit_amount_micros * s.quantity + if(p.plan_key = 'year', 12, 1))
           // (2 * if(p.plan_key = 'year', 12, 1)) as amount_micros
  from accepted.subscription s
  join accepted.price p on p.id = s.price_key
 where s.status in ('active', 'past_due') and p.tiers is null
