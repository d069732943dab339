-- Everything is paid in cash at the bar.
select row_number, id as source_key, member_id as customer_key, bill_id as invoice_key,
       taking_state(state) as status, currency, micros_from_minor(cents, currency) as amount_micros,
       unread_minor(cents, currency) as unread_amount_micros, source_instant(taken) as occurred_at,
       'cash' as method_kind, 'club:' || id as idempotency_key
  from chunk
