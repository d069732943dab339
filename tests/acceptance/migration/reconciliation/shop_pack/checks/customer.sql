-- Read on its own: nothing of entities/customer.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id, is_test)
         replace (case status when 'A' then 'active' when 'C' then 'closed' end as status)
  from source.s_customer
