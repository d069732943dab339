-- Test clocks: books of their own, whose time stands still until it is moved on. ADR 0099.
create table billing.test_clock (
    tenant_id integer not null,
    of_tenant_id integer not null,
    stands_at timestamptz not null,
    heading_to timestamptz,
    created_at timestamptz not null default now(),
    constraint test_clock_pkey primary key (tenant_id),
    constraint test_clock_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint test_clock_of_tenant_fkey foreign key (of_tenant_id) references tenancy.tenant (tenant_id),
    constraint test_clock_of_another check (of_tenant_id <> tenant_id),
    constraint test_clock_heads_onward check (heading_to >= stands_at)
);
comment on table billing.test_clock is 'a tenant with a row here is the test books of another: nothing in it is real';
comment on column billing.test_clock.heading_to is 'where an advance that is under way, or was killed, is going';

create function billing.refuse_clock_backwards() returns trigger
    language plpgsql as $$
begin
    if new.stands_at < old.stands_at or new.of_tenant_id <> old.of_tenant_id then
        raise exception 'a test clock only moves forward: it stands at %', old.stands_at
            using errcode = 'integrity_constraint_violation', hint = 'make another clock that begins earlier';
    end if;
    return new;
end $$;
create trigger test_clock_moves_forward before update on billing.test_clock
    for each row execute function billing.refuse_clock_backwards();

-- Whoever makes a legal entity in test books, its documents say in their number that they are no invoices.
create function billing.mark_test_series() returns trigger
    language plpgsql as $$
begin
    if exists (select from billing.test_clock c where c.tenant_id = new.tenant_id) then
        new.invoice_prefix := 'TEST-' || regexp_replace(new.invoice_prefix, '^TEST-', '');
        new.credit_note_prefix := 'TEST-' || regexp_replace(new.credit_note_prefix, '^TEST-', '');
    end if;
    return new;
end $$;
create trigger test_series_are_marked before insert or update on billing.legal_entity
    for each row execute function billing.mark_test_series();

create function billing.refuse_run_ahead_of_clock() returns trigger
    language plpgsql as $$
declare
    stands timestamptz := (select stands_at from billing.test_clock c where c.tenant_id = new.tenant_id);
begin
    if new.until > stands then
        raise exception 'these are books of a test clock that stands at %, before %', stands, new.until
            using errcode = 'integrity_constraint_violation', hint = 'move the clock on: trueup clock advance';
    end if;
    return new;
end $$;
create trigger bill_run_waits_for_clock before insert on billing.bill_run
    for each row execute function billing.refuse_run_ahead_of_clock();

create function migration.refuse_load_into_test_books() returns trigger
    language plpgsql as $$
begin
    if exists (select from billing.test_clock c where c.tenant_id = new.tenant_id) then
        raise exception 'these are books of a test clock: nothing is migrated into them'
            using errcode = 'integrity_constraint_violation', hint = 'load into a tenant of its own';
    end if;
    return new;
end $$;
create trigger load_is_not_a_test before insert on migration.load
    for each row execute function migration.refuse_load_into_test_books();

-- Copy rows of one tenant to the test books made of it; counts them. Those there already stay.
-- wanted: which, of `t`, by the customers in $3. changed: columns that are other than they were, as
-- expressions that may use $4.
create function tenancy.copy_rows(copied regclass, source integer, books integer, customers uuid[], wanted text,
        changed jsonb, names jsonb) returns bigint
    language plpgsql as $$
declare
    columns text;
    expressions text;
    count bigint;
begin
    if not exists (select from billing.test_clock c where c.tenant_id = books and c.of_tenant_id = source) then
        raise exception 'tenant % is not the test books of %', books, source;
    end if;
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
           string_agg(coalesce(changed ->> a.attname, format('t.%I', a.attname)), ', ' order by a.attnum)
      into columns, expressions
      from pg_attribute a
     where a.attrelid = copied and a.attnum > 0 and not a.attisdropped and a.attname <> 'tenant_id'
       and a.attidentity = '' and a.attgenerated = '';
    execute format('insert into %s (tenant_id, %s) select $2, %s from %s t where t.tenant_id = $1 and (%s)
        on conflict do nothing', copied, columns, expressions, copied, wanted)
      using source, books, customers, names;
    get diagnostics count = row_count;
    return count;
end $$;

-- Remove test books with everything in them; counts the rows. Only where the guards of facts are lifted.
create function tenancy.remove_test_books(books integer) returns bigint
    language plpgsql as $$
declare
    held regclass;
    count bigint;
    total bigint := 0;
begin
    if not exists (select from billing.test_clock c where c.tenant_id = books) then
        raise exception 'tenant % is no test books', books;
    end if;
    for held in
        select a.attrelid::regclass
          from pg_attribute a
          join pg_class c on c.oid = a.attrelid and c.relkind = 'r' and c.relpersistence = 'p'
          join pg_namespace n on n.oid = c.relnamespace
         where a.attname = 'tenant_id' and n.nspname in ('billing', 'ledger', 'events', 'migration', 'tenancy')
    loop
        execute format('delete from %s where tenant_id = $1', held) using books;
        get diagnostics count = row_count;
        total := total + count;
    end loop;
    return total;
end $$;

revoke execute on function tenancy.copy_rows, tenancy.remove_test_books from public;

alter table billing.test_clock enable row level security;
create policy tenant_wall on billing.test_clock
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());
grant select, update on billing.test_clock to trueup_app;

select tenancy.guard_referenced();
