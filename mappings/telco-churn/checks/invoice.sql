select id as source_key, row_number, id as customer_key, id as subscription_key, concat('OPENING-', id) as number,
       'paid' as status, assumed_currency() as currency, lifetime_micros as subtotal_micros, 0 as discount_micros,
       0 as tax_micros, lifetime_micros as total_micros, lifetime_micros as paid_micros, 0 as credited_micros,
       export_at as issued_at, export_at as due_at, export_at as paid_at, null as voided_at,
       came_at as period_start, export_at as period_end
  from stated
