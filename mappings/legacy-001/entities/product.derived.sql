-- A product is a name that plans share; a plan that names none is sold as a product of its own.
select coalesce('name:' || product_name, 'plan:' || id) as source_key,
       any_value(coalesce(product_name, plan_name)) as name,
       bool_or(is_true(is_active)) as is_active
  from source.legacy_plans
 group by all
