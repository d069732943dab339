-- Interval and its count as the source has them (D25).
select row_number,
       id as source_key,
       coalesce('name:' || product_name, 'plan:' || id) as product_key,
       plan_name as name,
       plan_interval(billing_interval) as interval,
       interval_count,
       coalesce(trial_period_days::varchar, '0') as trial_days,
       is_active,
       source_instant(written_time(created_date)) as created_at,
       unread_instant(written_time(created_date)) as unread_created_at
  from chunk
