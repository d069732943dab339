-- name: dialects
-- The tenant's own dialects; a handful.
select name, settings, is_default
  from billing.dialect
 where tenant_id = tenancy.current_tenant()
 order by name;

-- name: put_dialect
-- Keep a dialect; one row.
insert into billing.dialect (tenant_id, name, settings, is_default)
values (tenancy.current_tenant(), %(name)s, %(settings)s, %(is_default)s)
    on conflict (tenant_id, name) do update
   set settings = excluded.settings, is_default = excluded.is_default;

-- name: clear_default
-- No dialect is the default any more, for the one that follows.
update billing.dialect set is_default = false
 where tenant_id = tenancy.current_tenant() and is_default;
