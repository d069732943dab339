-- The record as the shop keeps it.
select row_number, id as source_key,
       * exclude (row_number, id, is_test) replace (customer_status(status) as status),
       if(is_test, 'excluded', null) as aside_bucket, 'test_customer' as aside_reason, 'support' as aside_owner
  from chunk
