-- What the probes left in `offender`, counted.

-- name: keep
-- The rows a probe finds become offenders.
insert into offender (probe, table_number, severity, row_number, key, shown, currency, micros)
select {{probe}}, {{table_number}}, {{severity}}, row_number, key, shown, currency, micros
  from ({{query}}) as found;

-- name: sums
-- One line per currency; null: rows whose currency is unknown or that carry no amount.
select currency, count(*) as rows, cast(sum(abs(micros)) as varchar) as micros,
       count(*) filter (row_number is not null) as named
  from offender
 where probe = {{probe}}
 group by currency
 order by currency;

-- name: examples
-- As many different values as there are places, each by its first row.
select row_number, key, shown
  from offender
 where probe = {{probe}}
 order by row_number() over (partition by shown order by row_number), row_number, shown
 limit {{limit}};

-- name: rows_by_severity
-- Distinct rows of the snapshot that at least one probe of a severity names.
select severity, count(*) as rows
  from (select distinct severity, table_number, row_number from offender
         where row_number is not null)
 group by severity;

-- name: money_by_severity
-- Each row once, at the largest amount any finding gives it.
select severity, currency, cast(sum(micros) as varchar) as micros
  from (select severity, table_number, row_number, currency, max(abs(micros)) as micros
          from offender
         where row_number is not null and currency is not null and micros is not null
         group by all)
 group by severity, currency
having sum(micros) > 0
 order by severity, currency;
