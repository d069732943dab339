-- What is read from the snapshot beside the pack's control of next bills. Names in $ are quoted by the reader.

-- name: aside_rows
-- Which subscription, or else customer, each row set aside hangs on, by the source's keys.
select a.entity, cast($subscription as varchar) as subscription_key, cast($customer as varchar) as customer_key
  from aside a
  join source.$table t on t.row_number = a.row_number
 where a.entity = '$entity'
 order by a.row_number

-- name: next_bills
-- What the control says; when, in microseconds since 1970.
select source_key, epoch_us(next_bill_at) as at_us, currency, amount_micros
  from ($bills) b
