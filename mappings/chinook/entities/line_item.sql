select row_number,
       chunk.invoice_line_id as source_key,
       invoice_id as invoice_key,
       assumed_currency() as currency,
       position,
       title as description,
       exact_quantity(quantity) as quantity,
       micros_from_major(unit_price) as unit_amount_micros,
       micros_from_major(unit_price) * quantity as amount_micros,
       unread_major(unit_price) as unread_amount_micros,
       0 as tax_micros,
       chunk.track_id as product_key
  from chunk
  join positions() place on place.invoice_line_id = chunk.invoice_line_id
  left join track_titles() sold on sold.track_id = chunk.track_id
