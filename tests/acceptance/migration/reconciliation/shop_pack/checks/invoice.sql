-- Read on its own: nothing of entities/invoice.sql is used.
select id as source_key, row_number,
       * exclude (row_number, id)
         replace (case status when 'D' then 'draft' when 'O' then 'open' when 'P' then 'paid'
                            when 'V' then 'void' when 'U' then 'uncollectible' end as status)
  from source.s_invoice
