-- The table says no currency: an application is in its credit's.
select cast(a.id as varchar) as source_key, a.row_number, cast(a.credit_id as varchar) as credit_key,
       cast(a.invoice_id as varchar) as invoice_key, micros(a.amount_cents, c.currency) as amount_micros,
       utc(a.applied_date) as applied_at
  from source.legacy_credit_applications a
  left join (select id, first(currency order by row_number) as currency from source.legacy_credits group by id) c
         on c.id = a.credit_id
