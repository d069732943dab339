-- What billing knows. Amounts are millionths of the currency's main unit; periods are half-open.
create schema billing;

create table billing.customer (
    tenant_id integer not null,
    customer_id uuid not null,
    name text,
    email text,
    phone text,
    company text,
    currency text,
    time_zone text not null,
    locale text,
    address_line1 text,
    address_line2 text,
    city text,
    region text,
    postal_code text,
    country text,
    parent_customer_id uuid,
    is_tax_exempt boolean not null,
    psp text,
    psp_customer_id text,
    status text not null,
    created_at timestamptz not null,
    closed_at timestamptz,
    authority text not null,
    authority_epoch bigint not null default 1,
    origin text not null,
    constraint customer_pkey primary key (tenant_id, customer_id),
    constraint customer_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint customer_parent_fkey foreign key (tenant_id, parent_customer_id)
        references billing.customer (tenant_id, customer_id) deferrable initially deferred,
    constraint customer_status_known check (status in ('active', 'closed')),
    constraint customer_authority_known check (authority in ('source', 'target')),
    constraint customer_origin_known check (origin in ('native', 'imported')),
    constraint customer_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint customer_country_shape check (country ~ '^[A-Z]{2}$')
);
comment on column billing.customer.authority is 'who may bill, charge or mail this customer: source (the legacy system) or target (this platform)';

create table billing.tax_identity (
    tenant_id integer not null,
    tax_identity_id uuid not null,
    customer_id uuid not null,
    kind text not null,
    value text not null,
    country text,
    valid_until date,
    evidence text,
    constraint tax_identity_pkey primary key (tenant_id, tax_identity_id),
    constraint tax_identity_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint tax_identity_kind_known check (kind in ('vat', 'gst', 'ein', 'exemption_certificate', 'other'))
);

create table billing.payment_method (
    tenant_id integer not null,
    payment_method_id uuid not null,
    customer_id uuid not null,
    kind text not null,
    psp text,
    psp_payment_method_id text,
    brand text,
    last4 text,
    expiry_year smallint,
    expiry_month smallint,
    fingerprint text,
    mandate_reference text,
    is_default boolean not null,
    status text not null,
    created_at timestamptz,
    constraint payment_method_pkey primary key (tenant_id, payment_method_id),
    constraint payment_method_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint payment_method_kind_known check (kind in ('card', 'bank_debit', 'bank_transfer', 'wallet', 'check', 'other')),
    constraint payment_method_status_known check (status in ('active', 'detached')),
    constraint payment_method_last4_shape check (last4 ~ '^[0-9]{4}$'),
    constraint payment_method_month_range check (expiry_month between 1 and 12)
);
create unique index payment_method_default_key on billing.payment_method (tenant_id, customer_id)
    where is_default and status = 'active';

create table billing.product (
    tenant_id integer not null,
    product_id uuid not null,
    name text not null,
    is_active boolean not null,
    constraint product_pkey primary key (tenant_id, product_id),
    constraint product_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id)
);

create table billing.plan (
    tenant_id integer not null,
    plan_id uuid not null,
    product_id uuid not null,
    name text not null,
    interval text not null,
    interval_count integer not null,
    trial_days integer not null,
    is_active boolean not null,
    created_at timestamptz,
    constraint plan_pkey primary key (tenant_id, plan_id),
    constraint plan_product_fkey foreign key (tenant_id, product_id)
        references billing.product (tenant_id, product_id),
    constraint plan_interval_known check (interval in ('day', 'week', 'month', 'quarter', 'year', 'once')),
    constraint plan_interval_count_positive check (interval_count > 0),
    constraint plan_trial_days_range check (trial_days >= 0)
);

