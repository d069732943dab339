-- name: records
-- The target's records of one load, each by its source key; relies on crosswalk_target_key.
select {key} as source_key,
       {fields}
  from {table} t
  left join migration.crosswalk own
    on own.tenant_id = t.tenant_id and own.entity = '{named}' and own.target_id = t.{id}
  {references}
 where own.load_id is null or own.load_id = '{load_id}'::uuid

-- name: reference
-- The source key of a record that this one refers to.
left join migration.crosswalk {alias}
    on {alias}.tenant_id = t.tenant_id and {alias}.entity = '{named}' and {alias}.target_id = t.{column}
