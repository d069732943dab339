-- name: loaded
-- Loaded records of an entity by raw status and currency, with their money.
select own.source_status, {currency} as currency, count(*) as row_count,
       coalesce(sum({money}), 0)::text as micros
  from {table} t
  join migration.crosswalk own
    on own.tenant_id = t.tenant_id and own.entity = '{named}' and own.target_id = t.{id}
 where own.load_id = %(load_id)s
 group by 1, 2;

-- name: status_cells
-- Loaded records by raw status, as the crosswalk keeps it, and the target's value.
select own.source_status, t.{field} as target_status, count(*) as row_count
  from {table} t
  join migration.crosswalk own
    on own.tenant_id = t.tenant_id and own.entity = '{named}' and own.target_id = t.{id}
 where own.load_id = %(load_id)s
 group by 1, 2;

-- name: not_assured
-- Loaded records without a value that every imported one must have; the first few, and how many.
select coalesce(own.source_key, 'target:' || t.{id}) as source_key, t.{column}::text as value,
       count(*) over () as row_count
  from {table} t
  left join migration.crosswalk own
    on own.tenant_id = t.tenant_id and own.entity = '{named}' and own.target_id = t.{id}
 where (own.load_id is null or own.load_id = %(load_id)s) and t.{column} is distinct from '{expected}'
 order by 1
 limit %(limit)s;

-- name: crosswalk_without_record
-- Crosswalk rows of an entity whose target row is gone; the first few, and how many.
select own.source_key, count(*) over () as row_count
  from migration.crosswalk own
  left join {table} t on t.tenant_id = own.tenant_id and t.{id} = own.target_id
 where own.load_id = %(load_id)s and own.entity = '{named}' and t.{id} is null
 order by 1
 limit %(limit)s;

-- name: totals
-- A measure by currency.
select m.currency, sum(m.amount_micros)::text as micros from ({measured}) m group by 1;
