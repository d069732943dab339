-- name: snapshot
-- First statement of the transaction: all that follows reads one state, and nothing can be written.
set transaction isolation level repeatable read, read only;

-- name: dates
-- How dates are written as text, whatever the server's own default.
set local datestyle = 'ISO, YMD';

-- name: floats
-- Floats are written in full.
set local extra_float_digits = 1;

-- name: compilation
-- Two statements are no work to compile for.
set local jit = off;

-- name: version
-- One row: 180006 is 18.6.
select current_setting('server_version_num') as version;

-- name: memory
-- In our own database: joins of a million records with their crosswalk stay in memory.
set local work_mem = '64MB';

-- name: described
-- No row: the names of the fields are all that is wanted.
select q.* from ({query}) q limit 0;

-- name: typed
-- One row, without running the query: the type of each of its fields.
select {types} from (select 1) one left join ({query}) q on false;

-- name: buckets
-- One row per bucket that holds rows: count, range of an integer key, numbers made of row hashes.
-- `offset 0` keeps the row's digest from being computed twice.
select r.bucket, count(*) as row_count, min(r.key) as low, max(r.key) as high,
       {sums}
  from (select {bucket} as bucket, {range_key} as key, {digest} as digest
          from ({query}) q
         where {share}
        offset 0) r
 group by r.bucket;

-- name: buckets_of_checksums
-- The same of checksums, each of which is computed once though numbers are made of it twice.
select r.bucket, count(*) as row_count, min(r.key) as low, max(r.key) as high,
       {sums}
  from (select t.bucket, t.key, crc32(t.digest) as first, crc32c(t.digest) as second
          from (select {bucket} as bucket, {range_key} as key, {digest} as digest
                  from ({query}) q
                 where {share}
                offset 0) t
        offset 0) r
 group by r.bucket;

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
