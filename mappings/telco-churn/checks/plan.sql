select plan_of(product, bound_for) as source_key, null as row_number, product as product_key,
       plan_of(product, bound_for) as name, 'month' as interval, 1 as interval_count, 0 as trial_days,
       true as is_active, null as created_at
  from stated
 group by product, bound_for
