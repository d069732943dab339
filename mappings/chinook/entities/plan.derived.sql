-- A track is bought once.
select track_id as source_key, track_id as product_key, name,
       'once' as interval, 1 as interval_count, 0 as trial_days, true as is_active
  from source.track
