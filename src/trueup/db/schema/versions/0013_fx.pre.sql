-- Rates of exchange with their source and time, and what the tax of an invoice is by one of them in the
-- currency of the seller's tax office (EN 16931 BT-6, BT-111). B20; ADR 0101.
create table billing.fx_rate (
    tenant_id integer not null,
    fx_rate_id uuid not null,
    base text not null,
    quote text not null,
    rate numeric(30, 12) not null,
    source text not null,
    effective_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    constraint fx_rate_pkey primary key (tenant_id, fx_rate_id),
    constraint fx_rate_instant_key unique (tenant_id, base, quote, effective_at),
    constraint fx_rate_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint fx_rate_positive check (rate > 0),
    constraint fx_rate_of_two check (base <> quote),
    constraint fx_rate_shape check (base ~ '^[A-Z]{3}$' and quote ~ '^[A-Z]{3}$'),
    constraint fx_rate_source_not_blank check (source <> '' and source = btrim(source))
);
comment on column billing.fx_rate.rate is 'units of quote for one of base';
create trigger fx_rate_is_a_fact before update or delete on billing.fx_rate
    for each row execute function tenancy.refuse_change();

alter table billing.legal_entity
    add column tax_currency text,
    add constraint legal_entity_tax_currency_shape check (tax_currency ~ '^[A-Z]{3}$');
comment on column billing.legal_entity.tax_currency is 'in which tax is told once more on invoices in another currency; null: nowhere';

-- Amount and rate together: whoever has the tax of the invoice computes it again.
create table billing.tax_exchange (
    tenant_id integer not null,
    invoice_id uuid not null,
    fx_rate_id uuid not null,
    currency text not null,
    tax_micros bigint not null,
    constraint tax_exchange_pkey primary key (tenant_id, invoice_id),
    constraint tax_exchange_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id),
    constraint tax_exchange_rate_fkey foreign key (tenant_id, fx_rate_id)
        references billing.fx_rate (tenant_id, fx_rate_id),
    constraint tax_exchange_currency_shape check (currency ~ '^[A-Z]{3}$')
);

-- It goes with a draft that is made anew, as the lines do; never with what is issued.
create function billing.refuse_exchange_change() returns trigger
    language plpgsql as $$
begin
    if tg_op = 'DELETE' and exists (select from billing.invoice i
            where i.tenant_id = old.tenant_id and i.invoice_id = old.invoice_id and i.status = 'draft') then
        return old;
    end if;
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct the invoice by a credit note';
end $$;
create trigger tax_exchange_is_a_fact before update or delete on billing.tax_exchange
    for each row execute function billing.refuse_exchange_change();

do $$ declare name regclass; begin
    foreach name in array array['billing.fx_rate', 'billing.tax_exchange']::regclass[] loop
        execute format('alter table %s enable row level security', name);
        execute format('create policy tenant_wall on %s
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
    end loop;
end $$;
grant select, insert on billing.fx_rate to trueup_app;
grant select, insert, delete on billing.tax_exchange to trueup_app;

select tenancy.guard_referenced();
