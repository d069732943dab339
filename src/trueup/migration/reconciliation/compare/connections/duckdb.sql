-- name: described
-- Names and types of the fields, without running the query.
describe select q.* from ({query}) q;

-- name: buckets
-- One row per bucket that holds rows: count, range of an integer key, numbers made of row hashes.
-- DuckDB reads the digest's eight bytes from the other end than the servers print them, so the
-- bytes of each half are turned round, in pairs, then fours, then eights.
with hashed as (
    select {bucket} as bucket, {range_key} as key, md5_number({digest_text}) as digest
      from ({query}) q
     where {share}
), halves as (
    select bucket, key, (digest & 18446744073709551615::uhugeint)::ubigint as first_half,
           (digest >> 64)::ubigint as second_half
      from hashed
), pairs as (
    select bucket, key,
           ((first_half & 71777214294589695) << 8) | ((first_half >> 8) & 71777214294589695) as first_half,
           ((second_half & 71777214294589695) << 8) | ((second_half >> 8) & 71777214294589695) as second_half
      from halves
), fours as (
    select bucket, key,
           ((first_half & 281470681808895) << 16) | ((first_half >> 16) & 281470681808895) as first_half,
           ((second_half & 281470681808895) << 16) | ((second_half >> 16) & 281470681808895) as second_half
      from pairs
), turned as (
    select bucket, key,
           ((first_half & 4294967295) << 32) | (first_half >> 32) as first_half,
           ((second_half & 4294967295) << 32) | (second_half >> 32) as second_half
      from fours
)
select bucket, count(*) as row_count, min(key) as low, max(key) as high,
       sum(first_half)::varchar as first_sum, sum(second_half)::varchar as second_sum
  from turned
 group by bucket;

-- name: rows
-- The rows of the buckets that differ, in order of bucket.
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
