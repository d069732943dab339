-- Corrections of issued invoices, which no step of the plan loads (D28).
select row_number,
       id as source_key,
       invoice_id as invoice_key,
       credit_note_number as number,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       if(tax_cents is null, 0, micros_from_minor(tax_cents, currency)) as tax_micros,
       unread_minor(tax_cents, currency) as unread_tax_micros,
       reason,
       credit_note_status(status) as status,
       source_instant(written_time(created_date)) as issued_at,
       unread_instant(written_time(created_date)) as unread_issued_at
  from chunk
