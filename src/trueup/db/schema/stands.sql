-- The revision that the database stands at, unless the role of its transactions is missing, may do
-- too much, or is not ours to take.
select version_num
from public.alembic_version
where exists (
    select from pg_roles
    where rolname = %(role)s
      and not (rolbypassrls or rolsuper or rolcanlogin)
      and pg_has_role(current_user, oid, 'member')
)
