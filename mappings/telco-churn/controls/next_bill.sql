-- The month that begins on the day of the export is due on it, by those who stayed.
select customer_id as source_key, at_midnight(export_day()) as next_bill_at, assumed_currency() as currency,
       micros(monthly_charges) as amount_micros
  from accepted.subscription
 where churn = 'No'
