-- Which invoice each credit was spent on (D10); the amount is in the credit's currency.
with credits as (
    select id, any_value(currency) as currency, count(distinct currency) as currencies
      from source.legacy_credits
     group by id
)
select row_number,
       chunk.id as source_key,
       credit_id as credit_key,
       invoice_id as invoice_key,
       currency,
       micros_from_minor(amount_cents, currency) as amount_micros,
       unread_minor(amount_cents, currency) as unread_amount_micros,
       source_instant(written_time(applied_date)) as applied_at,
       unread_instant(written_time(applied_date)) as unread_applied_at,
       if(credits.id is null or currencies > 1, 'rejected', null) as aside_bucket,
       if(credits.id is null, 'orphan', 'ambiguous_currency') as aside_reason,
       'credit_key' as aside_field,
       credit_id::varchar as aside_value,
       if(credits.id is null,
          'the source holds no credit with this key: restore it, or correct the reference',
          'give each credit a key of its own in the source') as aside_fix
  from chunk
  left join credits on credits.id = chunk.credit_id