-- A price version: immutable. Grandfathered subscriptions keep the version they were sold.
create table billing.price (
    tenant_id integer not null,
    price_id uuid not null,
    plan_id uuid not null,
    currency text not null,
    model text not null,
    meter text,
    unit_amount_micros bigint,
    tiers jsonb,
    effective_from timestamptz,
    constraint price_pkey primary key (tenant_id, price_id),
    constraint price_plan_fkey foreign key (tenant_id, plan_id)
        references billing.plan (tenant_id, plan_id),
    constraint price_currency_shape check (currency ~ '^[A-Z]{3}$'),
    constraint price_model_known check (model in ('flat', 'per_unit', 'graduated', 'volume', 'package')),
    constraint price_has_amount check (tiers is not null or unit_amount_micros is not null)
);
create trigger price_is_a_fact before update or delete on billing.price
    for each row execute function tenancy.refuse_change();

create table billing.subscription (
    tenant_id integer not null,
    subscription_id uuid not null,
    customer_id uuid not null,
    status text not null,
    currency text not null,
    started_at timestamptz,
    trial_end_at timestamptz,
    current_period_start timestamptz,
    current_period_end timestamptz,
    charged_through_at timestamptz,
    anchor_day smallint,
    cancel_at_period_end boolean not null,
    cancel_at timestamptz,
    cancelled_at timestamptz,
    ended_at timestamptz,
    paused_at timestamptz,
    collection_method text not null,
    net_days integer not null,
    constraint subscription_pkey primary key (tenant_id, subscription_id),
    constraint subscription_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint subscription_status_known check (status in
        ('pending', 'incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'cancelled', 'expired')),
    constraint subscription_period_half_open check (current_period_start < current_period_end),
    constraint subscription_anchor_day_range check (anchor_day between 1 and 31),
    constraint subscription_collection_known check (collection_method in ('charge_automatically', 'send_invoice')),
    constraint subscription_net_days_range check (net_days >= 0),
    constraint subscription_currency_shape check (currency ~ '^[A-Z]{3}$')
);
create index subscription_customer_idx on billing.subscription (tenant_id, customer_id);

create table billing.subscription_item (
    tenant_id integer not null,
    subscription_id uuid not null,
    position smallint not null,
    price_id uuid not null,
    quantity numeric(20, 6) not null,
    constraint subscription_item_pkey primary key (tenant_id, subscription_id, position),
    constraint subscription_item_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint subscription_item_price_fkey foreign key (tenant_id, price_id)
        references billing.price (tenant_id, price_id),
    constraint subscription_item_quantity_range check (quantity >= 0)
);

create table billing.discount (
    tenant_id integer not null,
    discount_id uuid not null,
    subscription_id uuid not null,
    coupon_code text not null,
    percent_bp integer,
    amount_micros bigint,
    currency text,
    periods_remaining integer,
    starts_at timestamptz,
    ends_at timestamptz,
    constraint discount_pkey primary key (tenant_id, discount_id),
    constraint discount_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint discount_percent_range check (percent_bp between 1 and 10000),
    constraint discount_amount_positive check (amount_micros > 0),
    constraint discount_one_kind check ((percent_bp is null) <> (amount_micros is null)),
    constraint discount_amount_has_currency check (amount_micros is null or currency is not null),
    constraint discount_periods_range check (periods_remaining >= 0)
);
comment on column billing.discount.periods_remaining is 'null: for ever';

create table billing.invoice (
    tenant_id integer not null,
    invoice_id uuid not null,
    customer_id uuid not null,
    subscription_id uuid,
    number text,
    status text not null,
    currency text not null,
    subtotal_micros bigint not null,
    discount_micros bigint not null,
    tax_micros bigint not null,
    total_micros bigint not null,
    paid_micros bigint not null,
    credited_micros bigint not null,
    issued_at timestamptz,
    due_at timestamptz,
    paid_at timestamptz,
    voided_at timestamptz,
    period_start timestamptz,
    period_end timestamptz,
    origin text not null,
    constraint invoice_pkey primary key (tenant_id, invoice_id),
    constraint invoice_number_key unique (tenant_id, number),
    constraint invoice_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint invoice_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id),
    constraint invoice_status_known check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
    constraint invoice_total_adds_up check (total_micros = subtotal_micros - discount_micros + tax_micros),
    constraint invoice_issued_has_number check (status = 'draft' or number is not null),
    constraint invoice_origin_known check (origin in ('native', 'imported')),
    constraint invoice_currency_shape check (currency ~ '^[A-Z]{3}$')
);
comment on column billing.invoice.credited_micros is 'settled by credits and credit notes; due = total - paid - credited';
create index invoice_customer_idx on billing.invoice (tenant_id, customer_id);

-- An issued document does not change: only how much of it is settled, and its status, may.
create function billing.refuse_document_change() returns trigger
    language plpgsql as $$
begin
    if old.status = 'draft' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    if tg_op = 'UPDATE' and (new.customer_id, new.subscription_id, new.number, new.currency, new.subtotal_micros,
            new.discount_micros, new.tax_micros, new.total_micros, new.issued_at, new.due_at,
            new.period_start, new.period_end, new.origin)
        is not distinct from (old.customer_id, old.subscription_id, old.number, old.currency, old.subtotal_micros,
            old.discount_micros, old.tax_micros, old.total_micros, old.issued_at, old.due_at,
            old.period_start, old.period_end, old.origin) then
        return new;
    end if;
    raise exception 'invoice % is issued: % refused', coalesce(old.number, old.invoice_id::text), tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct it by a credit note';
end $$;
create trigger invoice_is_immutable before update or delete on billing.invoice
    for each row execute function billing.refuse_document_change();

create table billing.line_item (
    tenant_id integer not null,
    line_item_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    description text,
    quantity numeric(20, 6),
    unit_amount_micros bigint,
    amount_micros bigint not null,
    tax_micros bigint not null,
    tax_rate numeric(9, 6),
    period_start timestamptz,
    period_end timestamptz,
    product_id uuid,
    constraint line_item_pkey primary key (tenant_id, invoice_id, position),
    constraint line_item_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id)
);
comment on column billing.line_item.tax_rate is 'fraction: 0.20 is 20 %';
create trigger line_item_is_a_fact before update or delete on billing.line_item
    for each row execute function tenancy.refuse_change();

