-- name: open_parts
-- The source rows of one part or of all, numbered by their position in the snapshot's table.
create or replace temp view chunk as $parts;

-- name: open_nothing
-- Derived records read the source's tables alone.
create or replace temp view chunk as select 0 as row_number where false;

-- name: observed_values
-- Values of a mapped column that its map does not know, and how many rows hold each.
with observed as (
    select coalesce(cast($column as varchar), '(null)') as value, count(*) as row_count
      from source.$table
     group by all
)
select value, row_count from observed
 where not list_contains($known, value)
 order by row_count desc, value;

-- name: open_doubts
-- Where fingerprints that repeat are kept while their rows are looked for.
create or replace temp table doubtful (fingerprint ubigint);

-- name: doubt
-- Fingerprints of values that more than one row has, or of two that happen to share one; one share of
-- them at a time, so that they fit in memory at any size.
insert into doubtful
with mapped as not materialized ($mapped
), printed as (
    select hash(cast($field as varchar)) as fingerprint from mapped where $field is not null
)
select fingerprint from printed
 where fingerprint % $shares = $share
 group by all having count(*) > 1;

-- name: note_doubtful_rows
-- Where the rows lie whose values are in doubt.
create or replace temp table doubtful_row as
with mapped as not materialized ($mapped
)
select row_number from mapped semi join doubtful on fingerprint = hash(cast($field as varchar));

-- name: open_doubtful_rows
-- Only those rows: to map a whole table for a few repeats would cost as much as to load it.
create or replace temp view chunk as
select * from ($parts) as part semi join doubtful_row using (row_number);

-- name: find_repeated_keys
-- Rows whose key an earlier row has: the same record again, or another record under its key.
insert into repeated.$entity
with mapped as not materialized ($mapped
), digested as (
    select row_number, source_key, $digest as digest from mapped semi join doubtful on fingerprint = hash(source_key)
), first_of as (
    select source_key, min(row_number) as row_number, arg_min(digest, row_number) as digest
      from digested group by source_key
)
select d.row_number, '$field', d.source_key, d.source_key, d.digest = f.digest
  from digested d join first_of f using (source_key)
 where d.row_number <> f.row_number;

-- name: find_repeated_values
-- Rows whose unique value an earlier row has; rows set aside by the pack or as repeats do not count.
insert into repeated.$entity
with mapped as not materialized ($mapped
), counted as (
    select m.row_number, m.source_key, cast(m.$field as varchar) as value, $digest as digest
      from mapped m
      semi join doubtful d on d.fingerprint = hash(cast(m.$field as varchar))
      anti join repeated.$entity r on r.row_number = m.row_number
     where m.aside_bucket is null
), first_of as (
    select value, min(row_number) as row_number, arg_min(source_key, row_number) as source_key,
           arg_min(digest, row_number) as digest
      from counted group by value
)
select c.row_number, '$field', c.value, f.source_key, coalesce(c.digest = f.digest, false)
  from counted c join first_of f using (value)
 where c.row_number <> f.row_number;

-- name: judge
-- Each record of the chunk with its id, its references resolved, and the number of the first rule
-- that sets it aside; 0 loads it.
create or replace temp table judged as
with mapped as materialized ($mapped
), typed as (
    select row_number, source_key, aside_bucket, aside_reason, aside_field, aside_value, aside_fix,
           aside_owner, aside_survivor, $typed
      from mapped
)
select m.*, $resolved $source_status as source_status,
       imported_id('$entity', m.source_key) as target_id,
       repeated_field, first_key,
       case $rules else 0 end as rule
  from typed m
  left join (select row_number as repeated_row, any_value(field) as repeated_field,
                    any_value(first_key) as first_key, any_value(is_same) as repeats_exactly
               from repeated.$entity group by row_number) on repeated_row = m.row_number
  $joins;

-- name: set_aside
-- The records that do not become target rows, each with its reason and what to do.
create or replace temp table aside as
select row_number, source_key,
       case rule when 1 then aside_bucket $buckets end as bucket,
       case rule when 1 then aside_reason $reasons end as reason,
       case rule when 1 then aside_field $fields end as field,
       case rule when 1 then aside_value $values end as value,
       case rule when 1 then aside_fix $fixes end as fix,
       case rule when 1 then aside_owner $owners end as owner,
       case rule when 1 then aside_survivor $survivors end as survivor_key,
       source_status, $currency as currency, $money as amount_micros
  from judged
 where rule <> 0;

-- name: outcome
-- What became of the chunk's records, for those that refer to them; a repeat adds nothing to its first.
create or replace temp table outcome as
select source_key, 'loaded' as bucket, target_id, $currency as currency,
       cast(null as varchar) as owner, cast(null as varchar) as survivor_key
  from judged where rule = 0
union all
select source_key, bucket, null, currency, owner, survivor_key
  from aside
 where source_key is not null and reason not in ('exact_duplicate', 'duplicate_key');

-- name: remember
-- Keep what became of the chunk's records.
insert into known.$entity
select source_key, bucket, target_id, currency, owner, survivor_key from outcome;

-- name: forget_chunk
-- Leave no chunk in memory while it is written and the next is mapped; what became of it stays.
drop table if exists temp.judged;
drop table if exists temp.aside;

