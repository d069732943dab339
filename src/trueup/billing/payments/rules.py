"""Which imported payments, refunds and disputes moved money. Pure, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from trueup.billing.payments.model import DisputeStatus, PaymentStatus
from trueup.ledger.model import Facts
from trueup.ledger.templates import (
    IMPORTED_DISPUTE,
    IMPORTED_PAYMENT,
    IMPORTED_REFUND,
    PAYMENT_RECORDED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.billing.payments.model import Received

FUNDS_LEFT: Final = frozenset({DisputeStatus.OPEN, DisputeStatus.LOST})
"""A processor takes disputed money at once and gives it back only if we win (B58)."""


def imported_payments(payments: pa.Table) -> Facts:
    """What the succeeded ones of `payments` brought: for an invoice, or on account without one."""
    taken = _of_status(payments, [PaymentStatus.SUCCEEDED])
    amount, is_on_account = taken.column("amount_micros"), pc.is_null(taken.column("invoice_id"))
    nothing = pa.scalar(0, pa.int64())
    rows = _facts(
        taken,
        "payment_id",
        "occurred_at",
        customer_id=taken.column("customer_id"),
        allocated_micros=pc.if_else(is_on_account, nothing, amount),
        on_account_micros=pc.if_else(is_on_account, amount, nothing),
    )
    return Facts(IMPORTED_PAYMENT, rows)


def imported_refunds(refunds: pa.Table) -> Facts:
    """What the succeeded ones of `refunds` gave back."""
    paid = _of_status(refunds, [PaymentStatus.SUCCEEDED])
    amounts = {"amount_micros": paid.column("amount_micros")}
    return Facts(IMPORTED_REFUND, _facts(paid, "refund_id", "occurred_at", **amounts))


def imported_disputes(disputes: pa.Table) -> Facts:
    """What those of `disputes` took that are not won."""
    gone = _of_status(disputes, FUNDS_LEFT)
    amounts = {"amount_micros": gone.column("amount_micros")}
    return Facts(IMPORTED_DISPUTE, _facts(gone, "dispute_id", "opened_at", **amounts))


def _of_status(rows: pa.Table, statuses: Iterable[PaymentStatus | DisputeStatus]) -> pa.Table:
    values = pa.array([status.value for status in statuses], pa.string())
    return rows.filter(pc.is_in(rows.column("status").cast(pa.string()), values))


def _facts(rows: pa.Table, entry: str, effective: str, **columns: pa.ChunkedArray) -> pa.Table:
    return pa.table(
        {
            "entry_id": rows.column(entry),
            "currency": rows.column("currency"),
            "effective_at": rows.column(effective),
        }
        | columns
    )


def recorded_payment(payment: Received, invoice: Any, allocated_micros: int) -> Facts:
    """What a payment for an invoice moves: up to its due the receivable, the rest on account."""
    rows = pa.table(
        {
            "entry_id": pa.array([payment.payment_id.bytes], pa.binary(16)),
            "customer_id": pa.array([invoice.customer_id.bytes], pa.binary(16)),
            "currency": pa.array([invoice.currency], pa.string()),
            "effective_at": pa.array([payment.at], pa.timestamp("us", "UTC")),
            "allocated_micros": pa.array([allocated_micros], pa.int64()),
            "on_account_micros": pa.array([payment.amount_micros - allocated_micros], pa.int64()),
        }
    )
    return Facts(PAYMENT_RECORDED, rows)
