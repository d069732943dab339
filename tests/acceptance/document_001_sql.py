"""The data load of migration plan 001, step by step, and the tables that it writes to.

The statements are the document's, letter by letter (Phase 1, "Data Migration Order"). It names the
columns of its target only by using them; TARGET gives each the type that its use implies, and every
table the `metadata` that the later steps join on.
"""

from __future__ import annotations

TARGET = """
create table accounts (id uuid primary key, email text, name text, currency text, timezone text,
    tax_exempt boolean, metadata jsonb, created_at timestamptz, updated_at timestamptz);
create table payment_methods (id uuid primary key, account_id uuid, gateway_payment_method_id text,
    type text, card_last4 text, card_brand text, is_default boolean, metadata jsonb);
create table plans (id uuid primary key, name text, interval text, amount bigint, currency text,
    trial_days integer, usage_type text, tiers text, active boolean, version integer,
    created_at timestamptz, metadata jsonb);
create table subscriptions (id uuid primary key, account_id uuid, plan_id uuid, status text,
    quantity integer, current_period_start timestamptz, current_period_end timestamptz,
    cancel_at_period_end boolean, created_at timestamptz, updated_at timestamptz, metadata jsonb);
create table invoices (id uuid primary key, account_id uuid, subscription_id uuid, number text,
    status text, amount_due bigint, amount_paid bigint, tax bigint, currency text, due_date timestamptz,
    paid_at timestamptz, line_items text, metadata jsonb, created_at timestamptz, updated_at timestamptz);
create table payments (id uuid primary key, invoice_id uuid, amount bigint, currency text, status text,
    payment_gateway_transaction_id text, payment_method_id uuid, failure_message text,
    idempotency_key text, created_at timestamptz);
create table usage_records (id uuid primary key, subscription_id uuid, metric text, quantity numeric,
    timestamp timestamptz, idempotency_key text, metadata jsonb, created_at timestamptz);
create table credits (id uuid primary key, account_id uuid, amount bigint, currency text, reason text,
    applied_to_invoice_id uuid, created_at timestamptz);
"""

FUNCTIONS = """
create schema document;
create function document.uuid_generate_v4() returns uuid language sql as 'select gen_random_uuid()';
create function document.now() returns timestamptz language sql as $$select timestamptz '{as_of}'$$;
"""
"""The run takes place at a stated moment: `document` is searched before PostgreSQL's own functions."""

