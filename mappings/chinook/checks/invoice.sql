-- Nothing is owed and nothing is taxed: what was sold was paid there and then.
select cast(invoice_id as varchar) as source_key, row_number, cast(customer_id as varchar) as customer_key,
       null as subscription_key, cast(invoice_id as varchar) as number, 'paid' as status,
       assumed_currency() as currency, micros(total) as subtotal_micros, 0 as discount_micros, 0 as tax_micros,
       micros(total) as total_micros, micros(total) as paid_micros, 0 as credited_micros,
       utc(invoice_date) as issued_at, utc(invoice_date) as due_at, utc(invoice_date) as paid_at,
       null as voided_at, null as period_start, null as period_end
  from source.invoice
