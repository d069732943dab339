-- Contested payments (D28).
select row_number,
       id as source_key,
       payment_id as payment_key,
       dispute_status(status) as status,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       reason,
       source_instant(written_time(opened_date)) as opened_at,
       unread_instant(written_time(opened_date)) as unread_opened_at,
       source_instant(written_time(closed_date)) as closed_at,
       unread_instant(written_time(closed_date)) as unread_closed_at
  from chunk
