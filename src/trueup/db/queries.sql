-- name: column_types
-- Type of each column of a table, as format_type() writes it. At most a few dozen rows.
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
  from pg_attribute a
 where a.attrelid = to_regclass(%(table)s)
   and a.attnum > 0
   and not a.attisdropped
 order by a.attnum;

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
