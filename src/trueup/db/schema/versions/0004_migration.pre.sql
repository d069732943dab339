-- What a migration knows of itself: which source row became what, and where the load stands.
create schema migration;

-- One load: one snapshot through one mapping pack into one tenant.
create table migration.load (
    tenant_id integer not null,
    load_id uuid not null,
    source text not null,
    snapshot_hash text not null,
    mapping_hash text not null,
    status text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint load_pkey primary key (tenant_id, load_id),
    constraint load_source_key unique (tenant_id, source),
    constraint load_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint load_status_known check (status in ('running', 'finished'))
);
comment on column migration.load.source is 'name of the legacy system; a tenant holds one load of each';

-- Commits with the rows it covers: a chunk that is here is loaded, one that is not never was.
create table migration.checkpoint (
    tenant_id integer not null,
    load_id uuid not null,
    entity text not null,
    chunk integer not null,
    loaded bigint not null,
    merged bigint not null,
    excluded bigint not null,
    rejected bigint not null,
    committed_at timestamptz not null default now(),
    constraint checkpoint_pkey primary key (tenant_id, load_id, entity, chunk),
    constraint checkpoint_load_fkey foreign key (tenant_id, load_id)
        references migration.load (tenant_id, load_id)
);

-- Source id to target id, unique both ways; the raw source status kept for the way back. No foreign
-- key to the load: a row is written only together with its checkpoint, which has one, and checking
-- it again for each of millions of rows is a tenth of a load's time.
create table migration.crosswalk (
    tenant_id integer not null,
    load_id uuid not null,
    entity text not null,
    source_key text not null,
    target_id uuid not null,
    source_status text,
    constraint crosswalk_source_key primary key (tenant_id, load_id, entity, source_key),
    constraint crosswalk_target_key unique (tenant_id, target_id)
);

-- Every source row that did not become a target row of its own, and why.
create table migration.set_aside (
    tenant_id integer not null,
    load_id uuid not null,
    entity text not null,
    row_number bigint not null,
    source_key text,
    bucket text not null,
    reason text not null,
    field text,
    value text,
    fix text,
    owner text,
    survivor_key text,
    source_status text,
    currency text,
    amount_micros bigint,
    constraint set_aside_pkey primary key (tenant_id, load_id, entity, row_number),
    constraint set_aside_load_fkey foreign key (tenant_id, load_id)
        references migration.load (tenant_id, load_id),
    constraint set_aside_bucket_known check (bucket in ('merged', 'excluded', 'rejected')),
    constraint set_aside_merged_names_survivor check (bucket <> 'merged' or survivor_key is not null),
    constraint set_aside_excluded_names_owner check (bucket <> 'excluded' or owner is not null),
    constraint set_aside_rejected_names_fix check (bucket <> 'rejected' or (field is not null and fix is not null))
);
comment on column migration.set_aside.row_number is 'position in the snapshot''s table, from 0: the identity of a row whose key is missing or not unique';

-- Source tables of which no row becomes a record of its own, and why.
create table migration.table_set_aside (
    tenant_id integer not null,
    load_id uuid not null,
    source_table text not null,
    bucket text not null,
    reason text not null,
    owner text,
    row_count bigint not null,
    constraint table_set_aside_pkey primary key (tenant_id, load_id, source_table),
    constraint table_set_aside_load_fkey foreign key (tenant_id, load_id)
        references migration.load (tenant_id, load_id),
    constraint table_set_aside_bucket_known check (bucket in ('merged', 'excluded')),
    constraint table_set_aside_excluded_names_owner check (bucket <> 'excluded' or owner is not null)
);

do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'migration' loop
        execute format('alter table migration.%I enable row level security', name);
        execute format('create policy tenant_wall on migration.%I
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
    end loop;
end $$;

grant usage on schema migration to trueup_app;
grant select, insert, update, delete on all tables in schema migration to trueup_app;
