-- name: position
-- Where the transaction stands: the exact set of visible transactions, and the place in the log
-- from which a later catch-up may start. One row.
select pg_current_snapshot()::text as visible,
       case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
            else pg_current_wal_lsn() end::text as lsn,
       current_setting('server_version') as version,
       coalesce(current_schema(), '') as schema;

-- name: columns
-- Every column of every ordinary or partitioned table in the current schema, domains resolved to
-- what they hold; partitions are read through their parent. One row a column, in table order.
with recursive resolved as (
    select a.attrelid, a.attnum, a.atttypid as type, a.atttypmod as modifier
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_class c on c.oid = a.attrelid
     where c.relnamespace = (select oid from pg_catalog.pg_namespace
                              where nspname = current_schema())
       and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped
    union all
    select r.attrelid, r.attnum, t.typbasetype,
           case when t.typtypmod = -1 then r.modifier else t.typtypmod end
      from resolved r
      join pg_catalog.pg_type t on t.oid = r.type
     where t.typtype = 'd'
)
select c.relname::text as table_name,
       c.relkind = 'p' as is_partitioned,
       a.attname::text as column_name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as source_type,
       not a.attnotnull as is_nullable,
       pg_catalog.format_type(r.type, r.modifier) as held_type,
       t.typtype = 'c' or t.typcategory = 'A' as is_nested,
       array_position(i.indkey::int2[], a.attnum) as key_position
  from resolved r
  join pg_catalog.pg_type t on t.oid = r.type and t.typtype <> 'd'
  join pg_catalog.pg_attribute a on a.attrelid = r.attrelid and a.attnum = r.attnum
  join pg_catalog.pg_class c on c.oid = r.attrelid
  left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
 order by c.relname, a.attnum;
