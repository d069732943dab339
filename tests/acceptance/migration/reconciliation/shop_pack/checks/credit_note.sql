-- Read on its own: nothing of entities/credit_note.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id)
  from source.s_credit_note
