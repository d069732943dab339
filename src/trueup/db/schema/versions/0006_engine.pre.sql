-- What the billing engine needs beside the books: prices with every term of a charge, subscriptions as
-- spans of service, invoices that know what each line came from, runs, and the outbox. ADR 0076-0079.

-- ---- catalog

alter table billing.plan
    add column code text,
    add column minimum_commitment_micros bigint,
    add column thresholds jsonb,
    add column phases jsonb,
    add column tax_category text not null default 'standard',
    add constraint plan_code_key unique (tenant_id, code),
    add constraint plan_commitment_positive check (minimum_commitment_micros > 0);
comment on column billing.plan.thresholds is 'usage that makes an invoice before its period ends: [{"amount": "100.00", "is_recurring": false}]';
comment on column billing.plan.phases is '[{"kind": "trial", "count": 1, "unit": "months"}], in order, the last without a length; null: one that never ends';

-- What is sold stays as it was sold: another rhythm or commitment is another plan.
create function billing.refuse_plan_change() returns trigger
    language plpgsql as $$
begin
    if (new.plan_id, new.interval, new.interval_count, new.trial_days, new.minimum_commitment_micros,
            new.thresholds, new.phases)
        is distinct from (old.plan_id, old.interval, old.interval_count, old.trial_days, old.minimum_commitment_micros,
            old.thresholds, old.phases) then
        raise exception 'the terms of plan % are sold: % refused', old.name, tg_op
            using errcode = 'integrity_constraint_violation', hint = 'make another plan';
    end if;
    return new;
end $$;
create trigger plan_terms_stay before update on billing.plan
    for each row execute function billing.refuse_plan_change();

alter table billing.price
    add column charge text,
    add column kind text,
    add column timing text,
    add column phase smallint,
    add column interval text,
    add column interval_count integer,
    add column aggregation text,
    add column is_prorated boolean,
    add column carries_over boolean not null default false,
    add column is_per_unit boolean,
    add column is_private boolean not null default false,
    add column minimum_micros bigint,
    add column cost jsonb,
    add column tax_percent numeric(9, 6),
    drop constraint price_model_known,
    add constraint price_model_known check (model in ('flat', 'per_unit', 'graduated', 'volume', 'package',
        'percentage', 'blocks', 'capacity', 'dynamic', 'matrix')),
    add constraint price_kind_known check (kind in ('recurring', 'fixed', 'one_off', 'add_on', 'usage')),
    add constraint price_timing_known check (timing in ('in_advance', 'in_arrears')),
    add constraint price_aggregation_known check (aggregation in ('count', 'sum', 'max', 'unique', 'latest', 'time_weighted')),
    add constraint price_rhythm_whole check ((interval is null) = (interval_count is null) and interval_count > 0);
comment on column billing.price.charge is 'name of the charge within its plan; null: the meter, or the plan''s fee';
comment on column billing.price.kind is 'null: usage if there is a meter, else recurring';
comment on column billing.price.timing is 'null: usage in arrears, everything else in advance';
comment on column billing.price.is_private is 'agreed with one customer: named by its subscription, never offered';
comment on column billing.price.is_per_unit is 'for each unit of the subscription''s quantity; null: yes, unless it is metered';
create index price_of_plan_idx on billing.price (tenant_id, plan_id);

-- ---- conventions and who bills

create table billing.dialect (
    tenant_id integer not null,
    name text not null,
    settings jsonb not null,
    is_default boolean not null default false,
    constraint dialect_pkey primary key (tenant_id, name),
    constraint dialect_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);
create unique index dialect_default_key on billing.dialect (tenant_id) where is_default;
comment on column billing.dialect.settings is 'only what differs from Trueup''s own conventions';

