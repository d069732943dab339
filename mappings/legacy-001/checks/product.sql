-- A product is a name that plans share; it is on sale while one of its plans is.
select product_of(product_name, id) as source_key, null as row_number,
       any_value(coalesce(product_name, plan_name)) as name, bool_or(cast(is_active as boolean)) as is_active
  from source.legacy_plans
 group by product_of(product_name, id)
