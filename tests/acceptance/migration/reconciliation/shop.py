"""A small shop's legacy books: one table an entity, and a pack that reads them twice.

Every entity, every lifecycle status that carries money, three currencies of 0, 2 and 3 decimals.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from trueup.migration.sources.snapshot import Snapshot, write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = 24
CURRENCIES = ("EUR", "JPY", "KWD")
STEPS = {"EUR": 10_000, "JPY": 1_000_000, "KWD": 1_000}
START = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
INVOICE_STATUSES = ("P", "O", "U", "V", "D")  # paid, open, uncollectible, void, draft


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def make_snapshot(folder: Path) -> Snapshot:
    """The shop's books; parts of 50 rows, so that row numbers run over several files."""
    tables = {name: typed(rows) for name, rows in books().items()}
    return write_snapshot(folder, tables, part_rows=50)


def typed(rows: list[dict]) -> pa.Table:
    """A column of nothing but nulls has a type too."""
    table = pa.Table.from_pylist(rows)
    kinds = [
        field.with_type(pa.timestamp("us", "UTC") if field.name.endswith("_at") else pa.string())
        if pa.types.is_null(field.type)
        else field
        for field in table.schema
    ]
    return table.cast(pa.schema(kinds))


def books() -> dict[str, list[dict]]:
    numbers = range(1, CUSTOMERS + 1)
    invoices = [invoice(n, k) for n in numbers for k in range(5)]
    return {
        "s_product": [{"id": "basic", "name": "Basic", "is_active": True}],
        "s_plan": [plan(interval) for interval in ("month", "year", "week")],
        "s_price": [price(interval, code) for interval in ("month", "year", "week") for code in CURRENCIES],
        "s_customer": [customer(n) for n in numbers],
        "s_tax_identity": [tax_identity(n) for n in numbers if n % 3 == 0],
        "s_payment_method": [payment_method(n) for n in numbers],
        "s_subscription": [subscription(n) for n in numbers],
        "s_discount": [discount(n) for n in numbers if n % 4 == 0],
        "s_invoice": invoices,
        "s_line": [line for each in invoices for line in lines(each)],
        "s_credit_note": [credit_note(each) for each in invoices if each["status"] == "P" and int(each["customer_key"]) % 2],
        "s_pending_item": [pending_item(n) for n in numbers if n % 5 == 0],
        "s_payment": [payment(each) for each in invoices if each["paid_micros"]] + [on_account(n) for n in numbers if n % 6 == 0],
        "s_refund": [refund(each) for each in invoices if each["status"] == "P" and int(each["id"]) % 3 == 0],
        "s_dispute": [dispute(each) for each in invoices if each["status"] == "P" and int(each["id"]) % 7 == 0],
        "s_credit": [credit(n) for n in numbers if n % 2 == 0],
        "s_credit_application": [application(n) for n in numbers if n % 2 == 0],
        "s_usage_event": [usage(n, k) for n in numbers for k in range(3)],
        "s_audit_log": [{"id": k, "what": "seen"} for k in range(7)],
    }  # fmt: skip


def currency(n: int) -> str:
    return CURRENCIES[n % 3]


def steps(n: int, count: int) -> int:
    """`count` smallest steps of customer n's currency, in micros."""
    return count * STEPS[currency(n)]


def customer(n: int) -> dict:
    return {
        "id": str(n), "name": f"Customer {n} ", "email": f"Cus{n}@example.org", "phone": None if n % 2 else "",
        "company": None, "currency": currency(n), "time_zone": "Europe/Lisbon", "locale": "pt",
        "address_line1": "Rua 1", "address_line2": None, "city": "Évora", "region": None, "postal_code": "7000",
        "country": "PT", "parent_customer_key": "1" if n == 2 else None, "is_tax_exempt": n % 3 == 0,
        "psp": "stripe", "psp_customer_id": f"cus_{n}", "status": "C" if n % 8 == 0 else "A",
        "created_at": at(n), "closed_at": at(n + 100) if n % 8 == 0 else None, "is_test": n == CUSTOMERS,
    }  # fmt: skip


