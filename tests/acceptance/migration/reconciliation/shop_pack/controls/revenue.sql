-- Payments taken less refunds, by the customer of the payment.
select customer_key, currency, amount_micros from accepted.payment where status = 'succeeded'
union all
select p.customer_key, r.currency, -r.amount_micros
  from accepted.refund r join accepted.payment p on p.id = r.payment_key
 where r.status = 'succeeded'
