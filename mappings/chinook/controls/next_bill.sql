-- Nothing recurs, so nobody is billed next.
select null as source_key, null as next_bill_at, null as currency, 0 as amount_micros where false
