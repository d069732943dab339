"""Rows to import, saying only what a test cares about; the rest is plain and valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pyarrow as pa

from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.billing.customers.model import CUSTOMER, PAYMENT_METHOD, TAX_IDENTITY
from trueup.billing.invoicing.model import CREDIT_NOTE, INVOICE, LINE_ITEM, PENDING_ITEM
from trueup.billing.metering.model import USAGE_EVENT
from trueup.billing.payments.model import DISPUTE, PAYMENT, REFUND
from trueup.billing.subscriptions.model import DISCOUNT, SUBSCRIPTION, SUBSCRIPTION_ITEM

NAMES = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
DAY = datetime(2024, 3, 1, 12, tzinfo=UTC)
CENT = 10_000

PLAIN = {
    PRODUCT: {"name": "Pro", "is_active": True},
    PLAN: {"name": "Pro monthly", "interval": "month", "interval_count": 1, "trial_days": 0, "is_active": True},
    PRICE: {"currency": "EUR", "model": "flat", "unit_amount_micros": 1250},
    CUSTOMER: {"time_zone": "UTC", "is_tax_exempt": False, "status": "active", "created_at": DAY, "currency": "EUR"},
    TAX_IDENTITY: {"kind": "vat", "value": "DE123456789"},
    PAYMENT_METHOD: {"kind": "card", "is_default": False, "status": "active"},
    SUBSCRIPTION: {"status": "active", "currency": "EUR", "cancel_at_period_end": False, "collection_method": "charge_automatically", "net_days": 0},
    SUBSCRIPTION_ITEM: {"position": 0, "quantity": Decimal(1)},
    DISCOUNT: {"coupon_code": "SPRING", "percent_bp": 1000},
    INVOICE: {"status": "open", "currency": "EUR", "subtotal_micros": 0, "discount_micros": 0, "tax_micros": 0, "paid_micros": 0, "credited_micros": 0, "issued_at": DAY},
    LINE_ITEM: {"position": 0, "amount_micros": 0, "tax_micros": 0},
    CREDIT_NOTE: {"currency": "EUR", "tax_micros": 0, "status": "issued", "issued_at": DAY},
    PENDING_ITEM: {"description": "Setup", "currency": "EUR", "amount_micros": CENT},
    PAYMENT: {"status": "succeeded", "currency": "EUR", "occurred_at": DAY},
    REFUND: {"status": "succeeded", "currency": "EUR", "occurred_at": DAY},
    DISPUTE: {"status": "open", "currency": "EUR", "opened_at": DAY},
    CREDIT: {"currency": "EUR", "priority": 0, "granted_at": DAY},
    CREDIT_APPLICATION: {"applied_at": DAY},
    USAGE_EVENT: {"meter": "api_calls", "quantity": Decimal(1), "occurred_at": DAY, "is_billed": False},
}  # fmt: skip
TEXT_IDS = {"psp_customer_id", "psp_payment_method_id", "psp_payment_id", "psp_refund_id"}
INTEGERS = {
    "interval_count",
    "trial_days",
    "anchor_day",
    "net_days",
    "position",
    "percent_bp",
    "periods_remaining",
    "priority",
    "expiry_year",
    "expiry_month",
}
DECIMALS = {"quantity", "tax_rate"}
INSTANTS = {
    "period_start",
    "period_end",
    "current_period_start",
    "current_period_end",
    "effective_from",
}
TYPES = (
    (lambda name: name.endswith("_id") and name not in TEXT_IDS, pa.binary(16)),
    (lambda name: name.endswith("_micros"), pa.int64()),
    (lambda name: name.endswith("_at") or name in INSTANTS, pa.timestamp("us", "UTC")),
    (lambda name: name.startswith(("is_", "cancel_at_period_end")), pa.bool_()),
    (INTEGERS.__contains__, pa.int32()),
    (DECIMALS.__contains__, pa.decimal128(20, 6)),
    (lambda name: name == "valid_until", pa.date32()),
)


def ident(name):
    """A stable id for a thing a test calls `name`."""
    return uuid5(NAMES, name)


def later(days):
    return DAY + timedelta(days=days)


def rows(columns, *records):
    """An Arrow table as the loader hands it over. records: the values a test cares about."""
    full = [_complete(columns, record) for record in records]
    fields = [pa.field(name, _type(name)) for name in columns.names]
    return pa.Table.from_pylist(full, schema=pa.schema(fields))


def _complete(columns, record):
    unknown = set(record) - set(columns.names)
    assert not unknown, unknown
    values = dict.fromkeys(columns.names) | PLAIN[columns] | record
    if columns is LINE_ITEM:
        values["line_item_id"] = values["line_item_id"] or ident(
            f"{values['invoice_id']}/{values['position']}"
        )
    if columns is INVOICE:
        values.setdefault("total_micros", None)
        total = values["subtotal_micros"] - values["discount_micros"] + values["tax_micros"]
        values["total_micros"] = total if values["total_micros"] is None else values["total_micros"]
        values["number"] = values["number"] or f"INV-{values['invoice_id'].hex[:12]}x"
    if columns is CREDIT_NOTE:
        values["number"] = values["number"] or f"CN-{values['credit_note_id'].hex[:12]}x"
    return {
        name: value.bytes if isinstance(value, UUID) else value for name, value in values.items()
    }


def _type(name):
    return next((kind for belongs, kind in TYPES if belongs(name)), pa.string())
