-- name: standing_credit_notes
-- Those of pg_temp.imported_credit_notes that stand, each with its invoice's customer; as many as
-- were staged. Relies on invoice_pkey.
select s.credit_note_id as entry_id, s.currency, s.amount_micros, s.tax_micros,
       s.issued_at as effective_at,
       (select i.customer_id
          from billing.invoice i
         where i.tenant_id = tenancy.current_tenant()
           and i.invoice_id = s.invoice_id) as customer_id
  from pg_temp.imported_credit_notes s
 where s.status = 'issued';

-- name: reserve_numbers
-- Set each series of numbers above the highest number used, by us or by the system before us; a few
-- rows, or one a customer. A series is what precedes the last digits of a number: INV-2024-000123 is number 123 of
-- INV-2024-, written with six digits. Reads every invoice and credit note of the tenant.
with used as (
    -- Space around a number is no part of it: EU-0000933 is taken, however it was typed.
    select 'invoice' as document, btrim(number) as number from billing.invoice where number is not null
    union all
    select 'credit_note', btrim(number) from billing.credit_note
), split as (
    select document, number, right(number, length(number) - length(rtrim(number, '0123456789'))) as tail
      from used
), parsed as (
    select document, left(number, -length(right(tail, 15))) as prefix, right(tail, 15) as digits
      from split
     where tail <> ''
), series as (
    select document, prefix, min(length(digits)) as digits, max(digits::bigint) + 1 as next_number
      from parsed
     group by document, prefix
)
insert into billing.number_series as n (tenant_id, document, prefix, digits, next_number)
select tenancy.current_tenant(), document, prefix, digits, next_number
  from series
 order by document, prefix
    on conflict (tenant_id, document, prefix) do update
   set next_number = greatest(n.next_number, excluded.next_number);
