-- What is due on invoices that are still to be collected.
select cast(coalesce(s.survivor_id, i.customer_id) as varchar) as customer_key, i.currency,
       micros(i.total_amount_cents, i.currency) - micros(i.paid_amount_cents, i.currency)
           - micros(i.credited_amount_cents, i.currency) as amount_micros
  from accepted.invoice i
  left join survivor s on s.merged_id = i.customer_id
 where i.status in ('open', 'past_due', 'partially_paid')
