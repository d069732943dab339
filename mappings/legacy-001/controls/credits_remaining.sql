-- What is left of every credit: below zero, the customer owes it.
select cast(coalesce(s.survivor_id, c.customer_id) as varchar) as customer_key, c.currency,
       micros(c.remaining_balance_cents, c.currency) as amount_micros
  from accepted.credit c
  left join survivor s on s.merged_id = c.customer_id
