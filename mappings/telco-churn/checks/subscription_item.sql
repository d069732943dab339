select id || '#1' as source_key, row_number, 1 as position,
       price_of(product, bound_for, monthly_text) as price_key, 1 as quantity
  from stated
