-- Added up from what was sold, line by line, and not from the headers that were loaded.
select cast(i.customer_id as varchar) as customer_key, assumed_currency() as currency,
       micros(l.unit_price) * l.quantity as amount_micros
  from accepted.line_item l
  join accepted.invoice i on i.invoice_id = l.invoice_id
