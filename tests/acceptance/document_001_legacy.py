"""A small legacy system in document 001's schema, with a bait for each of its defects."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AS_OF = "2026-11-16 14:00:00+00"
"""09:00 on the legacy server."""

Rows = dict[str, list[dict[str, Any]]]

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "legacy_customers": {
        "customer_email": "ada@example.com", "customer_name": "Ada", "billing_currency": "USD",
        "timezone": "America/Chicago", "country": "US", "is_tax_exempt": False, "status": "active",
        "is_test": False, "created_date": "2025-01-10 12:00", "updated_date": "2025-01-10 12:00",
    },
    "legacy_tax_ids": {"kind": "other", "value": "T"},
    "legacy_payment_methods": {
        "type": "card", "card_last_four": "4242", "card_brand": "visa", "exp_month": 4, "exp_year": 2029,
        "fingerprint": "F1x", "is_default": False, "is_detached": False, "created_date": "2025-01-10 12:00",
    },
    "legacy_plans": {
        "product_name": "Team", "billing_interval": "month", "interval_count": 1, "price_cents": 2000,
        "currency": "USD", "is_usage_based": False, "pricing_model": "flat", "is_active": True,
        "created_date": "2022-01-01 09:00",
    },
    "legacy_plan_prices": {"price_cents": 2000, "effective_from": "2022-01-01 09:00"},
    "legacy_subscriptions": {
        "customer_id": 1, "plan_id": 10, "plan_price_id": 102, "status": "active", "quantity": 1,
        "currency": "USD", "started_date": "2025-02-20 10:00", "current_period_start": "2026-10-20 10:00",
        "current_period_end": "2026-11-20 10:00", "charged_through_date": "2026-11-20 10:00",
        "billing_anchor_day": 20, "cancel_at_period_end": False, "net_days": 0,
        "collection_method": "charge_automatically", "updated_date": "2026-10-20 10:00",
    },
    "legacy_discounts": {"coupon_code": "TEN", "percent_off": 10, "starts_at": "2025-02-20 10:00"},
    "legacy_invoices": {
        "customer_id": 1, "status": "paid", "subtotal_cents": 2000, "discount_cents": 0, "tax_amount_cents": 0,
        "total_amount_cents": 2000, "paid_amount_cents": 2000, "credited_amount_cents": 0, "currency": "USD",
        "issued_date": "2026-10-20 10:00", "due_date": "2026-10-20 10:00", "line_items_json": "[]",
        "created_date": "2026-10-20 10:00", "updated_date": "2026-10-20 10:00",
    },
    "legacy_credit_notes": {"amount_cents": 100, "tax_cents": 0, "currency": "USD", "status": "issued", "created_date": "2026-10-21 10:00"},
    "legacy_pending_items": {"customer_id": 1, "description": "Setup", "amount_cents": 500, "currency": "USD", "created_date": "2026-11-01 10:00"},
    "legacy_payments": {"customer_id": 1, "amount_cents": 2000, "currency": "USD", "status": "succeeded", "created_date": "2026-10-20 10:05"},
    "legacy_refunds": {"amount_cents": 100, "currency": "USD", "status": "succeeded", "created_date": "2026-10-22 10:00"},
    "legacy_disputes": {"amount_cents": 2000, "currency": "USD", "status": "under_review", "opened_date": "2026-11-02 10:00"},
    "legacy_usage_records": {"subscription_id": 1001, "metric_name": "calls", "quantity": 5},
    "legacy_credits": {"customer_id": 1, "currency": "USD", "reason": "goodwill", "priority": 1, "created_date": "2026-01-05 10:00"},
    "legacy_credit_applications": {"applied_date": "2026-10-20 10:01"},
    "legacy_webhook_events": {"event_type": "charge.succeeded", "payload_json": "{}", "received_date": "2026-11-01 10:00"},
}  # fmt: skip


def line(amount: int, **more: Any) -> dict[str, Any]:
    return {
        "description": "Team",
        "quantity": "1",
        "unit_price_cents": str(amount),
        "amount_cents": amount,
        "tax_cents": 0,
    } | more


def document_rows() -> Rows:
    """Everything but what no load survives: those rows are added by the tests about them."""
    statuses = (
        "active",
        "trialing",
        "canceled",
        "past_due",
        "unpaid",
        "paused",
        "incomplete",
        "incomplete_expired",
        "pending",
    )
    tiers = json.dumps(
        [{"up_to": 1000, "unit_price_cents": "0.35"}, {"up_to": None, "unit_price_cents": "0.25"}]
    )
    package = json.dumps([{"up_to": None, "package_size": 100, "package_price_cents": "240"}])
    return {
        "legacy_customers": [
            {"id": 1, "stripe_customer_id": "cus_1", "address_line1": "1 High St", "city": "Chicago"},
            {"id": 2, "customer_name": "Ben", "customer_email": "ben@example.com", "timezone": None},
            {"id": 3, "customer_name": "QA", "is_test": True},
            {"id": 4, "customer_name": "Cy", "status": "merged", "merged_into_id": 1},
            {"id": 5, "customer_name": "erased", "customer_email": None, "status": "erased"},
            {"id": 6, "customer_name": "佐藤", "billing_currency": "JPY", "country": "JP", "city": "東京", "parent_customer_id": 1},
            {"id": 7, "customer_name": "Church", "is_tax_exempt": True},
        ],
        "legacy_tax_ids": [{"id": 70, "customer_id": 7, "kind": "exemption_certificate", "value": "EX-7", "country": "US",
                            "valid_until": "2028-12-31", "certificate_url": "https://files.example.com/ex-7.pdf"}],
        "legacy_payment_methods": [
            {"id": 21, "customer_id": 1, "stripe_payment_method_id": "pm_a", "is_default": True},
            {"id": 22, "customer_id": 1, "stripe_payment_method_id": "pm_b", "is_default": True, "created_date": "2025-06-01 12:00"},
            {"id": 23, "customer_id": 1, "stripe_payment_method_id": "pm_old", "is_detached": True},
            {"id": 24, "customer_id": 7, "stripe_payment_method_id": "pm_b"},  # the same card, held by another customer too
            {"id": 25, "customer_id": 88, "stripe_payment_method_id": "pm_x"},  # an orphan
        ],
        "legacy_plans": [
            {"id": 10, "plan_name": "Team Monthly", "pricing_model": "per_unit"},
            {"id": 11, "plan_name": "Team every 3 months", "interval_count": 3},
            {"id": 12, "plan_name": "Calls", "is_usage_based": True, "pricing_model": "graduated", "usage_metric": "calls", "usage_tiers_json": tiers, "price_cents": 0},
            {"id": 13, "plan_name": "Storage", "is_usage_based": True, "pricing_model": "volume", "usage_metric": "gb", "usage_tiers_json": tiers, "price_cents": 0},
            {"id": 14, "plan_name": "Documents", "is_usage_based": True, "pricing_model": "package", "usage_metric": "documents", "usage_tiers_json": package, "price_cents": 0},
        ],
        "legacy_plan_prices": [
            {"id": 101, "plan_id": 10, "price_cents": 1500},
            {"id": 102, "plan_id": 10, "effective_from": "2025-01-01 09:00"},
            {"id": 111, "plan_id": 11},
            {"id": 121, "plan_id": 12, "usage_tiers_json": tiers, "price_cents": 0},
            {"id": 131, "plan_id": 13, "usage_tiers_json": tiers, "price_cents": 0},
            {"id": 141, "plan_id": 14, "usage_tiers_json": package, "price_cents": 0},
        ],
        "legacy_subscriptions": [
            *({"id": 1001 + n, "status": status, "created_date": f"2025-02-20 10:{n:02}"} for n, status in enumerate(statuses)),
            {"id": 1011, "plan_price_id": 101, "created_date": "2025-02-20 10:11"},  # keeps last year's price
            {"id": 1012, "custom_price_cents": 900, "created_date": "2025-02-20 10:12"},  # was promised its own
            {"id": 1013, "plan_id": 11, "plan_price_id": 111, "status": "trialing", "trial_end": "2026-11-30 10:00", "billing_anchor_day": 31,
             "collection_method": "send_invoice", "net_days": 30, "cancel_at": "2027-02-01 10:00", "created_date": "2025-02-20 10:13"},
            {"id": 1014, "cancel_at_period_end": True, "created_date": "2025-02-20 10:14"},
            {"id": 1015, "plan_id": 12, "plan_price_id": 121, "created_date": "2025-02-20 10:15"},
            {"id": 1016, "customer_id": 88, "created_date": "2025-02-20 10:16"},  # an orphan
        ],
        "legacy_discounts": [{"id": 41, "subscription_id": 1001, "percent_off": 12.5, "periods_remaining": 3}],
        "legacy_invoices": [
            {"id": 501, "subscription_id": 1001, "invoice_number": "INV-0000501", "created_date": "2026-07-01 12:00",
             "line_items_json": json.dumps([line(1200, period_start="2026-07-01 00:00:00"), line(800)])},
            {"id": 502, "subscription_id": 1004, "invoice_number": "INV-0000502", "status": "past_due", "paid_amount_cents": 0},
            {"id": 503, "subscription_id": 1004, "invoice_number": "INV-0000503", "status": "partially_paid", "paid_amount_cents": 500},
            {"id": 504, "status": "draft", "paid_amount_cents": 0, "issued_date": None},
            {"id": 505, "invoice_number": "INV-0000505", "line_items_json": json.dumps([line(1900)])},  # lines of 19.00 under a total of 20.00
            {"id": 506, "customer_id": 88, "invoice_number": "INV-0000506"},  # an orphan
            {"id": 507, "customer_id": 6, "currency": "JPY", "invoice_number": "INV-0000507"},
        ],
        "legacy_credit_notes": [{"id": 601, "invoice_id": 501, "credit_note_number": "CN-1"}],
        "legacy_pending_items": [{"id": 651}],
        "legacy_payments": [
            {"id": 701, "invoice_id": 501, "stripe_payment_method_id": "pm_b", "idempotency_key": "k1"},
            {"id": 702, "invoice_id": None, "stripe_payment_method_id": "pm_old", "idempotency_key": "k1"},  # on account; k1 again
            {"id": 703, "invoice_id": 502, "status": "processing", "idempotency_key": None},
            {"id": 704, "invoice_id": 503, "amount_cents": 500, "idempotency_key": "k4"},
            {"id": 705, "invoice_id": 501, "stripe_payment_method_id": "pm_old", "status": "refunded", "idempotency_key": "k5"},
            {"id": 706, "invoice_id": 99, "idempotency_key": "k6"},  # an orphan
        ],
        "legacy_refunds": [{"id": 751, "payment_id": 705, "amount_cents": 2000}],
        "legacy_disputes": [{"id": 761, "payment_id": 704, "amount_cents": 500}],
        "legacy_usage_records": [
            {"id": 801, "subscription_id": 1015, "recorded_at": "2026-10-25 08:00", "idempotency_key": "u1"},  # this period, last month
            {"id": 802, "subscription_id": 1015, "recorded_at": "2026-11-05 08:00", "idempotency_key": "u2"},
            {"id": 803, "subscription_id": 1015, "recorded_at": "2026-11-02 08:00", "idempotency_key": "u3", "invoice_id": 501},  # billed already
            {"id": 804, "subscription_id": 99, "recorded_at": "2026-11-06 08:00", "idempotency_key": "u4"},  # an orphan
        ],
        "legacy_credits": [
            {"id": 901, "amount_cents": 1000, "remaining_balance_cents": 400},
            {"id": 902, "amount_cents": 700, "remaining_balance_cents": 0, "expires_date": "2026-06-01 00:00"},
            {"id": 903, "amount_cents": -500, "remaining_balance_cents": -500},
            {"id": 904, "customer_id": 88, "amount_cents": 300, "remaining_balance_cents": 300},  # an orphan
        ],
        "legacy_credit_applications": [{"id": 951, "credit_id": 901, "invoice_id": 501, "amount_cents": 600}],
        "legacy_webhook_events": [{"id": 981}],
    }  # fmt: skip


def make_database(url: str, rows: Rows) -> None:
    """Create the legacy tables at `url` and fill them."""
    schema = resources.files("trueup.migration.sample.schema").joinpath("postgresql.sql")
    with psycopg.connect(url) as connection:
        connection.execute(schema.read_text("utf-8").encode())
        for table, given in rows.items():
            insert(connection, table, given)


def insert(
    connection: psycopg.Connection[Any], table: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    for row in rows:
        full = {**DEFAULTS[table], **row}
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, full)),
            sql.SQL(", ").join(sql.Placeholder() * len(full)),
        )
        connection.execute(statement, list(full.values()))
