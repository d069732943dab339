-- The lines inside an invoice, in their order. Text that is no JSON yields one line without anything:
-- an invoice that was loaded without the lines it cannot show is then a break.
with parsed as (
    select id, row_number, currency,
           case when json_valid(line_items_json) then from_json(line_items_json, '[{
               "description": "VARCHAR", "quantity": "VARCHAR", "unit_price_cents": "VARCHAR", "amount_cents": "BIGINT",
               "tax_cents": "BIGINT", "tax_rate": "VARCHAR", "period_start": "VARCHAR", "period_end": "VARCHAR"}]')
                when line_items_json <> '' then [null] end as lines
      from source.legacy_invoices
), numbered as (
    select id, row_number, currency, unnest(lines) as line, generate_subscripts(lines, 1) as position
      from parsed
)
select concat(id, '#', position) as source_key, row_number, position, line.description, exact(line.quantity) as quantity,
       fine_micros(line.unit_price_cents, currency) as unit_amount_micros,
       micros(line.amount_cents, currency) as amount_micros, micros(line.tax_cents, currency) as tax_micros,
       exact(line.tax_rate) as tax_rate, utc(line.period_start) as period_start, utc(line.period_end) as period_end,
       cast(null as varchar) as product_key
  from numbered
