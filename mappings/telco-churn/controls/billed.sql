-- What was ever charged, as the file adds it up for each customer.
select customer_id as customer_key, assumed_currency() as currency, micros(total_charges) as amount_micros
  from accepted.invoice