create table billing.legal_entity (
    tenant_id integer not null,
    legal_entity_id uuid not null,
    code text not null,
    name text not null,
    country text not null,
    region text,
    postal_code text,
    vat_number text,
    collects_in jsonb not null default '[]',
    takes_tax boolean not null default true,
    invoice_prefix text not null,
    credit_note_prefix text not null,
    digits smallint not null default 6,
    grace_days integer not null default 0,
    is_default boolean not null default false,
    constraint legal_entity_pkey primary key (tenant_id, legal_entity_id),
    constraint legal_entity_code_key unique (tenant_id, code),
    constraint legal_entity_invoice_prefix_key unique (tenant_id, invoice_prefix),
    constraint legal_entity_credit_note_prefix_key unique (tenant_id, credit_note_prefix),
    constraint legal_entity_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint legal_entity_country_shape check (country ~ '^[A-Z]{2}$'),
    constraint legal_entity_grace_range check (grace_days between 0 and 60),
    constraint legal_entity_digits_range check (digits between 1 and 15)
);
create unique index legal_entity_default_key on billing.legal_entity (tenant_id) where is_default;
comment on column billing.legal_entity.takes_tax is 'false: prices are final and no invoice carries tax; said, never assumed';
comment on column billing.legal_entity.grace_days is 'how long an invoice stays a draft before it is numbered and issued';

-- ---- subscriptions as spans of service

alter table billing.subscription
    add column plan_id uuid,
    add column quantity numeric(20, 6) not null default 1,
    add column origin text not null default 'imported',
    add column legal_entity_id uuid,
    add column dialect text,
    add column time_zone text,
    add column bundle text,
    add column cycle jsonb,
    add column phases_from timestamptz,
    add column final_bill_at timestamptz,
    add column settles_from timestamptz,
    add column keeps_prepaid boolean not null default false,
    add column next_bill_at timestamptz,
    add column last_billed_at timestamptz,
    add column is_steady boolean not null default false,
    add column is_joint boolean not null default false,
    add column parked_by uuid,
    add column orders integer not null default 0,
    add constraint subscription_plan_fkey foreign key (tenant_id, plan_id)
        references billing.plan (tenant_id, plan_id),
    add constraint subscription_legal_entity_fkey foreign key (tenant_id, legal_entity_id)
        references billing.legal_entity (tenant_id, legal_entity_id),
    add constraint subscription_origin_known check (origin in ('native', 'imported')),
    add constraint subscription_quantity_range check (quantity >= 0);
comment on column billing.subscription.next_bill_at is 'when it owes something next; null: never, or not ours to bill';
comment on column billing.subscription.time_zone is 'the zone whose days it counts, kept from its start; null: the customer''s';
comment on column billing.subscription.cycle is 'its natural periods: {"every": [1, "month"], "anchor": [2026, 1, 31]}, "at" the local time of boundaries where it is prorated by the second; {"before", "turns", "after"} where it changes';
comment on column billing.subscription.settles_from is 'a change before is billed then, with the renewal';
comment on column billing.subscription.keeps_prepaid is 'what was billed for time after its end is not given back';
comment on column billing.subscription.is_steady is 'every charge runs on one cycle and is billed up to the running period: the next bill is a plain renewal';
comment on column billing.subscription.is_joint is 'billed on one invoice with the customer''s other joint subscriptions';
comment on column billing.subscription.parked_by is 'the run that could not bill it; see billing.parked';
create index subscription_due_idx on billing.subscription (tenant_id, next_bill_at, subscription_id)
    where next_bill_at is not null;

alter table billing.subscription_item
    add column item_key text,
    add column served_from timestamptz,
    add column served_until timestamptz,
    add column until_if_kept timestamptz,
    add column is_changed boolean not null default false,
    add column is_last_whole boolean not null default false,
    add column replaces text,
    add column cycle jsonb,
    add constraint subscription_item_span check (served_from <= served_until),
    add constraint subscription_item_key_key unique (tenant_id, subscription_id, item_key);
comment on column billing.subscription_item.item_key is 'its identity in every line it is billed by';
comment on column billing.subscription_item.cycle is 'its natural periods; null: the subscription''s own';
comment on column billing.subscription_item.until_if_kept is 'served_until if the agreed cancellation is taken back';
comment on column billing.subscription_item.is_changed is 'its end came of a change, not of a cancellation';
comment on column billing.subscription_item.is_last_whole is 'a last period that its end cuts costs all of it';

create table billing.subscription_pause (
    tenant_id integer not null,
    subscription_id uuid not null,
    position smallint not null,
    paused_from timestamptz not null,
    paused_until timestamptz,
    constraint subscription_pause_pkey primary key (tenant_id, subscription_id, position),
    constraint subscription_pause_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint subscription_pause_span check (paused_from < paused_until)
);

