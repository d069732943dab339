select cast(track_id as varchar) as source_key, null as row_number, cast(track_id as varchar) as product_key, name,
       'once' as interval, 1 as interval_count, 0 as trial_days, true as is_active, null as created_at
  from source.track
