-- What an invoice names is billed; the rest waits for one.
select cast(id as varchar) as source_key, row_number, cast(subscription_id as varchar) as subscription_key,
       metric_name as meter, exact(quantity) as quantity, utc(recorded_at) as occurred_at,
       'legacy:' || idempotency_key as idempotency_key, invoice_id is not null as is_billed
  from source.legacy_usage_records
