-- name: settings
-- How instants are read, whatever the server's own zone.
set session time_zone = '+00:00';

-- name: isolation
-- A snapshot is only kept at this level.
set session transaction isolation level repeatable read;

-- name: snapshot
-- Reads one state until the connection closes; nothing can be written.
start transaction with consistent snapshot, read only;

-- name: described
-- No row: the names and types of the fields are all that is wanted.
select q.* from ({query}) q limit 0;

-- name: buckets
-- One row per bucket that holds rows: count, range of an integer key, 128-bit sum of row hashes.
-- The digest is computed once, for the first sum; the second reads what the first has kept in a variable.
select {bucket} as bucket, count(*) as row_count, min({range_key}) as low, max({range_key}) as high,
       sum({first}) as first_sum, sum({second}) as second_sum
  from ({query}) q
 where {lane}
 group by 1
 order by null;

-- name: rows
-- The rows of the buckets that differ, in order of bucket; an integer key's ranges use its index.
select {bucket} as bucket, {fields}
  from ({query}) q
 where {wanted}
 order by 1;

-- name: repeated_keys
-- Keys that more than one row has, with how many.
select {named}, count(*) as row_count
  from ({query}) q
 group by {key}
having count(*) > 1;