def plan(interval: str) -> dict:
    return {
        "id": interval, "product_key": "basic", "name": f"Basic by the {interval}", "interval": interval,
        "interval_count": 2 if interval == "week" else 1, "trial_days": 14, "is_active": True, "created_at": at(0),
    }  # fmt: skip


def price(interval: str, code: str) -> dict:
    is_tiered = interval == "week"
    tiers = '[{"up_to": null, "unit_amount_micros": 5000, "flat_amount_micros": 0}]'
    return {
        "id": f"{interval}-{code}", "plan_key": interval, "currency": code,
        "model": "graduated" if is_tiered else "per_unit", "meter": "calls" if is_tiered else None,
        "unit_amount_micros": None if is_tiered else 1999 * STEPS[code], "tiers": tiers if is_tiered else None,
        "effective_from": at(0),
    }  # fmt: skip


def tax_identity(n: int) -> dict:
    return {
        "id": f"t{n}", "customer_key": str(n), "kind": "vat", "value": f"PT{n:09}", "country": "PT",
        "valid_until": date(2030, 1, n), "evidence": None,
    }  # fmt: skip


def payment_method(n: int) -> dict:
    return {
        "id": f"m{n}", "customer_key": str(n), "kind": "card" if n % 2 else "bank_debit", "psp": "stripe",
        "psp_payment_method_id": f"pm_{n}", "brand": "visa", "last4": f"{n:04}", "expiry_year": 2030,
        "expiry_month": n % 12 + 1, "fingerprint": f"fp{n}", "mandate_reference": None, "is_default": True,
        "status": "active", "created_at": at(n),
    }  # fmt: skip


def subscription(n: int) -> dict:
    status = ("active", "trialing", "past_due", "cancelled")[n % 4]
    interval = ("month", "year", "week")[n % 3]
    return {
        "id": str(n), "customer_key": str(n), "status": status, "currency": currency(n), "started_at": at(n),
        "trial_end_at": at(n + 14) if status == "trialing" else None, "current_period_start": at(n),
        "current_period_end": at(n + 30), "charged_through_at": at(n + 29) if n % 5 == 0 else None,
        "anchor_day": 31, "cancel_at_period_end": n in (5, 14), "cancel_at": at(n + 9) if n == 8 else None,
        "cancelled_at": at(n + 3) if status == "cancelled" else None,
        "ended_at": at(n + 4) if status == "cancelled" else None, "paused_at": None,
        "collection_method": "send_invoice" if n % 2 else "charge_automatically", "net_days": 30 if n % 2 else 0,
        "price_key": f"{interval}-{currency(n)}", "quantity": n % 3 + 1,
    }  # fmt: skip


def discount(n: int) -> dict:
    is_percent = n % 8 == 0
    return {
        "id": f"d{n}", "subscription_key": str(n), "coupon_code": f"WELCOME{n}",
        "percent_bp": 1250 if is_percent else None, "amount_micros": None if is_percent else steps(n, 100),
        "currency": None if is_percent else currency(n), "periods_remaining": 3, "starts_at": at(0), "ends_at": None,
    }  # fmt: skip


def invoice(n: int, k: int) -> dict:
    status = INVOICE_STATUSES[k]
    subtotal, tax = steps(n, 1000 + 10 * k), steps(n, 230)
    total = subtotal - steps(n, 100) + tax
    return {
        "id": str(n * 10 + k), "customer_key": str(n), "subscription_key": str(n) if k % 2 else None,
        "number": None if status == "D" else f"INV-{n:04}-{k}", "status": status, "currency": currency(n),
        "subtotal_micros": subtotal, "discount_micros": steps(n, 100), "tax_micros": tax, "total_micros": total,
        "paid_micros": total - paid_by_credit(n, k) if status == "P" else steps(n, 1) if status == "O" else 0,
        "credited_micros": paid_by_credit(n, k), "issued_at": None if status == "D" else at(n + k),
        "due_at": at(n + k + 30), "paid_at": at(n + k + 1) if status == "P" else None,
        "voided_at": at(n + k + 2) if status == "V" else None, "period_start": at(n), "period_end": at(n + 30),
    }  # fmt: skip


