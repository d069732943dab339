-- What waits for the next invoice (D28).
select row_number,
       id as source_key,
       customer_id as customer_key,
       subscription_id as subscription_key,
       description,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       source_instant(written_time(created_date)) as occurred_at,
       unread_instant(written_time(created_date)) as unread_occurred_at
  from chunk
