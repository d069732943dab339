-- One document for all that was ever charged: it differs from tenure times price for nine customers of
-- ten, so months cannot be told apart. Where the total is blank, nothing was charged yet.
with read as (
    select *, micros_from_major(total_charges) as charged_micros,
           'Charges until ' || assumed_taken_on() || ', carried over' as description
      from chunk
)
select row_number,
       customer_id as source_key,
       customer_id as customer_key,
       customer_id as subscription_key,
       'OPENING-' || customer_id as number,
       'paid' as status,
       assumed_currency() as currency,
       charged_micros as subtotal_micros,
       0 as discount_micros,
       0 as tax_micros,
       charged_micros as total_micros,
       unread_major(total_charges) as unread_total_micros,
       charged_micros as paid_micros,
       0 as credited_micros,
       source_instant(taken_on()) as issued_at,
       source_instant(taken_on()) as due_at,
       source_instant(taken_on()) as paid_at,
       joined_at(tenure) as period_start,
       source_instant(taken_on()) as period_end,
       [{'description': description, 'quantity': 1, 'unit_amount_micros': charged_micros,
         'amount_micros': charged_micros, 'tax_micros': 0}] as line_items,
       if(total_charges = ' ', 'excluded', null) as aside_bucket,
       'nothing_charged_yet' as aside_reason,
       'total_charges' as aside_field,
       total_charges as aside_value,
       'finance' as aside_owner
  from read
