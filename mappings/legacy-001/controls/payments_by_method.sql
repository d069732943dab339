-- Payments taken, by kind of method; without one where the payment names none that is known.
select cast(coalesce(s.survivor_id, p.customer_id) as varchar) as customer_key, p.currency,
       method_kind(m.type) as part, micros(p.amount_cents, p.currency) as amount_micros
  from accepted.payment p
  left join survivor s on s.merged_id = p.customer_id
  left join method_of_token m
         on m.holder_id = coalesce(s.survivor_id, p.customer_id) and m.token = p.stripe_payment_method_id
 where p.status in ('succeeded', 'refunded')
