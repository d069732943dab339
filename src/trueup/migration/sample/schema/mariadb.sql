-- The legacy billing schema: no foreign keys, datetimes without zone, log tables without a key.
create table legacy_customers (
    id bigint primary key, customer_email varchar(320), customer_name varchar(200), company varchar(200),
    phone varchar(40), billing_currency varchar(3), timezone varchar(64), locale varchar(16),
    address_line1 varchar(200), address_line2 varchar(200), city varchar(100), state varchar(100),
    postal_code varchar(20), country varchar(2), parent_customer_id bigint, is_tax_exempt boolean,
    stripe_customer_id varchar(64), status varchar(20), merged_into_id bigint, is_test boolean,
    created_date datetime, updated_date datetime, closed_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_tax_ids (
    id bigint primary key, customer_id bigint, kind varchar(40), value varchar(64), country varchar(2),
    valid_until date, certificate_url varchar(300)
) engine = innodb default character set utf8mb4;
create table legacy_payment_methods (
    id bigint primary key, customer_id bigint, stripe_payment_method_id varchar(64), type varchar(30),
    card_last_four varchar(4), card_brand varchar(30), exp_month integer, exp_year integer,
    fingerprint varchar(64), mandate_reference varchar(64), is_default boolean, is_detached boolean,
    created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_plans (
    id bigint primary key, plan_name varchar(100), product_name varchar(100), billing_interval varchar(20),
    interval_count integer, price_cents bigint, currency varchar(3), trial_period_days integer,
    is_usage_based boolean, pricing_model varchar(20), usage_metric varchar(40), usage_tiers_json longtext,
    is_active boolean, created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_plan_prices (
    id bigint primary key, plan_id bigint, price_cents bigint, usage_tiers_json longtext, effective_from datetime
) engine = innodb default character set utf8mb4;
create table legacy_subscriptions (
    id bigint primary key, customer_id bigint, plan_id bigint, plan_price_id bigint, custom_price_cents bigint,
    status varchar(30), quantity integer, currency varchar(3), started_date datetime, trial_end datetime,
    current_period_start datetime, current_period_end datetime, charged_through_date datetime,
    billing_anchor_day integer, cancel_at_period_end boolean, cancel_at datetime, canceled_at datetime,
    ended_at datetime, paused_at datetime, collection_method varchar(30), net_days integer,
    created_date datetime, updated_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_discounts (
    id bigint primary key, subscription_id bigint, coupon_code varchar(60), percent_off decimal(5, 2),
    amount_off_cents bigint, currency varchar(3), periods_remaining integer, starts_at datetime, ends_at datetime
) engine = innodb default character set utf8mb4;
create table legacy_invoices (
    id bigint primary key, customer_id bigint, subscription_id bigint, invoice_number varchar(40),
    status varchar(20), subtotal_cents bigint, discount_cents bigint, tax_amount_cents bigint,
    total_amount_cents bigint, paid_amount_cents bigint, credited_amount_cents bigint, currency varchar(3),
    issued_date datetime, due_date datetime, paid_date datetime, voided_date datetime,
    period_start datetime, period_end datetime, line_items_json longtext, created_date datetime,
    updated_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_credit_notes (
    id bigint primary key, invoice_id bigint, credit_note_number varchar(40), amount_cents bigint,
    tax_cents bigint, currency varchar(3), reason varchar(100), status varchar(20), created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_pending_items (
    id bigint primary key, customer_id bigint, subscription_id bigint, description varchar(200),
    amount_cents bigint, currency varchar(3), created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_payments (
    id bigint primary key, customer_id bigint, invoice_id bigint, amount_cents bigint, currency varchar(3),
    status varchar(20), stripe_charge_id varchar(64), stripe_payment_method_id varchar(64),
    failure_message varchar(300), idempotency_key varchar(100), created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_refunds (
    id bigint primary key, payment_id bigint, amount_cents bigint, currency varchar(3), status varchar(20),
    reason varchar(100), stripe_refund_id varchar(64), created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_disputes (
    id bigint primary key, payment_id bigint, amount_cents bigint, currency varchar(3), status varchar(30),
    reason varchar(100), opened_date datetime, closed_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_usage_records (
    id bigint not null, subscription_id bigint, metric_name varchar(40), quantity decimal(20, 6),
    recorded_at datetime, idempotency_key varchar(100), invoice_id bigint, created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_credits (
    id bigint primary key, customer_id bigint, amount_cents bigint, remaining_balance_cents bigint,
    currency varchar(3), reason varchar(100), priority integer, expires_date datetime, created_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_credit_applications (
    id bigint not null, credit_id bigint, invoice_id bigint, amount_cents bigint, applied_date datetime
) engine = innodb default character set utf8mb4;
create table legacy_webhook_events (
    id bigint not null, event_type varchar(60), payload_json longtext, received_date datetime
) engine = innodb default character set utf8mb4;
