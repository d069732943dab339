-- name: claim
-- True if no other transaction loads this source into this tenant; held until the transaction ends.
select pg_try_advisory_xact_lock(hashtextextended('trueup load ' || %(source)s, %(tenant_id)s)) as is_ours;

-- name: find_load
-- The load of a source, at most one row. Relies on load_source_key.
select load_id, snapshot_hash, mapping_hash, status, started_at, finished_at
  from migration.load
 where source = %(source)s;

-- name: find_twin
-- The name under which this very snapshot is loaded already, at most one row.
select source
  from migration.load
 where snapshot_hash = %(snapshot_hash)s and source <> %(source)s
 limit 1;

-- name: begin_load
-- One row: the load as it begins.
insert into migration.load (tenant_id, load_id, source, snapshot_hash, mapping_hash, status, started_at)
values (tenancy.current_tenant(), %(load_id)s, %(source)s, %(snapshot_hash)s, %(mapping_hash)s,
        'running', %(started_at)s);

-- name: finish_load
-- Mark a running load as finished: one row.
update migration.load
   set status = 'finished', finished_at = %(finished_at)s
 where load_id = %(load_id)s and status = 'running';

-- name: checkpoints
-- What is committed of a load, a row a chunk.
select entity, chunk, loaded, merged, excluded, rejected
  from migration.checkpoint
 where load_id = %(load_id)s
 order by entity, chunk;

-- name: record_checkpoint
-- One row, in the transaction of the rows it covers.
insert into migration.checkpoint (tenant_id, load_id, entity, chunk, loaded, merged, excluded, rejected)
values (tenancy.current_tenant(), %(load_id)s, %(entity)s, %(chunk)s, %(loaded)s, %(merged)s,
        %(excluded)s, %(rejected)s);

-- name: record_table_set_aside
-- One row a source table of which no row becomes a record of its own.
insert into migration.table_set_aside (tenant_id, load_id, source_table, bucket, reason, owner, row_count)
values (tenancy.current_tenant(), %(load_id)s, %(source_table)s, %(bucket)s, %(reason)s, %(owner)s,
        %(row_count)s);

-- name: bucket_totals
-- Rows per entity and bucket of a load; a few dozen rows.
select entity, sum(loaded)::bigint as loaded, sum(merged)::bigint as merged,
       sum(excluded)::bigint as excluded, sum(rejected)::bigint as rejected
  from migration.checkpoint
 where load_id = %(load_id)s
 group by entity
 order by entity;

-- name: analyze
-- Statistics of $tables, which a load has filled: without them a fresh tenant's rows are planned as if
-- there were a handful, and joins over a million of them run for minutes.
analyze $tables;

-- name: reason_totals
-- Rows set aside per entity, bucket, reason and field, rejected ones first; a few dozen rows. Relies
-- on set_aside_pkey.
select entity, bucket, reason, field, count(*) as row_count,
       min(fix) filter (where bucket = 'rejected') as fix
  from migration.set_aside
 where load_id = %(load_id)s
 group by entity, bucket, reason, field
 order by bucket desc, row_count desc, entity, reason, field;
