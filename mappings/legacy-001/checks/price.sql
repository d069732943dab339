-- Tiers are written in one form: `up_to` as text (null: without end), amounts in millionths. A single
-- open tier per unit is a unit price; a package is a flat amount for each started `up_to` units.
with stated as (
    select *, case when json_valid(usage_tiers_json) then from_json(usage_tiers_json, '[{
                  "up_to": "VARCHAR", "unit_price_cents": "VARCHAR", "package_size": "VARCHAR",
                  "package_price_cents": "VARCHAR"}]') end as tiers_stated
      from sold_price
)
select price_key as source_key, row_number, cast(plan_id as varchar) as plan_key, currency, pricing_model as model,
       usage_metric as meter,
       case when tiers_stated is null then micros(price_cents, currency)
            when pricing_model = 'per_unit' then fine_micros(tiers_stated[1].unit_price_cents, currency)
       end as unit_amount_micros,
       case when pricing_model = 'per_unit' then null
            when pricing_model = 'package' then to_json(list_transform(tiers_stated, lambda tier: {
                'up_to': tier.package_size, 'flat_amount_micros': fine_micros(tier.package_price_cents, currency),
                'unit_amount_micros': 0}))
            else to_json(list_transform(tiers_stated, lambda tier: {
                'up_to': tier.up_to, 'flat_amount_micros': 0,
                'unit_amount_micros': fine_micros(tier.unit_price_cents, currency)}))
       end as tiers,
       utc(effective_from) as effective_from
  from stated
