-- What is charged each month to those who stayed.
select customer_id as customer_key, assumed_currency() as currency, micros(monthly_charges) as amount_micros
  from accepted.subscription
 where churn = 'No'