create table billing.subscription_order (
    tenant_id integer not null,
    subscription_id uuid not null,
    number integer not null,
    kind text not null,
    ordered_at timestamptz not null,
    effective_at timestamptz not null,
    ordered_by text,
    terms jsonb not null,
    constraint subscription_order_pkey primary key (tenant_id, subscription_id, number),
    constraint subscription_order_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint subscription_order_kind_known check (kind in ('start', 'change', 'change_quantity', 'add', 'remove',
        'cancel', 'uncancel', 'pause', 'resume', 'change_cycle', 'hand_over'))
);
create trigger subscription_order_is_a_fact before update or delete on billing.subscription_order
    for each row execute function tenancy.refuse_change();

-- ---- runs, documents and where their figures came from

create table billing.bill_run (
    tenant_id integer not null,
    bill_run_id uuid not null,
    until timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    due integer not null default 0,
    billed integer not null default 0,
    quiet integer not null default 0,
    parked integer not null default 0,
    invoices integer not null default 0,
    still_due integer,
    money jsonb not null default '{}',
    constraint bill_run_pkey primary key (tenant_id, bill_run_id),
    constraint bill_run_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);
comment on column billing.bill_run.quiet is 'due, and owing nothing';

create table billing.parked (
    tenant_id integer not null,
    subscription_id uuid not null,
    customer_id uuid not null,
    bill_run_id uuid not null,
    code text not null,
    sentence text not null,
    fix text not null,
    since timestamptz not null,
    constraint parked_pkey primary key (tenant_id, subscription_id),
    constraint parked_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint parked_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint parked_run_fkey foreign key (tenant_id, bill_run_id)
        references billing.bill_run (tenant_id, bill_run_id)
);

-- How an amount came about, and why a tax was taken: the same for many lines, so kept once, under the
-- hash of what it says.
create table billing.derivation (
    tenant_id integer not null,
    derivation_id uuid not null,
    body jsonb not null,
    constraint derivation_pkey primary key (tenant_id, derivation_id),
    constraint derivation_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);
create trigger derivation_is_a_fact before update or delete on billing.derivation
    for each row execute function tenancy.refuse_change();

alter table billing.invoice
    add column legal_entity_id uuid,
    add column bill_run_id uuid,
    add column kind text not null default 'cycle',
    add column finalize_after timestamptz,
    add column tax_fact_id uuid,
    add column put_aside_micros bigint not null default 0,
    add column replaces_invoice_id uuid,
    add constraint invoice_legal_entity_fkey foreign key (tenant_id, legal_entity_id)
        references billing.legal_entity (tenant_id, legal_entity_id),
    add constraint invoice_tax_fact_fkey foreign key (tenant_id, tax_fact_id)
        references billing.derivation (tenant_id, derivation_id),
    add constraint invoice_kind_known check (kind in ('cycle', 'threshold', 'manual'));
comment on column billing.invoice.put_aside_micros is 'what a negative total put on the customer''s credit (B19)';
create index invoice_draft_idx on billing.invoice (tenant_id, finalize_after) where status = 'draft' and finalize_after is not null;

alter table billing.line_item
    add column subscription_id uuid,
    add column item_key text,
    add column line_key text,
    add column kind text,
    add column plan text,
    add column charge text,
    add column discount_micros bigint not null default 0,
    add column full_start timestamptz,
    add column full_end timestamptz,
    add column gives_back text,
    add column tax_percent numeric(9, 6),
    add column derivation_id uuid,
    add column is_void boolean not null default false,
    add constraint line_item_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    add constraint line_item_derivation_fkey foreign key (tenant_id, derivation_id)
        references billing.derivation (tenant_id, derivation_id),
    add constraint line_item_kind_known check (kind in ('recurring', 'fixed', 'usage', 'minimum', 'commitment',
        'add_on', 'one_off', 'credit', 'adjustment', 'account_credit'));
comment on column billing.line_item.line_key is 'identity within its subscription: what it bills, is billed once (B39)';
comment on column billing.line_item.full_start is 'start of the full period of which this is a part; null: it is all of it';
comment on column billing.line_item.gives_back is 'line_key of the billed line of which this credit is a part';
comment on column billing.line_item.is_void is 'its invoice is void: what it billed is unbilled again';

