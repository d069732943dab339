-- Issued gross: every invoice that is neither a draft nor void.
select cast(coalesce(s.survivor_id, i.customer_id) as varchar) as customer_key, i.currency,
       micros(i.total_amount_cents, i.currency) as amount_micros
  from accepted.invoice i
  left join survivor s on s.merged_id = i.customer_id
 where i.status not in ('draft', 'void')
