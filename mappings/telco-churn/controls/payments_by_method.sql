-- The file records no payments: none may have been made up.
select null as customer_key, null as currency, 0 as amount_micros where false
