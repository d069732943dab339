-- Lines are parsed, amounts are in the currency's own steps, times have their zone (D30, D32). A missing
-- discount or tax is none: the sum of the header proves it, or the invoice is refused.
with parsed as (
    select *, micros_per_step(currency) as step,
           try(from_json(line_items_json, '[{"description": "VARCHAR", "quantity": "VARCHAR",
               "unit_price_cents": "VARCHAR", "amount_cents": "VARCHAR", "tax_cents": "VARCHAR",
               "tax_rate": "VARCHAR", "period_start": "VARCHAR", "period_end": "VARCHAR"}]')) as lines
      from chunk
), read as (
    -- Numbers are taken from the JSON as text: taken as whole numbers, fractions would be cut off.
    select *, list_transform(lines, lambda line: {
               'description': line.description,
               'quantity': exact_quantity(line.quantity),
               'unit_amount_micros': scaled(line.unit_price_cents, step),
               'amount_micros': scaled(line.amount_cents, step),
               'tax_micros': scaled(line.tax_cents, step),
               'tax_rate': exact_quantity(line.tax_rate),
               'period_start': source_instant(line.period_start),
               'period_end': source_instant(line.period_end)}) as line_items
      from parsed
), checked as (
    -- Few lines have a gap; only those are looked at twice, for a number that is there but not exact.
    select *, case when len(list_filter(line_items, lambda line: line.quantity is null
                       or line.tax_rate is null or line.unit_amount_micros is null)) > 0
                   then list_filter(lines, lambda line: unread_quantity(line.quantity) is not null
                       or unread_quantity(line.tax_rate) is not null
                       or unread_minor(line.unit_price_cents, currency) is not null)[1]
              end as unread_line
      from read
)
select row_number,
       id as source_key,
       customer_id as customer_key,
       subscription_id as subscription_key,
       invoice_number as number,
       invoice_status(status) as status,
       currency,
       micros_from_minor(subtotal_cents, currency) as subtotal_micros,
       unread_minor(subtotal_cents, currency) as unread_subtotal_micros,
       if(discount_cents is null, 0, micros_from_minor(discount_cents, currency)) as discount_micros,
       unread_minor(discount_cents, currency) as unread_discount_micros,
       if(tax_amount_cents is null, 0, micros_from_minor(tax_amount_cents, currency)) as tax_micros,
       unread_minor(tax_amount_cents, currency) as unread_tax_micros,
       micros_from_minor(total_amount_cents, currency) as total_micros,
       unread_minor(total_amount_cents, currency) as unread_total_micros,
       micros_from_minor(paid_amount_cents, currency) as paid_micros,
       unread_minor(paid_amount_cents, currency) as unread_paid_micros,
       micros_from_minor(credited_amount_cents, currency) as credited_micros,
       unread_minor(credited_amount_cents, currency) as unread_credited_micros,
       source_instant(written_time(issued_date)) as issued_at,
       unread_instant(written_time(issued_date)) as unread_issued_at,
       source_instant(written_time(due_date)) as due_at,
       unread_instant(written_time(due_date)) as unread_due_at,
       source_instant(written_time(paid_date)) as paid_at,
       unread_instant(written_time(paid_date)) as unread_paid_at,
       source_instant(written_time(voided_date)) as voided_at,
       unread_instant(written_time(voided_date)) as unread_voided_at,
       source_instant(written_time(period_start)) as period_start,
       unread_instant(written_time(period_start)) as unread_period_start,
       source_instant(written_time(period_end)) as period_end,
       unread_instant(written_time(period_end)) as unread_period_end,
       line_items,
       if((lines is null and line_items_json is not null) or unread_line is not null, 'rejected', null)
           as aside_bucket,
       if(unread_line is null, 'unreadable_json', 'unreadable_line') as aside_reason,
       'line_items' as aside_field,
       if(unread_line is null, left(line_items_json, 200), unread_line::varchar) as aside_value,
       'give the lines as a list of JSON objects, each number exact' as aside_fix
  from checked
