-- The record as the shop keeps it.
select row_number, id as source_key,
       * exclude (row_number, id, price_key, quantity),
       [{'price_key': price_key, 'quantity': quantity}] as items
  from chunk
