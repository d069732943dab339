-- A product is a name that plans share; it is on sale while one of its plans is.
select concat('name:', product_name) as source_key, null as row_number, product_name as name,
       bool_or(cast(is_active as boolean)) as is_active
  from source.legacy_plans
 where product_name is not null
 group by product_name
