-- Tenants are walls in the database: every table leads with tenant_id, every table has row-level
-- security, and a transaction that names no tenant sees nothing.
create schema tenancy;

create table tenancy.tenant (
    tenant_id integer generated always as identity,
    name text not null,
    created_at timestamptz not null default now(),
    constraint tenant_pkey primary key (tenant_id),
    constraint tenant_name_key unique (name),
    constraint tenant_name_not_blank check (name <> '' and name = btrim(name))
);

-- The tenant of this transaction, or null, which no row matches: no tenant named, nothing seen.
create function tenancy.current_tenant() returns integer
    language sql stable parallel safe
    return nullif(current_setting('trueup.tenant_id', true), '')::integer;

-- Refuses every change of a row that is a fact.
create function tenancy.refuse_change() returns trigger
    language plpgsql as $$
begin
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'integrity_constraint_violation',
              hint = 'record a reversal instead';
end $$;

alter table tenancy.tenant enable row level security;
create policy tenant_wall on tenancy.tenant
    using (tenant_id = tenancy.current_tenant())
    with check (tenant_id = tenancy.current_tenant());

grant usage on schema tenancy to trueup_app;
grant select on tenancy.tenant to trueup_app;
