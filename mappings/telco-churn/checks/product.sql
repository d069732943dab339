select product as source_key, null as row_number, product as name, true as is_active
  from stated
 group by product
