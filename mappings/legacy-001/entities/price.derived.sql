-- Prices without a row of their own: what one customer was promised (D24), and the price of a plan
-- that has no history.
with promised as (
    select distinct plan_id, custom_price_cents, currency
      from source.legacy_subscriptions
     where custom_price_cents is not null and plan_id is not null and currency is not null
)
select concat_ws(':', 'custom', promised.plan_id, promised.custom_price_cents, promised.currency) as source_key,
       promised.plan_id as plan_key,
       promised.currency,
       plan.model,
       plan.meter,
       micros_from_minor(promised.custom_price_cents, promised.currency) as unit_amount_micros,
       null as tiers,
       null::timestamptz as effective_from
  from promised
  join plans() plan on plan.id = promised.plan_id
 where plan.model in ('flat', 'per_unit')
union all
select concat('plan:', plan.id),
       plan.id,
       plan.currency,
       plan.model,
       plan.meter,
       price_terms(plan.model, plan.price_cents, plan.usage_tiers_json, plan.currency).amount,
       price_terms(plan.model, plan.price_cents, plan.usage_tiers_json, plan.currency).tiers::varchar,
       null
  from plans() plan
  anti join source.legacy_plan_prices version on version.plan_id = plan.id
