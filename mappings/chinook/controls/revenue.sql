-- The source records no payment: the target must not have made any.
select null as customer_key, null as currency, 0 as amount_micros where false
