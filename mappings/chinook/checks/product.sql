select cast(track_id as varchar) as source_key, row_number, name, true as is_active
  from source.track
