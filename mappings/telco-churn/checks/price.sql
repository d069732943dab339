select price_of(product, bound_for, monthly_text) as source_key, null as row_number,
       plan_of(product, bound_for) as plan_key, assumed_currency() as currency, 'flat' as model, null as meter,
       any_value(monthly_micros) as unit_amount_micros, null as tiers, null as effective_from
  from stated
 group by product, bound_for, monthly_text
