-- The record as the shop keeps it.
select row_number, id as source_key,
       * exclude (row_number, id)
  from chunk
