-- All usage, billed or not, whatever the month (D4, D12).
select row_number,
       id as source_key,
       subscription_id as subscription_key,
       metric_name as meter,
       exact_quantity(quantity) as quantity,
       unread_quantity(quantity) as unread_quantity,
       source_instant(written_time(recorded_at)) as occurred_at,
       unread_instant(written_time(recorded_at)) as unread_occurred_at,
       'legacy:' || idempotency_key as idempotency_key,
       invoice_id is not null as is_billed
  from chunk
