-- Succeeded, by kind.
select customer_key, currency, method_kind as part, amount_micros
  from accepted.payment where status = 'succeeded'
