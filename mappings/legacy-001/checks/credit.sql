select cast(c.id as varchar) as source_key, c.row_number,
       cast(coalesce(s.survivor_id, c.customer_id) as varchar) as customer_key, c.currency,
       micros(c.amount_cents, c.currency) as original_micros, micros(c.remaining_balance_cents, c.currency) as remaining_micros,
       c.reason, c.priority, utc(c.created_date) as granted_at, utc(c.expires_date) as expires_at
  from source.legacy_credits c
  left join survivor s on s.merged_id = c.customer_id
