-- Overdue and partly paid are no states of their own: dates and amounts say them of an open invoice.
select cast(i.id as varchar) as source_key, i.row_number,
       cast(coalesce(s.survivor_id, i.customer_id) as varchar) as customer_key,
       cast(i.subscription_id as varchar) as subscription_key, i.invoice_number as number,
       case when i.status in ('open', 'past_due', 'partially_paid') then 'open'
            when i.status in ('draft', 'paid', 'void', 'uncollectible') then i.status end as status,
       i.currency, micros(i.subtotal_cents, i.currency) as subtotal_micros,
       micros_or_zero(i.discount_cents, i.currency) as discount_micros,
       micros_or_zero(i.tax_amount_cents, i.currency) as tax_micros,
       micros(i.total_amount_cents, i.currency) as total_micros, micros(i.paid_amount_cents, i.currency) as paid_micros,
       micros(i.credited_amount_cents, i.currency) as credited_micros, utc(i.issued_date) as issued_at,
       utc(i.due_date) as due_at, utc(i.paid_date) as paid_at, utc(i.voided_date) as voided_at,
       utc(i.period_start) as period_start, utc(i.period_end) as period_end
  from source.legacy_invoices i
  left join survivor s on s.merged_id = i.customer_id
