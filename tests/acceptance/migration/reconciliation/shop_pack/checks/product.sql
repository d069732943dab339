-- Read on its own: nothing of entities/product.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id)
  from source.s_product
