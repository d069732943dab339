-- Due on what is open.
select customer_key, currency, total_micros - paid_micros - credited_micros as amount_micros
  from accepted.invoice where status = 'O'
