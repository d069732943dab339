select cast(id as varchar) as source_key, row_number, cast(invoice_id as varchar) as invoice_key,
       credit_note_number as number, currency, micros(amount_cents, currency) as amount_micros,
       micros_or_zero(tax_cents, currency) as tax_micros, reason,
       case when status in ('issued', 'void') then status end as status, utc(created_date) as issued_at
  from source.legacy_credit_notes