create table billing.credit_note (
    tenant_id integer not null,
    credit_note_id uuid not null,
    invoice_id uuid not null,
    number text not null,
    currency text not null,
    amount_micros bigint not null,
    tax_micros bigint not null,
    reason text,
    status text not null,
    issued_at timestamptz not null,
    constraint credit_note_pkey primary key (tenant_id, credit_note_id),
    constraint credit_note_number_key unique (tenant_id, number),
    constraint credit_note_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id),
    constraint credit_note_amount_positive check (amount_micros > 0),
    constraint credit_note_status_known check (status in ('issued', 'void'))
);
comment on column billing.credit_note.amount_micros is 'gross, including tax_micros';

-- The next number of each series; numbers below it are taken, by us or by the system before us.
create table billing.number_series (
    tenant_id integer not null,
    document text not null,
    prefix text not null,
    digits smallint not null,
    next_number bigint not null,
    constraint number_series_pkey primary key (tenant_id, document, prefix),
    constraint number_series_tenant_fkey foreign key (tenant_id) references tenancy.tenant (tenant_id),
    constraint number_series_document_known check (document in ('invoice', 'credit_note')),
    constraint number_series_next_positive check (next_number > 0)
);

create table billing.pending_item (
    tenant_id integer not null,
    pending_item_id uuid not null,
    customer_id uuid not null,
    subscription_id uuid,
    description text not null,
    currency text not null,
    amount_micros bigint not null,
    occurred_at timestamptz,
    constraint pending_item_pkey primary key (tenant_id, pending_item_id),
    constraint pending_item_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint pending_item_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id)
);
comment on table billing.pending_item is 'charges and credits that wait for the next invoice';

create table billing.payment (
    tenant_id integer not null,
    payment_id uuid not null,
    customer_id uuid not null,
    invoice_id uuid,
    payment_method_id uuid,
    method_kind text,
    status text not null,
    currency text not null,
    amount_micros bigint not null,
    occurred_at timestamptz not null,
    psp text,
    psp_payment_id text,
    failure_message text,
    idempotency_key text,
    constraint payment_pkey primary key (tenant_id, payment_id),
    constraint payment_idempotency_key_key unique (tenant_id, idempotency_key),
    constraint payment_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint payment_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id),
    constraint payment_method_fkey foreign key (tenant_id, payment_method_id)
        references billing.payment_method (tenant_id, payment_method_id),
    constraint payment_status_known check (status in ('pending', 'succeeded', 'failed', 'cancelled')),
    constraint payment_amount_positive check (amount_micros > 0),
    constraint payment_currency_shape check (currency ~ '^[A-Z]{3}$')
);
comment on column billing.payment.invoice_id is 'null: money received on account, allocated to no invoice yet';
comment on column billing.payment.idempotency_key is 'imported keys are namespaced by their source';

