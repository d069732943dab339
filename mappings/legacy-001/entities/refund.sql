-- Money given back, as a record of its own (D28).
select row_number,
       id as source_key,
       payment_id as payment_key,
       refund_status(status) as status,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       reason,
       stripe_refund_id as psp_refund_id,
       source_instant(written_time(created_date)) as occurred_at,
       unread_instant(written_time(created_date)) as unread_occurred_at
  from chunk
