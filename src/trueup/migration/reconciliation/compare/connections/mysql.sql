-- name: settings
-- How instants are read, whatever the server's own zone.
set session time_zone = '+00:00';

-- name: isolation
-- A snapshot is only kept at this level.
set session transaction isolation level repeatable read;

-- name: snapshot
-- Reads one state until the connection closes; nothing can be written.
start transaction with consistent snapshot, read only;

-- name: commits
-- InnoDB's counter, which every transaction that changes something advances when it begins and when
-- it commits. One row; none in MySQL. No right is needed.
show global status like 'innodb_max_trx_id';

-- name: as_stored
-- Fields are then described with the character set in which they are stored.
set session character_set_results = null;

-- name: as_asked
-- Texts come in the one character set again.
set session character_set_results = utf8mb4;

-- name: described
-- No row: the names and types of the fields are all that is wanted.
select q.* from ({query}) q limit 0;

-- name: ends
-- One row: the least and the greatest key.
select min({key}) as low, max({key}) as high from ({query}) q;

-- name: ends_explained
-- How `ends` would be answered, without running it. "Select tables optimized away": from an index.
explain select min({key}) as low, max({key}) as high from ({query}) q;

-- name: buckets
-- One row per bucket that holds rows: count, range of an integer key, numbers made of row hashes.
-- The digest is computed once, for the first number; the others read what it has kept in a variable.
select {bucket} as bucket, count(*) as row_count, min({range_key}) as low, max({range_key}) as high,
       {sums}
  from ({query}) q
 where {share}
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