def paid_by_credit(n: int, k: int) -> int:
    """Even customers settled part of their paid invoice by a credit, odd ones by a credit note."""
    if k:
        return 0
    return steps(n, 7) if n % 2 == 0 else 0


def lines(each: dict) -> list[dict]:
    half = each["subtotal_micros"] // 2 // 1_000_000 * 1_000_000
    amounts = (half, each["subtotal_micros"] - half)
    return [
        {
            "id": f"{each['id']}-{position}", "invoice_key": each["id"], "position": position,
            "currency": each["currency"], "description": f"Part {position}", "quantity": 1,
            "unit_amount_micros": amount, "amount_micros": amount, "tax_micros": each["tax_micros"] if position == 1 else 0,
            "tax_rate": 0, "period_start": each["period_start"], "period_end": each["period_end"], "product_key": "basic",
        }
        for position, amount in enumerate(amounts, start=1)
    ]  # fmt: skip


def credit_note(each: dict) -> dict:
    n = int(each["customer_key"])
    return {
        "id": f"c{each['id']}", "invoice_key": each["id"], "number": f"CN-{each['id']}", "currency": each["currency"],
        "amount_micros": steps(n, 23), "tax_micros": steps(n, 3), "reason": "goodwill", "status": "void",
        "issued_at": each["issued_at"],
    }  # fmt: skip


def pending_item(n: int) -> dict:
    return {
        "id": f"p{n}", "customer_key": str(n), "subscription_key": str(n), "description": "Setup",
        "currency": currency(n), "amount_micros": steps(n, 500), "occurred_at": at(n),
    }  # fmt: skip


def payment(each: dict) -> dict:
    n = int(each["customer_key"])
    return {
        "id": f"p{each['id']}", "customer_key": each["customer_key"], "invoice_key": each["id"],
        "payment_method_key": f"m{n}", "method_kind": "card" if n % 2 else "bank_debit", "status": "succeeded",
        "currency": each["currency"], "amount_micros": each["paid_micros"], "occurred_at": each["issued_at"],
        "psp": "stripe", "psp_payment_id": f"ch_{each['id']}", "failure_message": None,
        "idempotency_key": f"shop:{each['id']}",
    }  # fmt: skip


def on_account(n: int) -> dict:
    return {
        "id": f"a{n}", "customer_key": str(n), "invoice_key": None, "payment_method_key": None, "method_kind": None,
        "status": "succeeded", "currency": currency(n), "amount_micros": steps(n, 900), "occurred_at": at(n),
        "psp": None, "psp_payment_id": None, "failure_message": None, "idempotency_key": f"shop:a{n}",
    }  # fmt: skip


def refund(each: dict) -> dict:
    n = int(each["customer_key"])
    return {
        "id": f"r{each['id']}", "payment_key": f"p{each['id']}", "status": "succeeded", "currency": each["currency"],
        "amount_micros": steps(n, 50), "reason": None, "psp_refund_id": None, "occurred_at": at(n + 9),
    }  # fmt: skip


def dispute(each: dict) -> dict:
    n = int(each["customer_key"])
    return {
        "id": f"x{each['id']}", "payment_key": f"p{each['id']}", "status": "won", "currency": each["currency"],
        "amount_micros": steps(n, 50), "reason": "fraudulent", "opened_at": at(n + 9), "closed_at": at(n + 20),
    }  # fmt: skip


def credit(n: int) -> dict:
    return {
        "id": f"k{n}", "customer_key": str(n), "currency": currency(n), "original_micros": steps(n, 27),
        "remaining_micros": steps(n, 20), "reason": "referral", "priority": n, "granted_at": at(n), "expires_at": None,
    }  # fmt: skip


def application(n: int) -> dict:
    return {
        "id": f"u{n}", "credit_key": f"k{n}", "invoice_key": str(n * 10), "currency": currency(n),
        "amount_micros": steps(n, 7), "applied_at": at(n + 1),
    }  # fmt: skip


def usage(n: int, k: int) -> dict:
    return {
        "id": f"e{n}-{k}", "subscription_key": str(n), "meter": "calls", "quantity": n * 10 + k,
        "occurred_at": at(n + k), "idempotency_key": f"shop:{n}:{k}", "is_billed": k == 0,
    }  # fmt: skip
