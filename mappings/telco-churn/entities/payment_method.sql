-- How a customer pays, without any token: nobody can be charged by it before it is given anew.
select row_number,
       customer_id as source_key,
       customer_id as customer_key,
       payment_method_kind(payment_method) as kind,
       true as is_default,
       'active' as status
  from chunk
