-- name: create_source
-- A source table with its row numbers, positions in the whole table from 0: what checks and controls
-- read. One scan of all parts: a union of scans would hold a share of the memory for each of them.
create or replace view source.$table as
select file_row_number + ([$first_rows])[file_index::bigint + 1] as row_number, $columns
  from read_parquet([$files], file_row_number = true)

-- name: create_assumption
-- What somebody decided where the source is silent, as a text.
create macro assumed_$name() as $value

-- name: create_aside
-- What the load set aside, by position: the only thing taken from the load.
create table aside (
    entity varchar, row_number bigint, source_key varchar, bucket varchar, reason varchar
);

-- name: create_accepted
-- The source rows of an entity without those set aside: what controls add up.
create or replace view accepted.$entity as
select s.*
  from source.$table s
  anti join (select row_number from aside where entity = '$entity') a using (row_number)

-- name: create_read
-- The pack's own reading of an entity, once, with the raw status beside it. A derived record that was
-- set aside has no row of its own: the load numbers those below zero, and they meet by their key.
create or replace table read.$entity as
select c.* exclude (row_number), coalesce(c.row_number, d.row_number) as row_number, $status as source_status
  from ($check) c
  left join aside d on d.entity = '$entity' and d.row_number < 0 and c.row_number is null
                   and d.source_key = cast(c.source_key as varchar)
  $statuses

-- name: drop_read
-- An entity's reading is used by its own checks only.
drop table if exists read.$entity

-- name: statuses
-- Raw statuses by row.
left join (select row_number, cast($column as varchar) as raw_status from source.$table) s
       on s.row_number = c.row_number

-- name: kept
-- What should have been loaded, field by field in the types compared.
select $fields
  from read.$entity r
  anti join (select row_number from aside where entity = '$accounted') a
    on a.row_number = r.row_number

-- name: buckets
-- Rows and money of an entity by raw status, currency, origin and bucket; one row per combination.
select r.source_status, $currency as currency,
       if(r.row_number >= 0, 'source', 'derived') as origin, a.bucket,
       count(*) as row_count, coalesce(sum(try_cast($money as bigint)), 0)::hugeint as micros
  from read.$entity r
  left join (select row_number, bucket from aside where entity = '$accounted') a
    on a.row_number = r.row_number
 group by all

-- name: rejections
-- Rows of an entity and their gross money by currency, and how much of both was rejected.
select $currency as currency, count(*) as row_count,
       count(*) filter (a.bucket = 'rejected') as rejected_count,
       coalesce(sum(abs(try_cast($money as bigint)::hugeint)), 0)::hugeint as micros,
       coalesce(sum(abs(try_cast($money as bigint)::hugeint)) filter (a.bucket = 'rejected'), 0)::hugeint as rejected_micros
  from read.$entity r
  left join (select row_number, bucket from aside where entity = '$entity') a
    on a.row_number = r.row_number
 group by all
 order by currency

-- name: unread_rows
-- Rows of the source table that the check does not yield; the first few, with their number.
select s.row_number::varchar as row_number, count(*) over () as row_count
  from source.$table s
  anti join read.$entity r on r.row_number = s.row_number
 order by s.row_number limit $limit

-- name: repeated_rows
-- Rows of the source table that the check yields more than once.
select row_number::varchar as row_number, count(*) over () as row_count
  from read.$entity
 where row_number is not null
 group by row_number
having count(*) > 1
 order by row_number limit $limit

-- name: unknown_aside
-- Rows set aside that the source does not have, or without a reason.
select a.row_number::varchar as row_number, count(*) over () as row_count
  from aside a
  left join (select row_number from source.$table
             union all
             select row_number from read.$entity where row_number < 0) s on s.row_number = a.row_number
 where a.entity = '$entity' and (s.row_number is null or trim(coalesce(a.reason, '')) = '')
 order by a.row_number limit $limit

-- name: status_cells
-- Kept records by raw status and the value the check reads from it.
select k.source_status, k.$field as target_status, count(*) as row_count
  from ($kept) k
 group by all

-- name: control
-- A measure by customer, currency and part; sums of nothing are left out on both sides.
select coalesce(cast(customer_key as varchar), '') as customer_key,
       coalesce(cast(currency as varchar), '') as currency, $part as part,
       sum(cast(amount_micros as bigint))::bigint as amount_micros
  from ($control) c
 group by all
having sum(cast(amount_micros as bigint)) <> 0

-- name: next_bill
-- When each subscription is billed next, and for how much.
select cast(source_key as varchar) as source_key, cast(next_bill_at as timestamptz) as next_bill_at,
       cast(currency as varchar) as currency, cast(amount_micros as bigint) as amount_micros
  from ($control) c

-- name: totals
-- A measure by currency.
select currency, sum(amount_micros)::hugeint as micros
  from ($measured) m
 group by all
