select cast(id as varchar) as source_key, row_number, product_of(product_name, id) as product_key, plan_name as name,
       case when billing_interval in ('day', 'week', 'month', 'quarter', 'year') then billing_interval end as interval,
       interval_count, coalesce(try_cast(trial_period_days as bigint), 0) as trial_days, cast(is_active as boolean) as is_active,
       utc(created_date) as created_at
  from source.legacy_plans
