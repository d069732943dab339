-- Read on its own: nothing of entities/line_item.sql is used.
select invoice_key || '#' || position as source_key, row_number,
       * exclude (row_number, id, invoice_key, currency)
  from source.s_line
