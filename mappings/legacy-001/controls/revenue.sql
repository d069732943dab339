-- Money kept: payments taken, also those given back later, less refunds that went through.
with moved as (
    select customer_id, currency, amount_cents, 1 as sign
      from accepted.payment
     where status in ('succeeded', 'refunded')
    union all
    select p.customer_id, r.currency, r.amount_cents, -1
      from accepted.refund r
      join accepted.payment p on p.id = r.payment_id
     where r.status = 'succeeded'
)
select cast(coalesce(s.survivor_id, m.customer_id) as varchar) as customer_key, m.currency,
       m.sign * micros(m.amount_cents, m.currency) as amount_micros
  from moved m
  left join survivor s on s.merged_id = m.customer_id
