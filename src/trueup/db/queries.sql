-- name: column_types
-- Type of each column of a table, as format_type() writes it. At most a few dozen rows.
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from pg_attribute a
 where a.attrelid = to_regclass(%(table)s)
   and a.attnum > 0
   and not a.attisdropped
 order by a.attnum;

-- name: keep_referenced
-- Until the transaction ends, no row of its tenant that another refers to is removed or renamed. One
-- row: whether the login may lift triggers; superusers may, others by a grant.
select tenancy.keep_referenced(tenancy.current_tenant()),
       has_parameter_privilege(session_user, 'session_replication_role', 'set') as can_lift;

-- name: can_check_references
-- One row: whether an insert of these columns has no trigger but foreign keys that can be checked after it.
select tenancy.can_check_references(to_regclass(%(table)s), %(columns)s) as is_possible;

-- name: commit_soon
-- The commit of this transaction returns before its log is on the disk; one row.
select set_config('synchronous_commit', 'off', true) as is_waited_for;

-- name: lift_triggers
-- Insert without triggers, as the role of a tenant still: walls and all other constraints hold. One
-- row; the login alone may do it, so it is itself for that moment.
select set_config('role', 'none', true) as login,
       set_config('session_replication_role', 'replica', true) as triggers,
       set_config('role', 'trueup_app', true) as role;

-- name: restore_triggers
-- Back to where every trigger fires; one row.
select set_config('role', 'none', true) as login,
       set_config('session_replication_role', 'origin', true) as triggers,
       set_config('role', 'trueup_app', true) as role;

-- name: check_references
-- Raises as the trigger of a foreign key would, if a row of the stage breaks one of the table's.
select tenancy.check_references(to_regclass(%(table)s), %(stage)s, %(columns)s);

-- name: insert_tenant
-- A new tenant. One row, or none when the name is taken; relies on tenant_name_key.
insert into tenancy.tenant (name)
values (%(name)s)
on conflict (name) do nothing
returning tenant_id;

-- name: find_tenant
-- The tenant of a name. One row or none; relies on tenant_name_key.
select tenant_id
  from tenancy.tenant
 where name = %(name)s;

-- name: try_lease
-- Take a lease of a tenant's, unless another connection has it; one row. It goes with the connection.
select pg_try_advisory_lock(hashtext('trueup lease ' || %(name)s), %(tenant_id)s) as is_taken;

-- name: keep_lease
-- One row, as long as the connection lives.
select true as is_held;
