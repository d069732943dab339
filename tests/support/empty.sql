-- Take every row out of a database that a test was lent; nobody else is to hold on to it.
do $$
declare
    target text;
    has_rows boolean;
begin
    perform pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
    perform set_config('session_replication_role', 'replica', true); -- past the walls against deletion
    for target in
        select format('%I.%I', schemaname, tablename) from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'alembic_version'
    loop
        execute format('select exists (select from %s)', target) into has_rows;
        if has_rows then
            execute format('delete from %s', target);
        end if;
    end loop;
    perform setval(seqrelid, seqstart, false) from pg_sequence
    where pg_sequence_last_value(seqrelid) is not null;
end $$
