-- What the report reads from the target, beside what was reconciled.

-- name: set_aside_groups
-- Rows that became no record of their own, by reason, field and currency, with the first keys of each
-- and what to do about the first: the fixes of one reason differ by the record that they name.
select s.bucket, s.entity, s.reason, coalesce(s.field, '') as field, coalesce(s.owner, '') as owner,
       (array_agg(coalesce(s.fix, '') order by s.row_number))[1] as fix,
       s.currency, count(*) as row_count, sum(s.amount_micros)::text as micros,
       (array_agg(coalesce(s.source_key, 'row ' || s.row_number) order by s.row_number))[1:3] as keys
  from migration.set_aside s
 where s.load_id = %(load_id)s
 group by s.bucket, s.entity, s.reason, s.field, s.owner, s.currency
 order by s.bucket desc, s.entity, s.reason, s.field, s.owner, s.currency;

-- name: tables_set_aside
-- Source tables of which nothing was loaded, a row a table.
select t.bucket, t.source_table, t.reason, coalesce(t.owner, '') as owner, t.row_count
  from migration.table_set_aside t
 where t.load_id = %(load_id)s
 order by t.bucket desc, t.source_table;

-- name: aside_rows
-- The rows set aside, as the source's reading wants them.
select entity, row_number, source_key, bucket, reason
  from migration.set_aside
 where load_id = %(load_id)s;

-- name: billed_months
-- Totals of issued documents of one load by month (UTC) and currency.
select to_char(i.issued_at at time zone 'UTC', 'YYYY-MM') as month, i.currency,
       sum(i.total_micros)::text as micros
  from billing.invoice i
  join migration.crosswalk c
    on c.tenant_id = i.tenant_id and c.target_id = i.invoice_id and c.entity = 'invoice'
 where c.load_id = %(load_id)s
   and i.status in ('open', 'paid', 'uncollectible') and i.issued_at is not null
 group by 1, 2
 order by 2, 1;
