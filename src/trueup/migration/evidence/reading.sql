-- What the report reads from the source's side, in DuckDB.

-- name: billed_months
-- Totals of issued documents by month (UTC) and currency, as the pack's own check reads them.
select strftime(issued_at at time zone 'UTC', '%Y-%m') as month, currency,
       cast(sum(total_micros) as varchar) as micros
  from ($kept)
 where status in ('open', 'paid', 'uncollectible') and issued_at is not null
 group by 1, 2
 order by 2, 1