STEPS = {
    "accounts": """
   INSERT INTO accounts (id, email, name, currency, timezone, tax_exempt, metadata, created_at, updated_at)
   SELECT
     uuid_generate_v4(),
     customer_email,
     customer_name,
     billing_currency,
     COALESCE(timezone, 'UTC'),
     is_tax_exempt,
     jsonb_build_object('legacy_id', id, 'source', 'migration'),
     created_date,
     updated_date
   FROM legacy_customers;
""",
    "payment_methods": """
   INSERT INTO payment_methods (id, account_id, gateway_payment_method_id, type, card_last4, card_brand, is_default)
   SELECT
     uuid_generate_v4(),
     a.id,
     lpm.stripe_payment_method_id,
     lpm.type,
     lpm.card_last_four,
     lpm.card_brand,
     lpm.is_default
   FROM legacy_payment_methods lpm
   JOIN accounts a ON a.metadata->>'legacy_id' = lpm.customer_id::text;
""",
    "plans": """
   INSERT INTO plans (id, name, interval, amount, currency, trial_days, usage_type, tiers, active, version, created_at)
   SELECT
     uuid_generate_v4(),
     plan_name,
     billing_interval,
     price_cents,
     currency,
     COALESCE(trial_period_days, 0),
     CASE WHEN is_usage_based THEN 'tiered' ELSE NULL END,
     usage_tiers_json,
     is_active,
     1,
     created_date
   FROM legacy_plans;
""",
    "subscriptions": """
   INSERT INTO subscriptions (id, account_id, plan_id, status, quantity, current_period_start, current_period_end, cancel_at_period_end, created_at, updated_at)
   SELECT
     uuid_generate_v4(),
     a.id,
     p.id,
     CASE
       WHEN ls.status = 'active' THEN 'active'
       WHEN ls.status = 'trialing' THEN 'trialing'
       WHEN ls.status = 'canceled' THEN 'cancelled'
       ELSE 'active'
     END,
     ls.quantity,
     ls.current_period_start,
     ls.current_period_end,
     ls.cancel_at_period_end,
     ls.created_date,
     ls.updated_date
   FROM legacy_subscriptions ls
   JOIN accounts a ON a.metadata->>'legacy_id' = ls.customer_id::text
   JOIN plans p ON p.metadata->>'legacy_id' = ls.plan_id::text;
""",
    "invoices": """
   INSERT INTO invoices (id, account_id, subscription_id, number, status, amount_due, amount_paid, tax, currency, due_date, paid_at, line_items, metadata, created_at, updated_at)
   SELECT
     uuid_generate_v4(),
     a.id,
     s.id,
     li.invoice_number,
     li.status,
     li.total_amount_cents,
     li.paid_amount_cents,
     li.tax_amount_cents,
     li.currency,
     li.due_date,
     li.paid_date,
     li.line_items_json,
     jsonb_build_object('legacy_id', li.id, 'migrated_at', NOW()),
     li.created_date,
     li.updated_date
   FROM legacy_invoices li
   JOIN accounts a ON a.metadata->>'legacy_id' = li.customer_id::text
   LEFT JOIN subscriptions s ON s.metadata->>'legacy_subscription_id' = li.subscription_id::text;
""",
    "payments": """
   INSERT INTO payments (id, invoice_id, amount, currency, status, payment_gateway_transaction_id, payment_method_id, failure_message, idempotency_key, created_at)
   SELECT
     uuid_generate_v4(),
     i.id,
     lp.amount_cents,
     lp.currency,
     lp.status,
     lp.stripe_charge_id,
     pm.id,
     lp.failure_message,
     lp.idempotency_key,
     lp.created_date
   FROM legacy_payments lp
   JOIN invoices i ON i.metadata->>'legacy_id' = lp.invoice_id::text
   LEFT JOIN payment_methods pm ON pm.gateway_payment_method_id = lp.stripe_payment_method_id;
""",
    "usage_records": """
   INSERT INTO usage_records (id, subscription_id, metric, quantity, timestamp, idempotency_key, metadata, created_at)
   SELECT
     uuid_generate_v4(),
     s.id,
     lu.metric_name,
     lu.quantity,
     lu.recorded_at,
     lu.idempotency_key,
     jsonb_build_object('legacy_id', lu.id),
     lu.created_date
   FROM legacy_usage_records lu
   JOIN subscriptions s ON s.metadata->>'legacy_subscription_id' = lu.subscription_id::text
   WHERE lu.recorded_at >= DATE_TRUNC('month', NOW());  -- Current billing period only
""",
    "credits": """
   INSERT INTO credits (id, account_id, amount, currency, reason, applied_to_invoice_id, created_at)
   SELECT
     uuid_generate_v4(),
     a.id,
     lc.amount_cents,
     lc.currency,
     lc.reason,
     NULL,  -- Will be reapplied during next invoice generation
     lc.created_date
   FROM legacy_credits lc
   JOIN accounts a ON a.metadata->>'legacy_id' = lc.customer_id::text
   WHERE lc.remaining_balance_cents > 0;  -- Only migrate unused credits
""",
}

CHARITY = {
    "plans": """
update plans set metadata = jsonb_build_object('legacy_id', l.id)
  from legacy_plans l where l.plan_name = plans.name;
""",
    "subscriptions": """
update subscriptions set metadata = jsonb_build_object('legacy_subscription_id', l.id)
  from legacy_subscriptions l where l.created_date = subscriptions.created_at at time zone 'UTC';
""",
}
"""What the document forgot, done for it after a step, so that its later defects can be seen at all."""
