-- The role every transaction of a tenant runs as. Roles belong to the whole server, so this runs
-- before the migrations of each database and changes nothing the second time.
do $$
begin
    if not exists (select from pg_roles where rolname = 'trueup_app') then
        create role trueup_app nologin nosuperuser nocreatedb nocreaterole nobypassrls;
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database of this server is being migrated at this very moment
end $$;

do $$
begin
    if exists (select from pg_roles where rolname = 'trueup_app' and (rolbypassrls or rolsuper or rolcanlogin)) then
        raise exception 'the role trueup_app can bypass row-level security or log in'
            using errcode = 'insufficient_privilege',
                  hint = 'alter role trueup_app nologin nosuperuser nobypassrls';
    end if;
    if not pg_has_role(current_user, 'trueup_app', 'member') then
        execute format('grant trueup_app to %I', current_user);
    end if;
end $$;
