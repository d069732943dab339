-- Read on its own: nothing of entities/usage_event.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id)
  from source.s_usage_event
