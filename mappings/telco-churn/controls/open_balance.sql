-- Nobody is stated to owe anything.
select null as customer_key, null as currency, 0 as amount_micros where false
