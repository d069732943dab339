select cast(track_id as varchar) as source_key, null as row_number, cast(track_id as varchar) as plan_key,
       assumed_currency() as currency, 'per_unit' as model, null as meter, micros(unit_price) as unit_amount_micros,
       null as tiers, null as effective_from
  from source.track
