-- Amounts are cents; a bill has no lines.
select row_number, id as source_key, member_id as customer_key, number, bill_state(state) as status,
       currency, micros_from_minor(cents, currency) as subtotal_micros,
       unread_minor(cents, currency) as unread_subtotal_micros, 0::bigint as discount_micros,
       0::bigint as tax_micros, micros_from_minor(cents, currency) as total_micros,
       unread_minor(cents, currency) as unread_total_micros,
       if(state = 'settled', micros_from_minor(cents, currency), 0) as paid_micros,
       0::bigint as credited_micros, source_instant(sent) as issued_at,
       unread_instant(sent) as unread_issued_at
  from chunk