-- B39: what was billed once is not billed again, whoever tries; only a void invoice lets go of it.
create unique index line_item_billed_once on billing.line_item (tenant_id, subscription_id, line_key)
    where subscription_id is not null and not is_void;

create function billing.refuse_line_change() returns trigger
    language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if new.is_void and not old.is_void then
            old.is_void := true;
            if new is not distinct from old then
                return new;
            end if;
        end if;
    elsif exists (select from billing.invoice i
                   where i.tenant_id = old.tenant_id and i.invoice_id = old.invoice_id and i.status = 'draft') then
        return old;
    end if;
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'integrity_constraint_violation', hint = 'record a reversal instead';
end $$;
drop trigger line_item_is_a_fact on billing.line_item;
create trigger line_item_is_a_fact before update or delete on billing.line_item
    for each row execute function billing.refuse_line_change();

alter table billing.credit_note
    add column bill_run_id uuid,
    add column origin text not null default 'imported',
    add constraint credit_note_origin_known check (origin in ('native', 'imported'));

create table billing.credit_note_line (
    tenant_id integer not null,
    credit_note_id uuid not null,
    position integer not null,
    subscription_id uuid,
    line_key text not null,
    gives_back text not null,
    item_key text,
    amount_micros bigint not null,
    period_start timestamptz,
    period_end timestamptz,
    derivation_id uuid,
    constraint credit_note_line_pkey primary key (tenant_id, credit_note_id, position),
    constraint credit_note_line_note_fkey foreign key (tenant_id, credit_note_id)
        references billing.credit_note (tenant_id, credit_note_id),
    constraint credit_note_line_amount_range check (amount_micros >= 0)
);
create unique index credit_note_line_once on billing.credit_note_line (tenant_id, subscription_id, line_key)
    where subscription_id is not null;
create trigger credit_note_line_is_a_fact before update or delete on billing.credit_note_line
    for each row execute function tenancy.refuse_change();

alter table billing.discount
    add column left_micros bigint,
    add column limits jsonb,
    add column is_once boolean not null default false;
comment on column billing.discount.limits is '{"plans": [...], "charges": [...]}: what it is limited to; null: everything';
comment on column billing.discount.left_micros is 'what is left of an amount that is taken off once; null where that is not counted';

create index discount_subscription_idx on billing.discount (tenant_id, subscription_id);
create index credit_to_spend_idx on billing.credit (tenant_id, customer_id) where remaining_micros > 0;
create index tax_identity_customer_idx on billing.tax_identity (tenant_id, customer_id);

create table billing.discount_use (
    tenant_id integer not null,
    invoice_id uuid not null,
    discount_id uuid not null,
    amount_micros bigint not null,
    uses_counted integer not null,
    constraint discount_use_pkey primary key (tenant_id, invoice_id, discount_id),
    constraint discount_use_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id),
    constraint discount_use_discount_fkey foreign key (tenant_id, discount_id)
        references billing.discount (tenant_id, discount_id)
);

alter table billing.usage_event
    add column recorded_at timestamptz not null default now(),
    add column dimensions jsonb;
create index usage_event_subscription_idx on billing.usage_event (tenant_id, subscription_id, meter, occurred_at);

-- ---- facts for the world outside

create schema events;

create table events.outbox (
    tenant_id integer not null,
    event_id uuid not null,
    kind text not null,
    subject_id uuid not null,
    occurred_at timestamptz not null,
    payload jsonb not null,
    position bigint generated always as identity,
    constraint outbox_pkey primary key (tenant_id, event_id),
    constraint outbox_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);
comment on table events.outbox is 'facts to be published, written with what they tell of; the relay takes them in the order of position';
comment on column events.outbox.event_id is 'follows from the fact: a fact is published once';

do $$ declare name regclass; begin
    foreach name in array array['billing.dialect', 'billing.legal_entity', 'billing.subscription_pause',
        'billing.subscription_order', 'billing.bill_run', 'billing.parked', 'billing.derivation',
        'billing.credit_note_line', 'billing.discount_use', 'events.outbox']::regclass[] loop
        execute format('alter table %s enable row level security', name);
        execute format('create policy tenant_wall on %s
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
    end loop;
end $$;

grant usage on schema events to trueup_app;
grant select, insert, update, delete on all tables in schema billing to trueup_app;
grant select, insert, delete on events.outbox to trueup_app;

select tenancy.guard_referenced();
