select id || '#1' as source_key, row_number, 1 as position,
       concat('Charges until ', assumed_taken_on(), ', carried over') as description, 1 as quantity,
       lifetime_micros as unit_amount_micros, lifetime_micros as amount_micros, 0 as tax_micros, null as tax_rate,
       null as period_start, null as period_end, null as product_key
  from stated
