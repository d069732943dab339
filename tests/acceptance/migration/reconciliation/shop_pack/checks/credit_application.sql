-- Read on its own: nothing of entities/credit_application.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id, currency)
  from source.s_credit_application
