-- What is left.
select customer_key, currency, remaining_micros as amount_micros from accepted.credit
