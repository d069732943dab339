-- The sum of versions/*.sql as pg_dump tells it. Written by `make schema`; do not edit.

CREATE SCHEMA billing;

CREATE SCHEMA events;

CREATE SCHEMA ledger;

CREATE SCHEMA migration;

CREATE SCHEMA tenancy;

CREATE FUNCTION billing.mark_test_series() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from billing.test_clock c where c.tenant_id = new.tenant_id) then
        new.invoice_prefix := 'TEST-' || regexp_replace(new.invoice_prefix, '^TEST-', '');
        new.credit_note_prefix := 'TEST-' || regexp_replace(new.credit_note_prefix, '^TEST-', '');
    end if;
    return new;
end $$;

CREATE FUNCTION billing.refuse_billed_item_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if old.invoice_id is null then
        return coalesce(new, old);
    end if;
    if tg_op = 'UPDATE' and new.invoice_id is null then
        old.invoice_id := null;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    raise exception 'a pending item that is billed stays as it is: % refused', tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct its invoice by a credit note';
end $$;

CREATE FUNCTION billing.refuse_clock_backwards() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.stands_at < old.stands_at or new.of_tenant_id <> old.of_tenant_id then
        raise exception 'a test clock only moves forward: it stands at %', old.stands_at
            using errcode = 'integrity_constraint_violation', hint = 'make another clock that begins earlier';
    end if;
    return new;
end $$;

CREATE FUNCTION billing.refuse_document_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION billing.refuse_exchange_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'DELETE' and exists (select from billing.invoice i
            where i.tenant_id = old.tenant_id and i.invoice_id = old.invoice_id and i.status = 'draft') then
        return old;
    end if;
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'integrity_constraint_violation', hint = 'correct the invoice by a credit note';
end $$;

CREATE FUNCTION billing.refuse_line_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION billing.refuse_plan_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION billing.refuse_run_ahead_of_clock() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    stands timestamptz := (select stands_at from billing.test_clock c where c.tenant_id = new.tenant_id);
begin
    if new.until > stands then
        raise exception 'these are books of a test clock that stands at %, before %', stands, new.until
            using errcode = 'integrity_constraint_violation', hint = 'move the clock on: trueup clock advance';
    end if;
    return new;
end $$;

CREATE FUNCTION migration.refuse_load_into_test_books() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from billing.test_clock c where c.tenant_id = new.tenant_id) then
        raise exception 'these are books of a test clock: nothing is migrated into them'
            using errcode = 'integrity_constraint_violation', hint = 'load into a tenant of its own';
    end if;
    return new;
end $$;

CREATE FUNCTION tenancy.await_referrers(tenant integer) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT pg_advisory_xact_lock(hashtext('trueup referenced'::text), tenant) AS pg_advisory_xact_lock;
END;

CREATE FUNCTION tenancy.await_referrers_of_row() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform tenancy.await_referrers(old.tenant_id);
    return case when tg_op = 'DELETE' then old else new end;
end $$;

CREATE FUNCTION tenancy.can_check_references(child regclass, given text[]) RETURNS boolean
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ((NOT (EXISTS ( SELECT
            FROM pg_trigger t
           WHERE ((t.tgrelid = (can_check_references.child)::oid) AND (((t.tgtype)::integer & 4) <> 0) AND (t.tgfoid <> ('"RI_FKey_check_ins"'::regproc)::oid))))) AND (NOT (EXISTS ( SELECT
            FROM pg_rewrite r
           WHERE (r.ev_class = (can_check_references.child)::oid)))) AND (NOT (EXISTS ( SELECT
            FROM (pg_constraint f
              JOIN pg_attribute a ON (((a.attrelid = f.conrelid) AND (a.attnum = ANY (f.conkey)))))
           WHERE ((f.conrelid = (can_check_references.child)::oid) AND (f.contype = 'f'::"char") AND (((a.attname = ANY (can_check_references.given)) AND (f.condeferrable OR (f.confmatchtype <> 's'::"char"))) OR ((a.attname <> 'tenant_id'::name) AND (NOT (a.attname = ANY (can_check_references.given))) AND a.atthasdef) OR (NOT (EXISTS ( SELECT
                    FROM pg_trigger g
                   WHERE ((g.tgrelid = f.confrelid) AND (g.tgname = 'referenced_rows_stay'::name) AND (g.tgenabled = ANY (ARRAY['O'::"char", 'A'::"char"]))))))))))));
END;

CREATE FUNCTION tenancy.check_references(child regclass, stage text, given text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashagg TO 'off'
    AS $$
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

CREATE FUNCTION tenancy.copy_rows(copied regclass, source integer, books integer, customers uuid[], wanted text, changed jsonb, names jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
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
end $_$;

CREATE FUNCTION tenancy.current_tenant() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('trueup.tenant_id'::text, true), ''::text))::integer;

CREATE FUNCTION tenancy.guard_referenced() RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION tenancy.keep_referenced(tenant integer) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT pg_advisory_xact_lock_shared(hashtext('trueup referenced'::text), tenant) AS pg_advisory_xact_lock_shared;
END;

CREATE FUNCTION tenancy.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'integrity_constraint_violation',
              hint = 'record a reversal instead';
end $$;

CREATE FUNCTION tenancy.remove_test_books(books integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
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
end $_$;

CREATE TABLE billing.bill_run (
    tenant_id integer NOT NULL,
    bill_run_id uuid NOT NULL,
    until timestamp with time zone NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    due integer DEFAULT 0 NOT NULL,
    billed integer DEFAULT 0 NOT NULL,
    quiet integer DEFAULT 0 NOT NULL,
    parked integer DEFAULT 0 NOT NULL,
    invoices integer DEFAULT 0 NOT NULL,
    still_due integer,
    money jsonb DEFAULT '{}'::jsonb NOT NULL,
    left_out integer DEFAULT 0 NOT NULL
);

COMMENT ON COLUMN billing.bill_run.quiet IS 'due, and owing nothing';

COMMENT ON COLUMN billing.bill_run.left_out IS 'how many rows of usage_left_out it wrote';

CREATE TABLE billing.bill_schedule (
    tenant_id integer NOT NULL,
    every_minutes integer,
    local_times jsonb,
    time_zone text,
    workers integer NOT NULL,
    set_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    CONSTRAINT bill_schedule_every_range CHECK (((every_minutes >= 1) AND (every_minutes <= 10080))),
    CONSTRAINT bill_schedule_one_rhythm CHECK (((every_minutes IS NULL) <> (local_times IS NULL))),
    CONSTRAINT bill_schedule_times_in_a_zone CHECK (((local_times IS NULL) = (time_zone IS NULL))),
    CONSTRAINT bill_schedule_workers_range CHECK (((workers >= 1) AND (workers <= 64)))
);

COMMENT ON COLUMN billing.bill_schedule.next_at IS 'moved on when a run is over: what was missed or cut short is made up for by one run';

CREATE TABLE billing.credit (
    tenant_id integer NOT NULL,
    credit_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    currency text NOT NULL,
    original_micros bigint NOT NULL,
    remaining_micros bigint NOT NULL,
    reason text,
    priority smallint NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    is_goodwill boolean DEFAULT false NOT NULL,
    origin text DEFAULT 'native'::text NOT NULL,
    is_taken_back boolean DEFAULT false NOT NULL,
    broken_micros bigint DEFAULT 0 NOT NULL,
    CONSTRAINT credit_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT credit_origin_known CHECK ((origin = ANY (ARRAY['native'::text, 'imported'::text])))
);

COMMENT ON COLUMN billing.credit.remaining_micros IS 'what is left to spend; negative: the customer owes it';

COMMENT ON COLUMN billing.credit.is_goodwill IS 'given out of goodwill, not the customer''s own money: what is left of it can be taken back';

COMMENT ON COLUMN billing.credit.is_taken_back IS 'what was left of it was taken back; what a void invoice gives back of it is taken back, too';

COMMENT ON COLUMN billing.credit.broken_micros IS 'what of it is in the books as not spent before it ended: the sum of its breakage';

CREATE TABLE billing.credit_application (
    tenant_id integer NOT NULL,
    credit_application_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    amount_micros bigint NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    is_after_issue boolean DEFAULT false NOT NULL,
    CONSTRAINT credit_application_amount_positive CHECK ((amount_micros > 0))
);

COMMENT ON COLUMN billing.credit_application.is_after_issue IS 'applied when the invoice was issued already: its document does not tell of it';

CREATE TABLE billing.credit_breakage (
    tenant_id integer NOT NULL,
    credit_breakage_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    bill_run_id uuid,
    amount_micros bigint NOT NULL,
    CONSTRAINT credit_breakage_something CHECK ((amount_micros <> 0))
);

COMMENT ON TABLE billing.credit_breakage IS 'by how much a run found more, or less, left of a credit that had ended than was in the books';

COMMENT ON COLUMN billing.credit_breakage.bill_run_id IS 'the run that found it; of a copy on a test clock none';

CREATE TABLE billing.credit_note (
    tenant_id integer NOT NULL,
    credit_note_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    number text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL,
    tax_micros bigint NOT NULL,
    reason text,
    status text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    bill_run_id uuid,
    origin text DEFAULT 'imported'::text NOT NULL,
    recorded_at timestamp with time zone,
    CONSTRAINT credit_note_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT credit_note_origin_known CHECK ((origin = ANY (ARRAY['native'::text, 'imported'::text]))),
    CONSTRAINT credit_note_status_known CHECK ((status = ANY (ARRAY['issued'::text, 'void'::text])))
);

COMMENT ON COLUMN billing.credit_note.amount_micros IS 'gross, including tax_micros';

COMMENT ON COLUMN billing.credit_note.recorded_at IS 'as invoice.finalized_at';

CREATE TABLE billing.credit_note_line (
    tenant_id integer NOT NULL,
    credit_note_id uuid NOT NULL,
    "position" integer NOT NULL,
    subscription_id uuid,
    line_key text NOT NULL,
    gives_back text NOT NULL,
    item_key text,
    amount_micros bigint NOT NULL,
    period_start timestamp with time zone,
    period_end timestamp with time zone,
    derivation_id uuid,
    CONSTRAINT credit_note_line_amount_range CHECK ((amount_micros >= 0))
);

CREATE TABLE billing.credit_payout (
    tenant_id integer NOT NULL,
    credit_payout_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    amount_micros bigint NOT NULL,
    reference text NOT NULL,
    "position" integer NOT NULL,
    paid_out_at timestamp with time zone NOT NULL,
    CONSTRAINT credit_payout_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT credit_payout_reference_not_blank CHECK (((reference <> ''::text) AND (reference = btrim(reference))))
);

COMMENT ON TABLE billing.credit_payout IS 'what was paid back to customers, of which credit; parts of one payment share its reference';

CREATE TABLE billing.credit_payout_undone (
    tenant_id integer NOT NULL,
    credit_payout_id uuid NOT NULL,
    undone_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE billing.credit_payout_undone IS 'parts of pay-outs that were taken back: the customer has the credit again';

CREATE TABLE billing.customer (
    tenant_id integer NOT NULL,
    customer_id uuid NOT NULL,
    name text,
    email text,
    phone text,
    company text,
    currency text,
    time_zone text NOT NULL,
    locale text,
    address_line1 text,
    address_line2 text,
    city text,
    region text,
    postal_code text,
    country text,
    parent_customer_id uuid,
    is_tax_exempt boolean NOT NULL,
    psp text,
    psp_customer_id text,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    authority text NOT NULL,
    authority_epoch bigint DEFAULT 1 NOT NULL,
    origin text NOT NULL,
    CONSTRAINT customer_authority_known CHECK ((authority = ANY (ARRAY['source'::text, 'target'::text]))),
    CONSTRAINT customer_country_shape CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT customer_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT customer_origin_known CHECK ((origin = ANY (ARRAY['native'::text, 'imported'::text]))),
    CONSTRAINT customer_status_known CHECK ((status = ANY (ARRAY['active'::text, 'closed'::text])))
);

COMMENT ON COLUMN billing.customer.authority IS 'who may bill, charge or mail this customer: source (the legacy system) or target (this platform)';

CREATE TABLE billing.customer_earlier (
    tenant_id integer NOT NULL,
    customer_id uuid NOT NULL,
    held_until timestamp with time zone NOT NULL,
    name text,
    company text,
    email text,
    locale text,
    time_zone text NOT NULL,
    address_line1 text,
    address_line2 text,
    city text,
    region text,
    postal_code text,
    country text,
    vat_number text
);

COMMENT ON TABLE billing.customer_earlier IS 'what documents printed of a customer until it was mended';

COMMENT ON COLUMN billing.customer_earlier.held_until IS 'when it was mended, by the clock on the wall';

COMMENT ON COLUMN billing.customer_earlier.vat_number IS 'the one on file that a document prints which was not taxed by another';

CREATE TABLE billing.derivation (
    tenant_id integer NOT NULL,
    derivation_id uuid NOT NULL,
    body jsonb NOT NULL
);

CREATE TABLE billing.dialect (
    tenant_id integer NOT NULL,
    name text NOT NULL,
    settings jsonb NOT NULL,
    is_default boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN billing.dialect.settings IS 'only what differs from Trueup''s own conventions';

CREATE TABLE billing.discount (
    tenant_id integer NOT NULL,
    discount_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    coupon_code text NOT NULL,
    percent_bp integer,
    amount_micros bigint,
    currency text,
    periods_remaining integer,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    left_micros bigint,
    limits jsonb,
    is_once boolean DEFAULT false NOT NULL,
    CONSTRAINT discount_amount_has_currency CHECK (((amount_micros IS NULL) OR (currency IS NOT NULL))),
    CONSTRAINT discount_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT discount_one_kind CHECK (((percent_bp IS NULL) <> (amount_micros IS NULL))),
    CONSTRAINT discount_percent_range CHECK (((percent_bp >= 1) AND (percent_bp <= 10000))),
    CONSTRAINT discount_periods_range CHECK ((periods_remaining >= 0))
);

COMMENT ON COLUMN billing.discount.periods_remaining IS 'null: for ever';

COMMENT ON COLUMN billing.discount.left_micros IS 'what is left of an amount that is taken off once; null where that is not counted';

COMMENT ON COLUMN billing.discount.limits IS '{"plans": [...], "charges": [...]}: what it is limited to; null: everything';

CREATE TABLE billing.discount_use (
    tenant_id integer NOT NULL,
    invoice_id uuid NOT NULL,
    discount_id uuid NOT NULL,
    amount_micros bigint NOT NULL,
    uses_counted integer NOT NULL
);

CREATE TABLE billing.dispute (
    tenant_id integer NOT NULL,
    dispute_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL,
    reason text,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT dispute_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT dispute_status_known CHECK ((status = ANY (ARRAY['open'::text, 'won'::text, 'lost'::text])))
);

CREATE TABLE billing.fx_rate (
    tenant_id integer NOT NULL,
    fx_rate_id uuid NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    rate numeric(30,12) NOT NULL,
    source text NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fx_rate_of_two CHECK ((base <> quote)),
    CONSTRAINT fx_rate_positive CHECK ((rate > (0)::numeric)),
    CONSTRAINT fx_rate_shape CHECK (((base ~ '^[A-Z]{3}$'::text) AND (quote ~ '^[A-Z]{3}$'::text))),
    CONSTRAINT fx_rate_source_not_blank CHECK (((source <> ''::text) AND (source = btrim(source))))
);

COMMENT ON COLUMN billing.fx_rate.rate IS 'units of quote for one of base';

CREATE TABLE billing.invoice (
    tenant_id integer NOT NULL,
    invoice_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    subscription_id uuid,
    number text,
    status text NOT NULL,
    currency text NOT NULL,
    subtotal_micros bigint NOT NULL,
    discount_micros bigint NOT NULL,
    tax_micros bigint NOT NULL,
    total_micros bigint NOT NULL,
    paid_micros bigint NOT NULL,
    credited_micros bigint NOT NULL,
    issued_at timestamp with time zone,
    due_at timestamp with time zone,
    paid_at timestamp with time zone,
    voided_at timestamp with time zone,
    period_start timestamp with time zone,
    period_end timestamp with time zone,
    origin text NOT NULL,
    legal_entity_id uuid,
    bill_run_id uuid,
    kind text DEFAULT 'cycle'::text NOT NULL,
    finalize_after timestamp with time zone,
    tax_fact_id uuid,
    put_aside_micros bigint DEFAULT 0 NOT NULL,
    replaces_invoice_id uuid,
    drafted_at timestamp with time zone,
    finalized_at timestamp with time zone,
    CONSTRAINT invoice_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT invoice_issued_has_number CHECK (((status = ANY (ARRAY['draft'::text, 'void'::text])) OR (number IS NOT NULL))),
    CONSTRAINT invoice_kind_known CHECK ((kind = ANY (ARRAY['cycle'::text, 'threshold'::text, 'manual'::text]))),
    CONSTRAINT invoice_origin_known CHECK ((origin = ANY (ARRAY['native'::text, 'imported'::text]))),
    CONSTRAINT invoice_status_known CHECK ((status = ANY (ARRAY['draft'::text, 'open'::text, 'paid'::text, 'void'::text, 'uncollectible'::text]))),
    CONSTRAINT invoice_total_adds_up CHECK ((total_micros = ((subtotal_micros - discount_micros) + tax_micros)))
);

COMMENT ON COLUMN billing.invoice.credited_micros IS 'settled by credits and credit notes; due = total - paid - credited';

COMMENT ON COLUMN billing.invoice.put_aside_micros IS 'what a negative total put on the customer''s credit (B19)';

COMMENT ON COLUMN billing.invoice.drafted_at IS 'of a draft in its days of grace: when the usage on it was read';

COMMENT ON COLUMN billing.invoice.finalized_at IS 'when it was issued here, by the clock on the wall; null: not issued, issued elsewhere, or before this was noted';

CREATE TABLE billing.legal_entity (
    tenant_id integer NOT NULL,
    legal_entity_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    region text,
    postal_code text,
    vat_number text,
    collects_in jsonb DEFAULT '[]'::jsonb NOT NULL,
    takes_tax boolean DEFAULT true NOT NULL,
    invoice_prefix text NOT NULL,
    credit_note_prefix text NOT NULL,
    digits smallint DEFAULT 6 NOT NULL,
    grace_days integer DEFAULT 0 NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    tax_currency text,
    least_due jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT legal_entity_country_shape CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT legal_entity_digits_range CHECK (((digits >= 1) AND (digits <= 15))),
    CONSTRAINT legal_entity_grace_range CHECK (((grace_days >= 0) AND (grace_days <= 60))),
    CONSTRAINT legal_entity_tax_currency_shape CHECK ((tax_currency ~ '^[A-Z]{3}$'::text))
);

COMMENT ON COLUMN billing.legal_entity.takes_tax IS 'false: prices are final and no invoice carries tax; said, never assumed';

COMMENT ON COLUMN billing.legal_entity.grace_days IS 'how long an invoice stays a draft before it is numbered and issued';

COMMENT ON COLUMN billing.legal_entity.time_zone IS 'whose days are meant by dates that concern no single customer';

COMMENT ON COLUMN billing.legal_entity.tax_currency IS 'in which tax is told once more on invoices in another currency; null: nowhere';

COMMENT ON COLUMN billing.legal_entity.least_due IS 'by currency, in micro-units, the least that is collected: {"EUR": 500000}';

CREATE TABLE billing.legal_entity_earlier (
    tenant_id integer NOT NULL,
    legal_entity_id uuid NOT NULL,
    held_until timestamp with time zone NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    region text,
    postal_code text,
    vat_number text,
    time_zone text NOT NULL
);

COMMENT ON TABLE billing.legal_entity_earlier IS 'what documents printed of a legal entity until it was mended';

COMMENT ON COLUMN billing.legal_entity_earlier.held_until IS 'when it was mended, by the clock on the wall';

CREATE TABLE billing.line_item (
    tenant_id integer NOT NULL,
    line_item_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    "position" integer NOT NULL,
    description text,
    quantity numeric(20,6),
    unit_amount_micros bigint,
    amount_micros bigint NOT NULL,
    tax_micros bigint NOT NULL,
    tax_rate numeric(9,6),
    period_start timestamp with time zone,
    period_end timestamp with time zone,
    product_id uuid,
    subscription_id uuid,
    item_key text,
    line_key text,
    kind text,
    plan text,
    charge text,
    discount_micros bigint DEFAULT 0 NOT NULL,
    full_start timestamp with time zone,
    full_end timestamp with time zone,
    gives_back text,
    tax_percent numeric(9,6),
    derivation_id uuid,
    is_void boolean DEFAULT false NOT NULL,
    CONSTRAINT line_item_kind_known CHECK ((kind = ANY (ARRAY['recurring'::text, 'fixed'::text, 'usage'::text, 'minimum'::text, 'commitment'::text, 'add_on'::text, 'one_off'::text, 'credit'::text, 'adjustment'::text, 'account_credit'::text])))
);

COMMENT ON COLUMN billing.line_item.tax_rate IS 'fraction: 0.20 is 20 %';

COMMENT ON COLUMN billing.line_item.line_key IS 'identity within its subscription: what it bills, is billed once (B39)';

COMMENT ON COLUMN billing.line_item.full_start IS 'start of the full period of which this is a part; null: it is all of it';

COMMENT ON COLUMN billing.line_item.gives_back IS 'line_key of the billed line of which this credit is a part';

COMMENT ON COLUMN billing.line_item.is_void IS 'its invoice is void: what it billed is unbilled again';

CREATE TABLE billing.number_series (
    tenant_id integer NOT NULL,
    document text NOT NULL,
    prefix text NOT NULL,
    digits smallint NOT NULL,
    next_number bigint NOT NULL,
    CONSTRAINT number_series_document_known CHECK ((document = ANY (ARRAY['invoice'::text, 'credit_note'::text]))),
    CONSTRAINT number_series_next_positive CHECK ((next_number > 0))
);

CREATE TABLE billing.parked (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    bill_run_id uuid NOT NULL,
    code text NOT NULL,
    sentence text NOT NULL,
    fix text NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE billing.payment (
    tenant_id integer NOT NULL,
    payment_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    invoice_id uuid,
    payment_method_id uuid,
    method_kind text,
    status text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    psp text,
    psp_payment_id text,
    failure_message text,
    idempotency_key text,
    CONSTRAINT payment_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT payment_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
);

COMMENT ON COLUMN billing.payment.invoice_id IS 'null: money received on account, allocated to no invoice yet';

COMMENT ON COLUMN billing.payment.idempotency_key IS 'imported keys are namespaced by their source';

CREATE TABLE billing.payment_method (
    tenant_id integer NOT NULL,
    payment_method_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    psp text,
    psp_payment_method_id text,
    brand text,
    last4 text,
    expiry_year smallint,
    expiry_month smallint,
    fingerprint text,
    mandate_reference text,
    is_default boolean NOT NULL,
    status text NOT NULL,
    created_at timestamp with time zone,
    CONSTRAINT payment_method_kind_known CHECK ((kind = ANY (ARRAY['card'::text, 'bank_debit'::text, 'bank_transfer'::text, 'wallet'::text, 'check'::text, 'other'::text]))),
    CONSTRAINT payment_method_last4_shape CHECK ((last4 ~ '^[0-9]{4}$'::text)),
    CONSTRAINT payment_method_month_range CHECK (((expiry_month >= 1) AND (expiry_month <= 12))),
    CONSTRAINT payment_method_status_known CHECK ((status = ANY (ARRAY['active'::text, 'detached'::text])))
);

CREATE TABLE billing.pending_item (
    tenant_id integer NOT NULL,
    pending_item_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    subscription_id uuid,
    description text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL,
    occurred_at timestamp with time zone,
    invoice_id uuid
);

COMMENT ON TABLE billing.pending_item IS 'charges and credits that wait for the next invoice';

COMMENT ON COLUMN billing.pending_item.invoice_id IS 'the invoice that bills it; null: it waits for one';

CREATE TABLE billing.plan (
    tenant_id integer NOT NULL,
    plan_id uuid NOT NULL,
    product_id uuid NOT NULL,
    name text NOT NULL,
    "interval" text NOT NULL,
    interval_count integer NOT NULL,
    trial_days integer NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone,
    code text,
    minimum_commitment_micros bigint,
    thresholds jsonb,
    phases jsonb,
    tax_category text DEFAULT 'standard'::text NOT NULL,
    CONSTRAINT plan_commitment_positive CHECK ((minimum_commitment_micros > 0)),
    CONSTRAINT plan_interval_count_positive CHECK ((interval_count > 0)),
    CONSTRAINT plan_interval_known CHECK (("interval" = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'quarter'::text, 'year'::text, 'once'::text]))),
    CONSTRAINT plan_trial_days_range CHECK ((trial_days >= 0))
);

COMMENT ON COLUMN billing.plan.thresholds IS 'usage that makes an invoice before its period ends: [{"amount": "100.00", "is_recurring": false}]';

COMMENT ON COLUMN billing.plan.phases IS '[{"kind": "trial", "count": 1, "unit": "months"}], in order; service ends with the last one if it has a length; null: one that never ends';

CREATE TABLE billing.price (
    tenant_id integer NOT NULL,
    price_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    currency text NOT NULL,
    model text NOT NULL,
    meter text,
    unit_amount_micros bigint,
    tiers jsonb,
    effective_from timestamp with time zone,
    charge text,
    kind text,
    timing text,
    phase smallint,
    "interval" text,
    interval_count integer,
    aggregation text,
    is_prorated boolean,
    carries_over boolean DEFAULT false NOT NULL,
    is_per_unit boolean,
    is_private boolean DEFAULT false NOT NULL,
    minimum_micros bigint,
    cost jsonb,
    tax_percent numeric(9,6),
    included_meter text,
    included_quantity numeric(20,6),
    CONSTRAINT price_aggregation_known CHECK ((aggregation = ANY (ARRAY['count'::text, 'sum'::text, 'max'::text, 'unique'::text, 'latest'::text, 'time_weighted'::text]))),
    CONSTRAINT price_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT price_has_amount CHECK (((tiers IS NOT NULL) OR (unit_amount_micros IS NOT NULL))),
    CONSTRAINT price_included_positive CHECK ((included_quantity > (0)::numeric)),
    CONSTRAINT price_included_whole CHECK (((included_meter IS NULL) = (included_quantity IS NULL))),
    CONSTRAINT price_kind_known CHECK ((kind = ANY (ARRAY['recurring'::text, 'fixed'::text, 'one_off'::text, 'add_on'::text, 'usage'::text]))),
    CONSTRAINT price_model_known CHECK ((model = ANY (ARRAY['flat'::text, 'per_unit'::text, 'graduated'::text, 'volume'::text, 'package'::text, 'percentage'::text, 'blocks'::text, 'capacity'::text, 'dynamic'::text, 'matrix'::text]))),
    CONSTRAINT price_rhythm_whole CHECK (((("interval" IS NULL) = (interval_count IS NULL)) AND (interval_count > 0))),
    CONSTRAINT price_timing_known CHECK ((timing = ANY (ARRAY['in_advance'::text, 'in_arrears'::text])))
);

COMMENT ON COLUMN billing.price.charge IS 'name of the charge within its plan; null: the meter, or the plan''s fee';

COMMENT ON COLUMN billing.price.kind IS 'null: usage if there is a meter, else recurring';

COMMENT ON COLUMN billing.price.timing IS 'null: usage in arrears, everything else in advance';

COMMENT ON COLUMN billing.price.is_per_unit IS 'for each unit of the subscription''s quantity; null: yes, unless it is metered';

COMMENT ON COLUMN billing.price.is_private IS 'agreed with one customer: named by its subscription, never offered';

COMMENT ON COLUMN billing.price.included_meter IS 'usage that a period of the fee pays for, of each unit where it is per unit; used up, it is not given back';

CREATE TABLE billing.product (
    tenant_id integer NOT NULL,
    product_id uuid NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE billing.refund (
    tenant_id integer NOT NULL,
    refund_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL,
    reason text,
    psp_refund_id text,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT refund_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT refund_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
);

CREATE TABLE billing.subscription (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    status text NOT NULL,
    currency text NOT NULL,
    started_at timestamp with time zone,
    trial_end_at timestamp with time zone,
    current_period_start timestamp with time zone,
    current_period_end timestamp with time zone,
    charged_through_at timestamp with time zone,
    anchor_day smallint,
    cancel_at_period_end boolean NOT NULL,
    cancel_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    ended_at timestamp with time zone,
    paused_at timestamp with time zone,
    collection_method text NOT NULL,
    net_days integer NOT NULL,
    plan_id uuid,
    quantity numeric(20,6) DEFAULT 1 NOT NULL,
    origin text DEFAULT 'imported'::text NOT NULL,
    legal_entity_id uuid,
    dialect text,
    time_zone text,
    bundle text,
    cycle jsonb,
    phases_from timestamp with time zone,
    final_bill_at timestamp with time zone,
    settles_from timestamp with time zone,
    keeps_prepaid boolean DEFAULT false NOT NULL,
    next_bill_at timestamp with time zone,
    last_billed_at timestamp with time zone,
    is_steady boolean DEFAULT false NOT NULL,
    is_joint boolean DEFAULT false NOT NULL,
    parked_by uuid,
    orders integer DEFAULT 0 NOT NULL,
    usage_watched_at timestamp with time zone,
    former_plans jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT subscription_anchor_day_range CHECK (((anchor_day >= 1) AND (anchor_day <= 31))),
    CONSTRAINT subscription_collection_known CHECK ((collection_method = ANY (ARRAY['charge_automatically'::text, 'send_invoice'::text]))),
    CONSTRAINT subscription_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT subscription_net_days_range CHECK ((net_days >= 0)),
    CONSTRAINT subscription_origin_known CHECK ((origin = ANY (ARRAY['native'::text, 'imported'::text]))),
    CONSTRAINT subscription_period_half_open CHECK ((current_period_start < current_period_end)),
    CONSTRAINT subscription_quantity_range CHECK ((quantity >= (0)::numeric)),
    CONSTRAINT subscription_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'incomplete'::text, 'trialing'::text, 'active'::text, 'past_due'::text, 'unpaid'::text, 'paused'::text, 'cancelled'::text, 'expired'::text])))
);

COMMENT ON COLUMN billing.subscription.time_zone IS 'the zone whose days it counts, kept from its start; null: the customer''s';

COMMENT ON COLUMN billing.subscription.cycle IS 'its natural periods: {"every": [1, "month"], "anchor": [2026, 1, 31]}, "at" the local time of boundaries where it is prorated by the second; {"before", "turns", "after"} where it changes';

COMMENT ON COLUMN billing.subscription.settles_from IS 'a change before is billed then, with the renewal';

COMMENT ON COLUMN billing.subscription.keeps_prepaid IS 'what was billed for time after its end is not given back';

COMMENT ON COLUMN billing.subscription.next_bill_at IS 'when it owes something next; null: never, or not ours to bill';

COMMENT ON COLUMN billing.subscription.is_steady IS 'every charge runs on one cycle and is billed up to the running period: the next bill is a plain renewal';

COMMENT ON COLUMN billing.subscription.is_joint IS 'billed on one invoice with the customer''s other joint subscriptions';

COMMENT ON COLUMN billing.subscription.parked_by IS 'the run that could not bill it; see billing.parked';

COMMENT ON COLUMN billing.subscription.usage_watched_at IS 'usage may make an invoice before its period ends: when that was looked at last; null: it may not';

COMMENT ON COLUMN billing.subscription.former_plans IS 'plans with a minimum commitment that were left, the oldest first: ids';

CREATE TABLE billing.subscription_item (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    "position" smallint NOT NULL,
    price_id uuid NOT NULL,
    quantity numeric(20,6) NOT NULL,
    item_key text,
    served_from timestamp with time zone,
    served_until timestamp with time zone,
    until_if_kept timestamp with time zone,
    is_changed boolean DEFAULT false NOT NULL,
    is_last_whole boolean DEFAULT false NOT NULL,
    replaces text,
    cycle jsonb,
    CONSTRAINT subscription_item_quantity_range CHECK ((quantity >= (0)::numeric)),
    CONSTRAINT subscription_item_span CHECK ((served_from <= served_until))
);

COMMENT ON COLUMN billing.subscription_item.item_key IS 'its identity in every line it is billed by';

COMMENT ON COLUMN billing.subscription_item.until_if_kept IS 'served_until if the agreed cancellation is taken back';

COMMENT ON COLUMN billing.subscription_item.is_changed IS 'its end came of a change, not of a cancellation';

COMMENT ON COLUMN billing.subscription_item.is_last_whole IS 'a last period that its end cuts costs all of it';

COMMENT ON COLUMN billing.subscription_item.cycle IS 'its natural periods; null: the subscription''s own';

CREATE TABLE billing.subscription_order (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    ordered_by text,
    terms jsonb NOT NULL,
    replaced jsonb,
    CONSTRAINT subscription_order_kind_known CHECK ((kind = ANY (ARRAY['start'::text, 'change'::text, 'change_quantity'::text, 'add'::text, 'remove'::text, 'cancel'::text, 'uncancel'::text, 'pause'::text, 'resume'::text, 'change_cycle'::text, 'hand_over'::text, 'change_price'::text, 'take_back'::text])))
);

COMMENT ON COLUMN billing.subscription_order.replaced IS 'what an order for later replaced, to take it back until then';

CREATE TABLE billing.subscription_pause (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    "position" smallint NOT NULL,
    paused_from timestamp with time zone NOT NULL,
    paused_until timestamp with time zone,
    CONSTRAINT subscription_pause_span CHECK ((paused_from < paused_until))
);

CREATE TABLE billing.tax_exchange (
    tenant_id integer NOT NULL,
    invoice_id uuid NOT NULL,
    fx_rate_id uuid NOT NULL,
    currency text NOT NULL,
    tax_micros bigint NOT NULL,
    CONSTRAINT tax_exchange_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE TABLE billing.tax_identity (
    tenant_id integer NOT NULL,
    tax_identity_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    country text,
    valid_until date,
    evidence text,
    CONSTRAINT tax_identity_kind_known CHECK ((kind = ANY (ARRAY['vat'::text, 'gst'::text, 'ein'::text, 'exemption_certificate'::text, 'other'::text])))
);

CREATE TABLE billing.test_clock (
    tenant_id integer NOT NULL,
    of_tenant_id integer NOT NULL,
    stands_at timestamp with time zone NOT NULL,
    heading_to timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT test_clock_heads_onward CHECK ((heading_to >= stands_at)),
    CONSTRAINT test_clock_of_another CHECK ((of_tenant_id <> tenant_id))
);

COMMENT ON TABLE billing.test_clock IS 'a tenant with a row here is the test books of another: nothing in it is real';

COMMENT ON COLUMN billing.test_clock.heading_to IS 'where an advance that is under way, or was killed, is going';

CREATE TABLE billing.usage_event (
    tenant_id integer NOT NULL,
    usage_event_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    meter text NOT NULL,
    quantity numeric(20,6) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    idempotency_key text,
    is_billed boolean NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    dimensions jsonb
);

COMMENT ON COLUMN billing.usage_event.is_billed IS 'already on an issued invoice; never billed again';

CREATE TABLE billing.usage_left_out (
    tenant_id integer NOT NULL,
    bill_run_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    meter text NOT NULL,
    reason text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    events bigint NOT NULL,
    quantity numeric(38,6) NOT NULL,
    CONSTRAINT usage_left_out_reason_known CHECK ((reason = ANY (ARRAY['too_late'::text, 'not_served'::text, 'unpriced'::text]))),
    CONSTRAINT usage_left_out_something CHECK ((events > 0)),
    CONSTRAINT usage_left_out_span CHECK ((starts_at < ends_at))
);

COMMENT ON TABLE billing.usage_left_out IS 'what a bill run met of usage and left on no bill, told once: an event is in one row';

COMMENT ON COLUMN billing.usage_left_out.starts_at IS 'of the period in which it was used';

CREATE TABLE billing.usage_summary (
    tenant_id integer NOT NULL,
    subscription_id uuid NOT NULL,
    meter text NOT NULL,
    day date NOT NULL,
    dimensions jsonb DEFAULT '{}'::jsonb NOT NULL,
    events bigint NOT NULL,
    quantity numeric(38,6) NOT NULL,
    largest numeric(20,6) NOT NULL,
    latest numeric(20,6) NOT NULL,
    latest_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

COMMENT ON TABLE billing.usage_summary IS 'usage not billed by another system, by the local day of the customer';

COMMENT ON COLUMN billing.usage_summary.latest IS 'the quantity at latest_at; of several at one instant the largest';

COMMENT ON COLUMN billing.usage_summary.changed_at IS 'when the last event of this day was recorded: what a bill before it did not know';

CREATE TABLE events.outbox (
    tenant_id integer NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    payload jsonb NOT NULL,
    "position" bigint NOT NULL
);

COMMENT ON TABLE events.outbox IS 'facts to be published, written with what they tell of; the relay takes them in the order of position';

COMMENT ON COLUMN events.outbox.event_id IS 'follows from the fact: a fact is published once';

ALTER TABLE events.outbox ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME events.outbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ledger.account (
    tenant_id integer NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    customer_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_currency_shape CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE TABLE ledger.fold (
    tenant_id integer NOT NULL,
    folded_xid xid8 NOT NULL,
    folded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN ledger.fold.folded_xid IS 'transfers with recorded_xid below this are in folded_balance';

CREATE TABLE ledger.folded_balance (
    tenant_id integer NOT NULL,
    account_id uuid NOT NULL,
    debits_micros numeric(38,0) NOT NULL,
    credits_micros numeric(38,0) NOT NULL
);

CREATE TABLE ledger.transfer (
    tenant_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    template text NOT NULL,
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount_micros bigint NOT NULL,
    currency text NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    recorded_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    is_imported boolean NOT NULL,
    CONSTRAINT transfer_amount_positive CHECK ((amount_micros > 0)),
    CONSTRAINT transfer_imported_is_past CHECK (((NOT is_imported) OR (effective_at <= recorded_at))),
    CONSTRAINT transfer_two_accounts CHECK ((debit_account_id <> credit_account_id))
);

COMMENT ON COLUMN ledger.transfer.entry_id IS 'the business fact that moved the money: an invoice, a payment, a credit';

COMMENT ON COLUMN ledger.transfer.recorded_xid IS 'orders transfers by commit for the balance projection';

CREATE VIEW ledger.balance WITH (security_invoker='true') AS
 WITH fresh AS (
         SELECT t.tenant_id,
            t.debit_account_id,
            t.credit_account_id,
            t.amount_micros
           FROM (ledger.transfer t
             LEFT JOIN ledger.fold f USING (tenant_id))
          WHERE (t.recorded_xid >= COALESCE(f.folded_xid, '0'::xid8))
        ), movement AS (
         SELECT folded_balance.tenant_id,
            folded_balance.account_id,
            folded_balance.debits_micros,
            folded_balance.credits_micros
           FROM ledger.folded_balance
        UNION ALL
         SELECT fresh.tenant_id,
            fresh.debit_account_id,
            fresh.amount_micros,
            0
           FROM fresh
        UNION ALL
         SELECT fresh.tenant_id,
            fresh.credit_account_id,
            0,
            fresh.amount_micros
           FROM fresh
        )
 SELECT a.tenant_id,
    a.account_id,
    a.kind,
    a.currency,
    a.customer_id,
    COALESCE(sum(m.debits_micros), (0)::numeric) AS debits_micros,
    COALESCE(sum(m.credits_micros), (0)::numeric) AS credits_micros
   FROM (ledger.account a
     LEFT JOIN movement m USING (tenant_id, account_id))
  GROUP BY a.tenant_id, a.account_id, a.kind, a.currency, a.customer_id;

CREATE TABLE migration.checkpoint (
    tenant_id integer NOT NULL,
    load_id uuid NOT NULL,
    entity text NOT NULL,
    chunk integer NOT NULL,
    loaded bigint NOT NULL,
    merged bigint NOT NULL,
    excluded bigint NOT NULL,
    rejected bigint NOT NULL,
    committed_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE migration.crosswalk (
    tenant_id integer NOT NULL,
    load_id uuid NOT NULL,
    entity text NOT NULL,
    source_key text NOT NULL,
    target_id uuid NOT NULL,
    source_status text
);

CREATE TABLE migration.load (
    tenant_id integer NOT NULL,
    load_id uuid NOT NULL,
    source text NOT NULL,
    snapshot_hash text NOT NULL,
    mapping_hash text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT load_status_known CHECK ((status = ANY (ARRAY['running'::text, 'finished'::text])))
);

COMMENT ON COLUMN migration.load.source IS 'name of the legacy system; a tenant holds one load of each';

CREATE TABLE migration.set_aside (
    tenant_id integer NOT NULL,
    load_id uuid NOT NULL,
    entity text NOT NULL,
    row_number bigint NOT NULL,
    source_key text,
    bucket text NOT NULL,
    reason text NOT NULL,
    field text,
    value text,
    fix text,
    owner text,
    survivor_key text,
    source_status text,
    currency text,
    amount_micros bigint,
    CONSTRAINT set_aside_bucket_known CHECK ((bucket = ANY (ARRAY['merged'::text, 'excluded'::text, 'rejected'::text]))),
    CONSTRAINT set_aside_excluded_names_owner CHECK (((bucket <> 'excluded'::text) OR (owner IS NOT NULL))),
    CONSTRAINT set_aside_merged_names_survivor CHECK (((bucket <> 'merged'::text) OR (survivor_key IS NOT NULL))),
    CONSTRAINT set_aside_rejected_names_fix CHECK (((bucket <> 'rejected'::text) OR ((field IS NOT NULL) AND (fix IS NOT NULL))))
);

COMMENT ON COLUMN migration.set_aside.row_number IS 'position in the snapshot''s table, from 0: the identity of a row whose key is missing or not unique';

CREATE TABLE migration.table_set_aside (
    tenant_id integer NOT NULL,
    load_id uuid NOT NULL,
    source_table text NOT NULL,
    bucket text NOT NULL,
    reason text NOT NULL,
    owner text,
    row_count bigint NOT NULL,
    CONSTRAINT table_set_aside_bucket_known CHECK ((bucket = ANY (ARRAY['merged'::text, 'excluded'::text]))),
    CONSTRAINT table_set_aside_excluded_names_owner CHECK (((bucket <> 'excluded'::text) OR (owner IS NOT NULL)))
);

CREATE TABLE tenancy.tenant (
    tenant_id integer NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_name_not_blank CHECK (((name <> ''::text) AND (name = btrim(name))))
);

ALTER TABLE tenancy.tenant ALTER COLUMN tenant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tenancy.tenant_tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY billing.bill_run
    ADD CONSTRAINT bill_run_pkey PRIMARY KEY (tenant_id, bill_run_id);

ALTER TABLE ONLY billing.bill_schedule
    ADD CONSTRAINT bill_schedule_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY billing.credit_application
    ADD CONSTRAINT credit_application_pkey PRIMARY KEY (tenant_id, credit_application_id);

ALTER TABLE ONLY billing.credit_breakage
    ADD CONSTRAINT credit_breakage_pkey PRIMARY KEY (tenant_id, credit_breakage_id);

ALTER TABLE ONLY billing.credit_breakage
    ADD CONSTRAINT credit_breakage_run_key UNIQUE (tenant_id, credit_id, bill_run_id);

ALTER TABLE ONLY billing.credit_note_line
    ADD CONSTRAINT credit_note_line_pkey PRIMARY KEY (tenant_id, credit_note_id, "position");

ALTER TABLE ONLY billing.credit_note
    ADD CONSTRAINT credit_note_number_key UNIQUE (tenant_id, number);

ALTER TABLE ONLY billing.credit_note
    ADD CONSTRAINT credit_note_pkey PRIMARY KEY (tenant_id, credit_note_id);

ALTER TABLE ONLY billing.credit_payout
    ADD CONSTRAINT credit_payout_pkey PRIMARY KEY (tenant_id, credit_payout_id);

ALTER TABLE ONLY billing.credit_payout
    ADD CONSTRAINT credit_payout_reference_key UNIQUE (tenant_id, reference, "position");

ALTER TABLE ONLY billing.credit_payout_undone
    ADD CONSTRAINT credit_payout_undone_pkey PRIMARY KEY (tenant_id, credit_payout_id);

ALTER TABLE ONLY billing.credit
    ADD CONSTRAINT credit_pkey PRIMARY KEY (tenant_id, credit_id);

ALTER TABLE ONLY billing.customer_earlier
    ADD CONSTRAINT customer_earlier_pkey PRIMARY KEY (tenant_id, customer_id, held_until);

ALTER TABLE ONLY billing.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (tenant_id, customer_id);

ALTER TABLE ONLY billing.derivation
    ADD CONSTRAINT derivation_pkey PRIMARY KEY (tenant_id, derivation_id);

ALTER TABLE ONLY billing.dialect
    ADD CONSTRAINT dialect_pkey PRIMARY KEY (tenant_id, name);

ALTER TABLE ONLY billing.discount
    ADD CONSTRAINT discount_pkey PRIMARY KEY (tenant_id, discount_id);

ALTER TABLE ONLY billing.discount_use
    ADD CONSTRAINT discount_use_pkey PRIMARY KEY (tenant_id, invoice_id, discount_id);

ALTER TABLE ONLY billing.dispute
    ADD CONSTRAINT dispute_pkey PRIMARY KEY (tenant_id, dispute_id);

ALTER TABLE ONLY billing.fx_rate
    ADD CONSTRAINT fx_rate_instant_key UNIQUE (tenant_id, base, quote, effective_at);

ALTER TABLE ONLY billing.fx_rate
    ADD CONSTRAINT fx_rate_pkey PRIMARY KEY (tenant_id, fx_rate_id);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_number_key UNIQUE (tenant_id, number);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (tenant_id, invoice_id);

ALTER TABLE ONLY billing.legal_entity
    ADD CONSTRAINT legal_entity_code_key UNIQUE (tenant_id, code);

ALTER TABLE ONLY billing.legal_entity
    ADD CONSTRAINT legal_entity_credit_note_prefix_key UNIQUE (tenant_id, credit_note_prefix);

ALTER TABLE ONLY billing.legal_entity_earlier
    ADD CONSTRAINT legal_entity_earlier_pkey PRIMARY KEY (tenant_id, legal_entity_id, held_until);

ALTER TABLE ONLY billing.legal_entity
    ADD CONSTRAINT legal_entity_invoice_prefix_key UNIQUE (tenant_id, invoice_prefix);

ALTER TABLE ONLY billing.legal_entity
    ADD CONSTRAINT legal_entity_pkey PRIMARY KEY (tenant_id, legal_entity_id);

ALTER TABLE ONLY billing.line_item
    ADD CONSTRAINT line_item_pkey PRIMARY KEY (tenant_id, invoice_id, "position");

ALTER TABLE ONLY billing.number_series
    ADD CONSTRAINT number_series_pkey PRIMARY KEY (tenant_id, document, prefix);

ALTER TABLE ONLY billing.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (tenant_id, subscription_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_idempotency_key_key UNIQUE (tenant_id, idempotency_key);

ALTER TABLE ONLY billing.payment_method
    ADD CONSTRAINT payment_method_pkey PRIMARY KEY (tenant_id, payment_method_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (tenant_id, payment_id);

ALTER TABLE ONLY billing.pending_item
    ADD CONSTRAINT pending_item_pkey PRIMARY KEY (tenant_id, pending_item_id);

ALTER TABLE ONLY billing.plan
    ADD CONSTRAINT plan_code_key UNIQUE (tenant_id, code);

ALTER TABLE ONLY billing.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (tenant_id, plan_id);

ALTER TABLE ONLY billing.price
    ADD CONSTRAINT price_pkey PRIMARY KEY (tenant_id, price_id);

ALTER TABLE ONLY billing.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (tenant_id, product_id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (tenant_id, refund_id);

ALTER TABLE ONLY billing.subscription_item
    ADD CONSTRAINT subscription_item_key_key UNIQUE (tenant_id, subscription_id, item_key);

ALTER TABLE ONLY billing.subscription_item
    ADD CONSTRAINT subscription_item_pkey PRIMARY KEY (tenant_id, subscription_id, "position");

ALTER TABLE ONLY billing.subscription_order
    ADD CONSTRAINT subscription_order_pkey PRIMARY KEY (tenant_id, subscription_id, number);

ALTER TABLE ONLY billing.subscription_pause
    ADD CONSTRAINT subscription_pause_pkey PRIMARY KEY (tenant_id, subscription_id, "position");

ALTER TABLE ONLY billing.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (tenant_id, subscription_id);

ALTER TABLE ONLY billing.tax_exchange
    ADD CONSTRAINT tax_exchange_pkey PRIMARY KEY (tenant_id, invoice_id);

ALTER TABLE ONLY billing.tax_identity
    ADD CONSTRAINT tax_identity_pkey PRIMARY KEY (tenant_id, tax_identity_id);

ALTER TABLE ONLY billing.test_clock
    ADD CONSTRAINT test_clock_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY billing.usage_event
    ADD CONSTRAINT usage_event_idempotency_key_key UNIQUE (tenant_id, idempotency_key);

ALTER TABLE ONLY billing.usage_event
    ADD CONSTRAINT usage_event_pkey PRIMARY KEY (tenant_id, usage_event_id);

ALTER TABLE ONLY billing.usage_left_out
    ADD CONSTRAINT usage_left_out_pkey PRIMARY KEY (tenant_id, subscription_id, meter, starts_at, reason, bill_run_id);

ALTER TABLE ONLY billing.usage_summary
    ADD CONSTRAINT usage_summary_pkey PRIMARY KEY (tenant_id, subscription_id, meter, day, dimensions);

ALTER TABLE ONLY events.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, event_id);

ALTER TABLE ONLY ledger.account
    ADD CONSTRAINT account_currency_key UNIQUE (tenant_id, account_id, currency);

ALTER TABLE ONLY ledger.account
    ADD CONSTRAINT account_identity_key UNIQUE NULLS NOT DISTINCT (tenant_id, kind, currency, customer_id);

ALTER TABLE ONLY ledger.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (tenant_id, account_id);

ALTER TABLE ONLY ledger.fold
    ADD CONSTRAINT fold_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY ledger.folded_balance
    ADD CONSTRAINT folded_balance_pkey PRIMARY KEY (tenant_id, account_id);

ALTER TABLE ONLY ledger.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (tenant_id, transfer_id);

ALTER TABLE ONLY migration.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (tenant_id, load_id, entity, chunk);

ALTER TABLE ONLY migration.crosswalk
    ADD CONSTRAINT crosswalk_source_key PRIMARY KEY (tenant_id, load_id, entity, source_key);

ALTER TABLE ONLY migration.crosswalk
    ADD CONSTRAINT crosswalk_target_key UNIQUE (tenant_id, target_id);

ALTER TABLE ONLY migration.load
    ADD CONSTRAINT load_pkey PRIMARY KEY (tenant_id, load_id);

ALTER TABLE ONLY migration.load
    ADD CONSTRAINT load_source_key UNIQUE (tenant_id, source);

ALTER TABLE ONLY migration.set_aside
    ADD CONSTRAINT set_aside_pkey PRIMARY KEY (tenant_id, load_id, entity, row_number);

ALTER TABLE ONLY migration.table_set_aside
    ADD CONSTRAINT table_set_aside_pkey PRIMARY KEY (tenant_id, load_id, source_table);

ALTER TABLE ONLY tenancy.tenant
    ADD CONSTRAINT tenant_name_key UNIQUE (name);

ALTER TABLE ONLY tenancy.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);

CREATE UNIQUE INDEX credit_note_line_once ON billing.credit_note_line USING btree (tenant_id, subscription_id, line_key) WHERE (subscription_id IS NOT NULL);

CREATE INDEX credit_to_break_idx ON billing.credit USING btree (tenant_id, expires_at) WHERE ((expires_at IS NOT NULL) AND (broken_micros <> GREATEST(remaining_micros, (0)::bigint)));

CREATE INDEX credit_to_spend_idx ON billing.credit USING btree (tenant_id, customer_id) WHERE (remaining_micros > 0);

CREATE UNIQUE INDEX dialect_default_key ON billing.dialect USING btree (tenant_id) WHERE is_default;

CREATE INDEX discount_subscription_idx ON billing.discount USING btree (tenant_id, subscription_id);

CREATE INDEX invoice_customer_idx ON billing.invoice USING btree (tenant_id, customer_id);

CREATE INDEX invoice_draft_idx ON billing.invoice USING btree (tenant_id, finalize_after) WHERE ((status = 'draft'::text) AND (finalize_after IS NOT NULL));

CREATE UNIQUE INDEX legal_entity_default_key ON billing.legal_entity USING btree (tenant_id) WHERE is_default;

CREATE UNIQUE INDEX line_item_billed_once ON billing.line_item USING btree (tenant_id, subscription_id, line_key) WHERE ((subscription_id IS NOT NULL) AND (NOT is_void));

CREATE UNIQUE INDEX line_item_billed_once_apart ON billing.line_item USING btree (tenant_id, line_key) WHERE ((subscription_id IS NULL) AND (line_key IS NOT NULL) AND (NOT is_void));

CREATE UNIQUE INDEX payment_method_default_key ON billing.payment_method USING btree (tenant_id, customer_id) WHERE (is_default AND (status = 'active'::text));

CREATE INDEX pending_item_billed_idx ON billing.pending_item USING btree (tenant_id, invoice_id) WHERE (invoice_id IS NOT NULL);

CREATE INDEX pending_item_waiting_idx ON billing.pending_item USING btree (tenant_id, customer_id) WHERE (invoice_id IS NULL);

CREATE INDEX price_of_plan_idx ON billing.price USING btree (tenant_id, plan_id);

CREATE INDEX subscription_customer_idx ON billing.subscription USING btree (tenant_id, customer_id);

CREATE INDEX subscription_due_idx ON billing.subscription USING btree (tenant_id, next_bill_at, subscription_id) WHERE (next_bill_at IS NOT NULL);

CREATE INDEX subscription_watched_idx ON billing.subscription USING btree (tenant_id, subscription_id) WHERE (usage_watched_at IS NOT NULL);

CREATE INDEX subscription_without_bill_idx ON billing.subscription USING btree (tenant_id, subscription_id) WHERE ((next_bill_at IS NULL) AND (phases_from IS NOT NULL));

CREATE INDEX tax_identity_customer_idx ON billing.tax_identity USING btree (tenant_id, customer_id);

CREATE INDEX usage_event_recorded_idx ON billing.usage_event USING brin (recorded_at);

CREATE INDEX usage_event_subscription_idx ON billing.usage_event USING btree (tenant_id, subscription_id, meter, occurred_at);

CREATE INDEX usage_left_out_run_idx ON billing.usage_left_out USING btree (tenant_id, bill_run_id);

CREATE INDEX transfer_recorded_xid_idx ON ledger.transfer USING btree (tenant_id, recorded_xid);

CREATE TRIGGER bill_run_waits_for_clock BEFORE INSERT ON billing.bill_run FOR EACH ROW EXECUTE FUNCTION billing.refuse_run_ahead_of_clock();

CREATE TRIGGER credit_breakage_is_a_fact BEFORE DELETE OR UPDATE ON billing.credit_breakage FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER credit_note_line_is_a_fact BEFORE DELETE OR UPDATE ON billing.credit_note_line FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER credit_payout_is_a_fact BEFORE DELETE OR UPDATE ON billing.credit_payout FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER credit_payout_undone_is_a_fact BEFORE DELETE OR UPDATE ON billing.credit_payout_undone FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER derivation_is_a_fact BEFORE DELETE OR UPDATE ON billing.derivation FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER earlier_particulars_are_facts BEFORE DELETE OR UPDATE ON billing.customer_earlier FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER earlier_particulars_are_facts BEFORE DELETE OR UPDATE ON billing.legal_entity_earlier FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER fx_rate_is_a_fact BEFORE DELETE OR UPDATE ON billing.fx_rate FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER invoice_is_immutable BEFORE DELETE OR UPDATE ON billing.invoice FOR EACH ROW EXECUTE FUNCTION billing.refuse_document_change();

CREATE TRIGGER line_item_is_a_fact BEFORE DELETE OR UPDATE ON billing.line_item FOR EACH ROW EXECUTE FUNCTION billing.refuse_line_change();

CREATE TRIGGER pending_item_stays_billed BEFORE DELETE OR UPDATE ON billing.pending_item FOR EACH ROW EXECUTE FUNCTION billing.refuse_billed_item_change();

CREATE TRIGGER plan_terms_stay BEFORE UPDATE ON billing.plan FOR EACH ROW EXECUTE FUNCTION billing.refuse_plan_change();

CREATE TRIGGER price_is_a_fact BEFORE DELETE OR UPDATE ON billing.price FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF bill_run_id, tenant_id ON billing.bill_run FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF credit_id, tenant_id ON billing.credit FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF credit_note_id, tenant_id ON billing.credit_note FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF credit_payout_id, tenant_id ON billing.credit_payout FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF customer_id, tenant_id ON billing.customer FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF derivation_id, tenant_id ON billing.derivation FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF discount_id, tenant_id ON billing.discount FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF fx_rate_id, tenant_id ON billing.fx_rate FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF invoice_id, tenant_id ON billing.invoice FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF legal_entity_id, tenant_id ON billing.legal_entity FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF payment_id, tenant_id ON billing.payment FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF payment_method_id, tenant_id ON billing.payment_method FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF plan_id, tenant_id ON billing.plan FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF price_id, tenant_id ON billing.price FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF product_id, tenant_id ON billing.product FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF subscription_id, tenant_id ON billing.subscription FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER subscription_order_is_a_fact BEFORE DELETE OR UPDATE ON billing.subscription_order FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER tax_exchange_is_a_fact BEFORE DELETE OR UPDATE ON billing.tax_exchange FOR EACH ROW EXECUTE FUNCTION billing.refuse_exchange_change();

CREATE TRIGGER test_clock_moves_forward BEFORE UPDATE ON billing.test_clock FOR EACH ROW EXECUTE FUNCTION billing.refuse_clock_backwards();

CREATE TRIGGER test_series_are_marked BEFORE INSERT OR UPDATE ON billing.legal_entity FOR EACH ROW EXECUTE FUNCTION billing.mark_test_series();

CREATE TRIGGER usage_event_is_a_fact BEFORE UPDATE ON billing.usage_event FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF account_id, currency, tenant_id ON ledger.account FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER transfer_is_a_fact BEFORE DELETE OR UPDATE ON ledger.transfer FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();

CREATE TRIGGER load_is_not_a_test BEFORE INSERT ON migration.load FOR EACH ROW EXECUTE FUNCTION migration.refuse_load_into_test_books();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF load_id, tenant_id ON migration.load FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

CREATE TRIGGER referenced_rows_stay BEFORE DELETE OR UPDATE OF tenant_id ON tenancy.tenant FOR EACH ROW EXECUTE FUNCTION tenancy.await_referrers_of_row();

ALTER TABLE ONLY billing.bill_run
    ADD CONSTRAINT bill_run_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.bill_schedule
    ADD CONSTRAINT bill_schedule_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.credit_application
    ADD CONSTRAINT credit_application_credit_fkey FOREIGN KEY (tenant_id, credit_id) REFERENCES billing.credit(tenant_id, credit_id);

ALTER TABLE ONLY billing.credit_application
    ADD CONSTRAINT credit_application_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.credit_breakage
    ADD CONSTRAINT credit_breakage_credit_fkey FOREIGN KEY (tenant_id, credit_id) REFERENCES billing.credit(tenant_id, credit_id);

ALTER TABLE ONLY billing.credit_breakage
    ADD CONSTRAINT credit_breakage_run_fkey FOREIGN KEY (tenant_id, bill_run_id) REFERENCES billing.bill_run(tenant_id, bill_run_id);

ALTER TABLE ONLY billing.credit
    ADD CONSTRAINT credit_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.credit_note
    ADD CONSTRAINT credit_note_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.credit_note_line
    ADD CONSTRAINT credit_note_line_note_fkey FOREIGN KEY (tenant_id, credit_note_id) REFERENCES billing.credit_note(tenant_id, credit_note_id);

ALTER TABLE ONLY billing.credit_payout
    ADD CONSTRAINT credit_payout_credit_fkey FOREIGN KEY (tenant_id, credit_id) REFERENCES billing.credit(tenant_id, credit_id);

ALTER TABLE ONLY billing.credit_payout_undone
    ADD CONSTRAINT credit_payout_undone_payout_fkey FOREIGN KEY (tenant_id, credit_payout_id) REFERENCES billing.credit_payout(tenant_id, credit_payout_id);

ALTER TABLE ONLY billing.customer_earlier
    ADD CONSTRAINT customer_earlier_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.customer
    ADD CONSTRAINT customer_parent_fkey FOREIGN KEY (tenant_id, parent_customer_id) REFERENCES billing.customer(tenant_id, customer_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing.customer
    ADD CONSTRAINT customer_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.derivation
    ADD CONSTRAINT derivation_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.dialect
    ADD CONSTRAINT dialect_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.discount
    ADD CONSTRAINT discount_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.discount_use
    ADD CONSTRAINT discount_use_discount_fkey FOREIGN KEY (tenant_id, discount_id) REFERENCES billing.discount(tenant_id, discount_id);

ALTER TABLE ONLY billing.discount_use
    ADD CONSTRAINT discount_use_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.dispute
    ADD CONSTRAINT dispute_payment_fkey FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payment(tenant_id, payment_id);

ALTER TABLE ONLY billing.fx_rate
    ADD CONSTRAINT fx_rate_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_legal_entity_fkey FOREIGN KEY (tenant_id, legal_entity_id) REFERENCES billing.legal_entity(tenant_id, legal_entity_id);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.invoice
    ADD CONSTRAINT invoice_tax_fact_fkey FOREIGN KEY (tenant_id, tax_fact_id) REFERENCES billing.derivation(tenant_id, derivation_id);

ALTER TABLE ONLY billing.legal_entity_earlier
    ADD CONSTRAINT legal_entity_earlier_entity_fkey FOREIGN KEY (tenant_id, legal_entity_id) REFERENCES billing.legal_entity(tenant_id, legal_entity_id);

ALTER TABLE ONLY billing.legal_entity
    ADD CONSTRAINT legal_entity_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.line_item
    ADD CONSTRAINT line_item_derivation_fkey FOREIGN KEY (tenant_id, derivation_id) REFERENCES billing.derivation(tenant_id, derivation_id);

ALTER TABLE ONLY billing.line_item
    ADD CONSTRAINT line_item_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.line_item
    ADD CONSTRAINT line_item_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.number_series
    ADD CONSTRAINT number_series_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.parked
    ADD CONSTRAINT parked_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.parked
    ADD CONSTRAINT parked_run_fkey FOREIGN KEY (tenant_id, bill_run_id) REFERENCES billing.bill_run(tenant_id, bill_run_id);

ALTER TABLE ONLY billing.parked
    ADD CONSTRAINT parked_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.payment_method
    ADD CONSTRAINT payment_method_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.payment
    ADD CONSTRAINT payment_method_fkey FOREIGN KEY (tenant_id, payment_method_id) REFERENCES billing.payment_method(tenant_id, payment_method_id);

ALTER TABLE ONLY billing.pending_item
    ADD CONSTRAINT pending_item_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.pending_item
    ADD CONSTRAINT pending_item_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.pending_item
    ADD CONSTRAINT pending_item_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.plan
    ADD CONSTRAINT plan_product_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES billing.product(tenant_id, product_id);

ALTER TABLE ONLY billing.price
    ADD CONSTRAINT price_plan_fkey FOREIGN KEY (tenant_id, plan_id) REFERENCES billing.plan(tenant_id, plan_id);

ALTER TABLE ONLY billing.product
    ADD CONSTRAINT product_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.refund
    ADD CONSTRAINT refund_payment_fkey FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payment(tenant_id, payment_id);

ALTER TABLE ONLY billing.subscription
    ADD CONSTRAINT subscription_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.subscription_item
    ADD CONSTRAINT subscription_item_price_fkey FOREIGN KEY (tenant_id, price_id) REFERENCES billing.price(tenant_id, price_id);

ALTER TABLE ONLY billing.subscription_item
    ADD CONSTRAINT subscription_item_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.subscription
    ADD CONSTRAINT subscription_legal_entity_fkey FOREIGN KEY (tenant_id, legal_entity_id) REFERENCES billing.legal_entity(tenant_id, legal_entity_id);

ALTER TABLE ONLY billing.subscription_order
    ADD CONSTRAINT subscription_order_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.subscription_pause
    ADD CONSTRAINT subscription_pause_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.subscription
    ADD CONSTRAINT subscription_plan_fkey FOREIGN KEY (tenant_id, plan_id) REFERENCES billing.plan(tenant_id, plan_id);

ALTER TABLE ONLY billing.tax_exchange
    ADD CONSTRAINT tax_exchange_invoice_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice(tenant_id, invoice_id);

ALTER TABLE ONLY billing.tax_exchange
    ADD CONSTRAINT tax_exchange_rate_fkey FOREIGN KEY (tenant_id, fx_rate_id) REFERENCES billing.fx_rate(tenant_id, fx_rate_id);

ALTER TABLE ONLY billing.tax_identity
    ADD CONSTRAINT tax_identity_customer_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES billing.customer(tenant_id, customer_id);

ALTER TABLE ONLY billing.test_clock
    ADD CONSTRAINT test_clock_of_tenant_fkey FOREIGN KEY (of_tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.test_clock
    ADD CONSTRAINT test_clock_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY billing.usage_event
    ADD CONSTRAINT usage_event_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.usage_left_out
    ADD CONSTRAINT usage_left_out_run_fkey FOREIGN KEY (tenant_id, bill_run_id) REFERENCES billing.bill_run(tenant_id, bill_run_id);

ALTER TABLE ONLY billing.usage_left_out
    ADD CONSTRAINT usage_left_out_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id);

ALTER TABLE ONLY billing.usage_summary
    ADD CONSTRAINT usage_summary_subscription_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES billing.subscription(tenant_id, subscription_id) ON DELETE CASCADE;

ALTER TABLE ONLY events.outbox
    ADD CONSTRAINT outbox_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY ledger.account
    ADD CONSTRAINT account_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY ledger.fold
    ADD CONSTRAINT fold_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY ledger.folded_balance
    ADD CONSTRAINT folded_balance_account_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES ledger.account(tenant_id, account_id);

ALTER TABLE ONLY ledger.transfer
    ADD CONSTRAINT transfer_credit_fkey FOREIGN KEY (tenant_id, credit_account_id, currency) REFERENCES ledger.account(tenant_id, account_id, currency);

ALTER TABLE ONLY ledger.transfer
    ADD CONSTRAINT transfer_debit_fkey FOREIGN KEY (tenant_id, debit_account_id, currency) REFERENCES ledger.account(tenant_id, account_id, currency);

ALTER TABLE ONLY migration.checkpoint
    ADD CONSTRAINT checkpoint_load_fkey FOREIGN KEY (tenant_id, load_id) REFERENCES migration.load(tenant_id, load_id);

ALTER TABLE ONLY migration.load
    ADD CONSTRAINT load_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenancy.tenant(tenant_id);

ALTER TABLE ONLY migration.set_aside
    ADD CONSTRAINT set_aside_load_fkey FOREIGN KEY (tenant_id, load_id) REFERENCES migration.load(tenant_id, load_id);

ALTER TABLE ONLY migration.table_set_aside
    ADD CONSTRAINT table_set_aside_load_fkey FOREIGN KEY (tenant_id, load_id) REFERENCES migration.load(tenant_id, load_id);

ALTER TABLE billing.bill_run ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.bill_schedule ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_application ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_breakage ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_note ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_note_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.credit_payout_undone ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.customer ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.customer_earlier ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.derivation ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.dialect ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.discount ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.discount_use ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.dispute ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.fx_rate ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.invoice ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.legal_entity ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.legal_entity_earlier ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.line_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.number_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.parked ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.payment_method ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.pending_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.plan ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.price ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.product ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.refund ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.subscription ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.subscription_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.subscription_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.subscription_pause ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.tax_exchange ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.tax_identity ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON billing.bill_run USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.bill_schedule USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_application USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_breakage USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_note USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_note_line USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_payout USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.credit_payout_undone USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.customer USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.customer_earlier USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.derivation USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.dialect USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.discount USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.discount_use USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.dispute USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.fx_rate USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.invoice USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.legal_entity USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.legal_entity_earlier USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.line_item USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.number_series USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.parked USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.payment USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.payment_method USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.pending_item USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.plan USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.price USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.product USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.refund USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.subscription USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.subscription_item USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.subscription_order USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.subscription_pause USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.tax_exchange USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.tax_identity USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.test_clock USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.usage_event USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.usage_left_out USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON billing.usage_summary USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

ALTER TABLE billing.test_clock ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.usage_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.usage_left_out ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing.usage_summary ENABLE ROW LEVEL SECURITY;

ALTER TABLE events.outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON events.outbox USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

ALTER TABLE ledger.account ENABLE ROW LEVEL SECURITY;

ALTER TABLE ledger.fold ENABLE ROW LEVEL SECURITY;

ALTER TABLE ledger.folded_balance ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON ledger.account USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON ledger.fold USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON ledger.folded_balance USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON ledger.transfer USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

ALTER TABLE ledger.transfer ENABLE ROW LEVEL SECURITY;

ALTER TABLE migration.checkpoint ENABLE ROW LEVEL SECURITY;

ALTER TABLE migration.crosswalk ENABLE ROW LEVEL SECURITY;

ALTER TABLE migration.load ENABLE ROW LEVEL SECURITY;

ALTER TABLE migration.set_aside ENABLE ROW LEVEL SECURITY;

ALTER TABLE migration.table_set_aside ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON migration.checkpoint USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON migration.crosswalk USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON migration.load USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON migration.set_aside USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

CREATE POLICY tenant_wall ON migration.table_set_aside USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

ALTER TABLE tenancy.tenant ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON tenancy.tenant USING ((tenant_id = tenancy.current_tenant())) WITH CHECK ((tenant_id = tenancy.current_tenant()));

GRANT USAGE ON SCHEMA billing TO trueup_app;

GRANT USAGE ON SCHEMA events TO trueup_app;

GRANT USAGE ON SCHEMA ledger TO trueup_app;

GRANT USAGE ON SCHEMA migration TO trueup_app;

GRANT USAGE ON SCHEMA tenancy TO trueup_app;

REVOKE ALL ON FUNCTION tenancy.copy_rows(copied regclass, source integer, books integer, customers uuid[], wanted text, changed jsonb, names jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tenancy.remove_test_books(books integer) FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.bill_run TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.bill_schedule TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.credit TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.credit_application TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.credit_breakage TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.credit_note TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.credit_note_line TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.credit_payout TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.credit_payout_undone TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.customer TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.customer_earlier TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.derivation TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.dialect TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.discount TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.discount_use TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.dispute TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.fx_rate TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.invoice TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.legal_entity TO trueup_app;

GRANT SELECT,INSERT ON TABLE billing.legal_entity_earlier TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.line_item TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.number_series TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.parked TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.payment TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.payment_method TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.pending_item TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.plan TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.price TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.product TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.refund TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.subscription TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.subscription_item TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.subscription_order TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.subscription_pause TO trueup_app;

GRANT SELECT,INSERT,DELETE ON TABLE billing.tax_exchange TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.tax_identity TO trueup_app;

GRANT SELECT,UPDATE ON TABLE billing.test_clock TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.usage_event TO trueup_app;

GRANT SELECT,INSERT,UPDATE ON TABLE billing.usage_left_out TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.usage_summary TO trueup_app;

GRANT SELECT,INSERT,DELETE ON TABLE events.outbox TO trueup_app;

GRANT SELECT,INSERT ON TABLE ledger.account TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ledger.fold TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ledger.folded_balance TO trueup_app;

GRANT SELECT,INSERT ON TABLE ledger.transfer TO trueup_app;

GRANT SELECT ON TABLE ledger.balance TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE migration.checkpoint TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE migration.crosswalk TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE migration.load TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE migration.set_aside TO trueup_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE migration.table_set_aside TO trueup_app;

GRANT SELECT ON TABLE tenancy.tenant TO trueup_app;
