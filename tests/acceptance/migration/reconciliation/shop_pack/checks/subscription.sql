-- Read on its own: nothing of entities/subscription.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id, price_key, quantity)
  from source.s_subscription
