-- A line's place is how many lines of its invoice are not after it.
select concat(l.invoice_id, '#', count(*)) as source_key, any_value(l.row_number) as row_number, count(*) as position,
       any_value(t.name || ', ' || r.name || ', ' || a.title) as description, any_value(l.quantity) as quantity,
       any_value(micros(l.unit_price)) as unit_amount_micros, any_value(micros(l.unit_price) * l.quantity) as amount_micros,
       0 as tax_micros, null as tax_rate, null as period_start, null as period_end,
       any_value(cast(l.track_id as varchar)) as product_key
  from source.invoice_line l
  join source.invoice_line earlier on earlier.invoice_id = l.invoice_id and earlier.invoice_line_id <= l.invoice_line_id
  left join source.track t on t.track_id = l.track_id
  left join source.album a on a.album_id = t.album_id
  left join source.artist r on r.artist_id = a.artist_id
 group by l.invoice_id, l.invoice_line_id
