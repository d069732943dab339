select cast(p.id as varchar) as source_key, p.row_number,
       cast(coalesce(s.survivor_id, p.customer_id) as varchar) as customer_key,
       cast(p.subscription_id as varchar) as subscription_key, p.description, p.currency,
       micros(p.amount_cents, p.currency) as amount_micros, utc(p.created_date) as occurred_at
  from source.legacy_pending_items p
  left join survivor s on s.merged_id = p.customer_id
