-- What tells a database from one as the migrations leave it: tables, columns, rights, constraints,
-- triggers, policies, functions and settings, by the transactions that wrote them.
with state (kind, rows, written) as (
    select 'class', count(*), sum(xmin::text::bigint) from pg_class
    where relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_(toast_)?temp_')
    union all
    select 'attribute', count(*), sum(xmin::text::bigint) from pg_attribute
    where attrelid in (select oid from pg_class where relnamespace not in (
        select oid from pg_namespace where nspname ~ '^pg_(toast_)?temp_'))
    union all
    select 'constraint', count(*), sum(xmin::text::bigint) from pg_constraint
    union all
    select 'trigger', count(*), sum(xmin::text::bigint) from pg_trigger
    union all
    select 'policy', count(*), sum(xmin::text::bigint) from pg_policy
    union all
    select 'function', count(*), sum(xmin::text::bigint) from pg_proc
    union all
    select 'setting', count(*), sum(xmin::text::bigint) from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database())
)
select md5(string_agg(concat_ws(' ', kind, rows, written), ',' order by kind)) from state
