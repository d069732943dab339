-- A sale over the counter: the source records neither a due date nor a payment, so an invoice is paid
-- when it is issued; the ledger shows the money as an opening settlement. No tax, no discount. Its
-- number is its id. The address on it has no place in the target and must be the customer's.
with sold as (
    select invoice_id, sum(micros_from_major(unit_price) * quantity) as micros
      from source.invoice_line
     group by invoice_id
), read as (
    select chunk.*, micros_from_major(total) as total_micros, sold.micros as sold_micros,
           source_instant(invoice_date) as issued_at,
           customer.customer_id is not null
               and (billing_address, billing_city, billing_state, billing_country, billing_postal_code)
                   is distinct from (address, city, state, country, postal_code) as has_own_address
      from chunk
      left join sold on sold.invoice_id = chunk.invoice_id
      left join source.customer customer on customer.customer_id = chunk.customer_id
)
select row_number,
       invoice_id as source_key,
       customer_id as customer_key,
       invoice_id as number,
       'paid' as status,
       assumed_currency() as currency,
       total_micros as subtotal_micros,
       0 as discount_micros,
       0 as tax_micros,
       total_micros,
       unread_major(total) as unread_total_micros,
       total_micros as paid_micros,
       0 as credited_micros,
       issued_at,
       issued_at as due_at,
       issued_at as paid_at,
       case when sold_micros is distinct from total_micros or has_own_address then 'rejected' end as aside_bucket,
       if(has_own_address, 'address_differs', 'lines_do_not_add_up') as aside_reason,
       if(has_own_address, 'billing_address', 'total') as aside_field,
       if(has_own_address, billing_address, total::varchar) as aside_value,
       if(has_own_address, 'the target prints the customer''s address: correct the one that is wrong',
          'correct the lines or the total: the lines sum to the total') as aside_fix
  from read
