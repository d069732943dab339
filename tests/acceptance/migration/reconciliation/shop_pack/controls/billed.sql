-- Issued and not void.
select customer_key, currency, total_micros as amount_micros
  from accepted.invoice where status in ('O', 'P', 'U')
