-- Tiers are written in one form: `up_to` as text (null: without end), amounts in millionths.
select price_key as source_key, row_number, cast(plan_id as varchar) as plan_key, currency, model, meter,
       unit_amount_micros, to_json(tiers) as tiers, utc(effective_from) as effective_from
  from sold_price
