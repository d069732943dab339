-- The price beside the track. What was paid for it is on the line that sold it.
select track_id as source_key, track_id as plan_key, assumed_currency() as currency, 'per_unit' as model,
       micros_from_major(unit_price) as unit_amount_micros, unread_major(unit_price) as unread_unit_amount_micros
  from source.track
