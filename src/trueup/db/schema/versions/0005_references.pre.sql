-- Foreign keys of rows that come in bulk are checked by the set: once for each key that is referred
-- to, after the insert and in its transaction, instead of once for each row by a trigger. ADR 0060.

-- What the trigger's row lock is for one parent, this is for all parents of a tenant: until the
-- transaction ends, nothing that could be referred to is removed. Any number may hold it at once.
create function tenancy.keep_referenced(tenant integer) returns void
    language sql
    begin atomic
        select pg_advisory_xact_lock_shared(hashtext('trueup referenced'), tenant);
    end;

-- The other side: waits until nobody checks references by the set, and holds off who would begin.
create function tenancy.await_referrers(tenant integer) returns void
    language sql
    begin atomic
        select pg_advisory_xact_lock(hashtext('trueup referenced'), tenant);
    end;

create function tenancy.await_referrers_of_row() returns trigger
    language plpgsql as $$
begin
    perform tenancy.await_referrers(old.tenant_id);
    return case when tg_op = 'DELETE' then old else new end;
end $$;

-- Make every table that is referred to await its referrers. A migration that adds a foreign key ends
-- with `select tenancy.guard_referenced()`; until then that key is checked by its trigger.
create function tenancy.guard_referenced() returns void
    language plpgsql as $$
declare
    referenced record;
begin
    for referenced in
        select f.confrelid::regclass as name, string_agg(distinct quote_ident(a.attname), ', ') as columns
          from pg_constraint f
          join pg_attribute a on a.attrelid = f.confrelid and a.attnum = any(f.confkey)
         where f.contype = 'f'
           and exists (select from pg_attribute t where t.attrelid = f.confrelid and t.attname = 'tenant_id')
         group by f.confrelid
         order by f.confrelid::regclass::text
    loop
        execute format('create or replace trigger referenced_rows_stay before delete or update of %s on %s
            for each row execute function tenancy.await_referrers_of_row()', referenced.columns, referenced.name);
    end loop;
end $$;
select tenancy.guard_referenced();

-- Whether lifting the triggers of an insert of these columns into a table lifts nothing but foreign
-- keys that `check_references` checks: no other trigger, no rule, no key that is deferred, matched in
-- another way, filled by a default, or whose parent does not await its referrers.
create function tenancy.can_check_references(child regclass, given text[]) returns boolean
    language sql stable
    begin atomic
        select not exists (
            select from pg_trigger t
             where t.tgrelid = child and t.tgtype & 4 <> 0 and t.tgfoid <> '"RI_FKey_check_ins"'::regproc)
           and not exists (select from pg_rewrite r where r.ev_class = child)
           and not exists (
            select from pg_constraint f
              join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any(f.conkey)
             where f.conrelid = child and f.contype = 'f'
               and (a.attname = any(given) and (f.condeferrable or f.confmatchtype <> 's')
                    or a.attname <> 'tenant_id' and not a.attname = any(given) and a.atthasdef
                    or not exists (select from pg_trigger g
                                    where g.tgrelid = f.confrelid and g.tgname = 'referenced_rows_stay'
                                      and g.tgenabled in ('O', 'A'))));
    end;

-- Refuse, as its trigger would, the first foreign key of `child` that a row of the temporary table
-- `stage` breaks. given: columns of the stage; one that is left out is null and refers to nothing.
create function tenancy.check_references(child regclass, stage text, given text[]) returns void
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
    -- A primary key answers for each; beside a parent of millions no other plan stays small.
    set enable_seqscan = off
    set enable_bitmapscan = off as $$
declare
    fkey record;
    broken text;
begin
    for fkey in
        select f.conname, f.confrelid::regclass as parent, p.relname as parent_name,
               string_agg(c.attname, ', ' order by k.position) as columns,
               string_agg(format('%s as k%s', case c.attname when 'tenant_id' then 'tenancy.current_tenant()'
                    else format('%I::%s', c.attname, format_type(c.atttypid, c.atttypmod)) end, k.position), ', ') as keys,
               string_agg(format('%I is not null', c.attname), ' and ') filter (where c.attname <> 'tenant_id') as are_set,
               string_agg(format('p.%I = s.k%s', r.attname, k.position), ' and ') as matches,
               string_agg(format('s.k%s', k.position), ', ' order by k.position) as found
          from pg_constraint f
         cross join unnest(f.conkey, f.confkey) with ordinality as k (child_column, parent_column, position)
          join pg_attribute c on c.attrelid = f.conrelid and c.attnum = k.child_column
          join pg_attribute r on r.attrelid = f.confrelid and r.attnum = k.parent_column
          join pg_class p on p.oid = f.confrelid
         where f.conrelid = child and f.contype = 'f'
         group by f.conname, f.confrelid, p.relname
        having bool_and(c.attname = any(given || array['tenant_id']))
         order by f.conname
    loop
        -- `offset 0` keeps the planner from turning the look-ups into one pass over the whole parent.
        execute format('select concat_ws('', '', %s) from (select distinct %s from pg_temp.%I where %s) s
            where not exists (select from %s p where %s offset 0) limit 1',
            fkey.found, fkey.keys, stage, coalesce(fkey.are_set, 'true'), fkey.parent, fkey.matches) into broken;
        if broken is not null then
            raise exception 'insert on table "%" violates foreign key constraint "%"', child, fkey.conname
                using errcode = 'foreign_key_violation', constraint = fkey.conname,
                      schema = (select relnamespace::regnamespace::text from pg_class where oid = child),
                      table = (select relname from pg_class where oid = child),
                      detail = format('Key (%s)=(%s) is not present in table "%s".', fkey.columns, broken, fkey.parent_name);
        end if;
    end loop;
end $$;