-- name: resolve_merged
-- A merged record stands for its survivor; run until it changes nothing, as survivors merge too.
update known.$entity as merged
   set bucket = survivor.bucket, target_id = survivor.target_id,
       currency = survivor.currency, owner = survivor.owner
  from known.$entity as survivor
 where merged.bucket = 'merged'
   and survivor.source_key = merged.survivor_key
   and survivor.bucket <> 'merged';

-- name: own_references
-- Who refers to whom inside one kind of record.
create or replace table own.$entity as
select source_key, $field as parent_key from judged where rule = 0 and $field is not null;

-- name: cascade
-- Sets aside the records whose parent is missing or set aside; run until it changes nothing.
update known.$entity as child
   set bucket = fallen.bucket, owner = fallen.owner
  from (select o.source_key, any_value(p.owner) as owner,
               any_value(case p.bucket when 'excluded' then 'excluded' else 'rejected' end) as bucket
          from own.$entity o
          left join known.$entity p on p.source_key = o.parent_key
         where p.source_key is null or p.bucket in ('excluded', 'rejected')
         group by o.source_key) as fallen
 where child.source_key = fallen.source_key and child.bucket = 'loaded';

-- name: find_loops
-- Records whose chain of parents never ends: it comes back to where it began.
insert into repeated.$entity
with recursive grounded as (
    select source_key from known.$entity
     where source_key not in (select source_key from own.$entity)
    union
    select o.source_key from own.$entity o join grounded g on g.source_key = o.parent_key
)
select j.row_number, '$field', o.parent_key, null, false
  from own.$entity o
  join judged j using (source_key)
  join known.$entity k using (source_key)
 where j.rule = 0 and k.bucket = 'loaded' and source_key not in (select source_key from grounded);

-- name: reject_loops
-- Records in a loop are not there for those that refer to them.
update known.$entity as k
   set bucket = 'rejected'
  from (select j.source_key from repeated.$entity r join judged j using (row_number)
         where r.field = '$field') as looped
 where k.source_key = looped.source_key;

-- name: export_records
-- The records to load, in the order of their ids: neighbours in the target's index arrive together.
select target_id as $id, $columns from judged where rule = 0 order by target_id;

-- name: export_children
-- The records inside the records to load, each with its position from 1.
with spread as (
    select source_key, target_id, unnest($child) as child, generate_subscripts($child, 1) as position
      from judged where rule = 0
)
select target_id as $id, position, $columns from spread $joins order by target_id, position;

-- name: export_crosswalk
-- Source key and target id of the records to load.
select '$entity' as entity, source_key, target_id, source_status from judged where rule = 0 order by target_id;

-- name: export_set_aside
-- The records set aside, with their reasons.
select '$entity' as entity, row_number, source_key, bucket, reason, field, value, fix, owner,
       survivor_key, source_status, currency, amount_micros
  from aside order by row_number;

-- name: export_links
-- Loaded records that refer to their own kind, to be linked when all of them are there.
select child.target_id as $id, parent.target_id as $column
  from own.$entity o
  join known.$entity child on child.source_key = o.source_key and child.bucket = 'loaded'
  join known.$entity parent on parent.source_key = o.parent_key and parent.bucket = 'loaded'
   and parent.target_id <> child.target_id
 order by child.target_id;

-- name: count_judged
-- Judged records, their distinct rows and their distinct keys.
select count(*), count(distinct row_number), count(distinct source_key) from judged;

-- name: map_macro
-- The target value of a source value; the map is checked to be total before anything is loaded.
create or replace temp macro $map(value) as case coalesce(cast(value as varchar), '(null)') $arms end;

-- name: assumption_macro
-- What somebody decided where the source is silent, as a text.
create or replace temp macro assumed_$name() as $value;

-- name: piece_mapped
-- Piece: the pack's statement with every saying in place and only the record's own columns.
select $number as row_number, cast(source_key as varchar) as source_key, $columns
  from (
$statement
)

-- name: piece_part
-- Piece: the rows of one part, numbered from $first_row.
select $columns, file_row_number + $first_row as row_number
  from read_parquet($file, file_row_number = true)

-- name: piece_parts
-- Piece: the rows of all parts, each part numbered from its first row.
select $columns, file_row_number + first_row as row_number
  from read_parquet([$files], file_row_number = true, filename = true)
  join (values $first_rows) as part(part_file, first_row) on part_file = filename

-- name: piece_known
-- Piece: what became of the records of the entity that $to refers to, under names of its own.
(select source_key as ${to}_key, bucket as ${to}_bucket, target_id as ${to}_id,
        currency as ${to}_currency, owner as ${to}_owner
   from known.$entity)

-- name: piece_status
-- Piece: the status of each row as the source writes it.
left join (select row_number as status_row, cast($status as varchar) as raw_status from chunk)
       on status_row = m.row_number

-- name: piece_lost
-- Piece: records with a child that refers to nothing loaded.
left join (
    select row_number as ${lost}_row, any_value(child.$field) as $lost
      from (select row_number, unnest($child) as child from typed)
      anti join (select source_key from known.$entity where bucket = 'loaded') loaded
             on loaded.source_key = child.$field
     where child.$field is not null
     group by row_number
) on ${lost}_row = m.row_number
