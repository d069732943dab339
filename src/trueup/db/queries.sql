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
-- row: whether the login may lift triggers (superusers may, others by a grant), and whether it may
-- copy into tables with walls.
select tenancy.keep_referenced(tenancy.current_tenant()),
       has_parameter_privilege(session_user, 'session_replication_role', 'set') as can_lift,
       r.rolsuper as can_copy
  from pg_roles r
 where r.rolname = session_user;

-- name: rules_of
-- One row: what an insert of these columns is subject to. can_check: it has no trigger but foreign keys
-- that can be checked after it; refers: it has any; columns: which of these belong to them; can_copy: the
-- tenant's role may insert it, and the server numbers none of these columns itself.
select tenancy.can_check_references(to_regclass(%(table)s), %(columns)s) as can_check,
       exists (select from pg_constraint f
                where f.conrelid = to_regclass(%(table)s) and f.contype = 'f') as refers,
       array(select distinct a.attname::text
               from pg_constraint f
               join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any(f.conkey)
              where f.conrelid = to_regclass(%(table)s) and f.contype = 'f'
                and a.attname = any(%(columns)s)) as columns,
       has_table_privilege('trueup_app', to_regclass(%(table)s), 'insert')
       and not exists (select from pg_attribute a
                        where a.attrelid = to_regclass(%(table)s) and a.attidentity = 'a'
                          and a.attname = any(%(columns)s)) as can_copy;

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

-- name: step_over_walls
-- Copy as the login, which no wall stops; the rows say whose they are. One row.
select set_config('role', 'none', true) as role;

-- name: step_back
-- The role of a tenant again; one row.
select set_config('role', 'trueup_app', true) as role;

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
