-- All credits: spent, expired and negative ones too, each with what was given and what is left (D9, D10).
select row_number,
       id as source_key,
       customer_id as customer_key,
       currency,
       micros_from_minor(amount_cents, currency) as original_micros,
       unread_minor(amount_cents, currency) as unread_original_micros,
       micros_from_minor(remaining_balance_cents, currency) as remaining_micros,
       unread_minor(remaining_balance_cents, currency) as unread_remaining_micros,
       reason,
       priority,
       source_instant(written_time(created_date)) as granted_at,
       unread_instant(written_time(created_date)) as unread_granted_at,
       source_instant(written_time(expires_date)) as expires_at,
       unread_instant(written_time(expires_date)) as unread_expires_at
  from chunk