create table billing.refund (
    tenant_id integer not null,
    refund_id uuid not null,
    payment_id uuid not null,
    status text not null,
    currency text not null,
    amount_micros bigint not null,
    reason text,
    psp_refund_id text,
    occurred_at timestamptz not null,
    constraint refund_pkey primary key (tenant_id, refund_id),
    constraint refund_payment_fkey foreign key (tenant_id, payment_id)
        references billing.payment (tenant_id, payment_id),
    constraint refund_status_known check (status in ('pending', 'succeeded', 'failed', 'cancelled')),
    constraint refund_amount_positive check (amount_micros > 0)
);

create table billing.dispute (
    tenant_id integer not null,
    dispute_id uuid not null,
    payment_id uuid not null,
    status text not null,
    currency text not null,
    amount_micros bigint not null,
    reason text,
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint dispute_pkey primary key (tenant_id, dispute_id),
    constraint dispute_payment_fkey foreign key (tenant_id, payment_id)
        references billing.payment (tenant_id, payment_id),
    constraint dispute_status_known check (status in ('open', 'won', 'lost')),
    constraint dispute_amount_positive check (amount_micros > 0)
);

create table billing.credit (
    tenant_id integer not null,
    credit_id uuid not null,
    customer_id uuid not null,
    currency text not null,
    original_micros bigint not null,
    remaining_micros bigint not null,
    reason text,
    priority smallint not null,
    granted_at timestamptz not null,
    expires_at timestamptz,
    constraint credit_pkey primary key (tenant_id, credit_id),
    constraint credit_customer_fkey foreign key (tenant_id, customer_id)
        references billing.customer (tenant_id, customer_id),
    constraint credit_currency_shape check (currency ~ '^[A-Z]{3}$')
);
comment on column billing.credit.remaining_micros is 'what is left to spend; negative: the customer owes it';

create table billing.credit_application (
    tenant_id integer not null,
    credit_application_id uuid not null,
    credit_id uuid not null,
    invoice_id uuid not null,
    amount_micros bigint not null,
    applied_at timestamptz not null,
    constraint credit_application_pkey primary key (tenant_id, credit_application_id),
    constraint credit_application_credit_fkey foreign key (tenant_id, credit_id)
        references billing.credit (tenant_id, credit_id),
    constraint credit_application_invoice_fkey foreign key (tenant_id, invoice_id)
        references billing.invoice (tenant_id, invoice_id),
    constraint credit_application_amount_positive check (amount_micros > 0)
);

create table billing.usage_event (
    tenant_id integer not null,
    usage_event_id uuid not null,
    subscription_id uuid not null,
    meter text not null,
    quantity numeric(20, 6) not null,
    occurred_at timestamptz not null,
    idempotency_key text,
    is_billed boolean not null,
    constraint usage_event_pkey primary key (tenant_id, usage_event_id),
    constraint usage_event_idempotency_key_key unique (tenant_id, idempotency_key),
    constraint usage_event_subscription_fkey foreign key (tenant_id, subscription_id)
        references billing.subscription (tenant_id, subscription_id)
);
comment on column billing.usage_event.is_billed is 'already on an issued invoice; never billed again';

do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'billing' loop
        execute format('alter table billing.%I enable row level security', name);
        execute format('create policy tenant_wall on billing.%I
            using (tenant_id = tenancy.current_tenant())
            with check (tenant_id = tenancy.current_tenant())', name);
    end loop;
end $$;

grant usage on schema billing to trueup_app;
grant select, insert, update, delete on all tables in schema billing to trueup_app;
