-- What documents print of their parties, as it was until it was mended: an issued document goes on saying it. Written
-- at a mend alone; a bill run only notes when it issued. B41; ADR 0121.
create table billing.customer_earlier (
    tenant_id integer not null,
    customer_id uuid not null,
    held_until timestamptz not null,
    name text,
    company text,
    email text,
    locale text,
    time_zone text not null,
    address_line1 text,
    address_line2 text,
    city text,
    region text,
    postal_code text,
    country text,
    vat_number text,
    constraint customer_earlier_pkey primary key (tenant_id, customer_id, held_until),
    constraint customer_earlier_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id)
);
comment on table billing.customer_earlier is 'what documents printed of a customer until it was mended';
comment on column billing.customer_earlier.held_until is 'when it was mended, by the clock on the wall';
comment on column billing.customer_earlier.vat_number is 'the one on file that a document prints which was not taxed by another';

create table billing.legal_entity_earlier (
    tenant_id integer not null,
    legal_entity_id uuid not null,
    held_until timestamptz not null,
    name text not null,
    country text not null,
    region text,
    postal_code text,
    vat_number text,
    time_zone text not null,
    constraint legal_entity_earlier_pkey primary key (tenant_id, legal_entity_id, held_until),
    constraint legal_entity_earlier_entity_fkey foreign key (tenant_id, legal_entity_id)
        references billing.legal_entity (tenant_id, legal_entity_id)
);
comment on table billing.legal_entity_earlier is 'what documents printed of a legal entity until it was mended';
comment on column billing.legal_entity_earlier.held_until is 'when it was mended, by the clock on the wall';

do $$ declare name regclass; begin
    foreach name in array array['billing.customer_earlier', 'billing.legal_entity_earlier']::regclass[] loop
        execute format('create trigger earlier_particulars_are_facts before update or delete on %s
            for each row execute function tenancy.refuse_change()', name);
        execute format('alter table %s enable row level security', name);
        execute format('create policy tenant_wall on %s
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
        execute format('grant select, insert on %s to trueup_app', name);
    end loop;
end $$;

-- issued_at is the document's own day, which may lie before the run that issued it; this is when it was.
alter table billing.invoice add column finalized_at timestamptz;
comment on column billing.invoice.finalized_at is 'when it was issued here, by the clock on the wall; null: not issued, issued elsewhere, or before this was noted';
alter table billing.credit_note add column recorded_at timestamptz;
comment on column billing.credit_note.recorded_at is 'as invoice.finalized_at';

create or replace function billing.refuse_document_change() returns trigger
    language plpgsql as $$
begin
    if old.status = 'draft' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    if tg_op = 'UPDATE' and (new.customer_id, new.subscription_id, new.number, new.currency, new.subtotal_micros,
            new.discount_micros, new.tax_micros, new.total_micros, new.issued_at, new.due_at,
            new.period_start, new.period_end, new.origin, new.finalized_at)
        is not distinct from (old.customer_id, old.subscription_id, old.number, old.currency, old.subtotal_micros,
            old.discount_micros, old.tax_micros, old.total_micros, old.issued_at, old.due_at,
            old.period_start, old.period_end, old.origin, old.finalized_at) then
        return new;
    end if;
    raise exception 'invoice % is issued: % refused', coalesce(old.number, old.invoice_id::text), tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct it by a credit note';
end $$;

select tenancy.guard_referenced();
