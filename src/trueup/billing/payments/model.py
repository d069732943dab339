from __future__ import annotations

from enum import StrEnum
from typing import Final

from trueup.kernel.columns import Columns


class PaymentStatus(StrEnum):
    """Of a payment and of a refund: both are money under way."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


PAYMENT: Final = Columns(
    "billing.payment",
    (
        "payment_id",
        "customer_id",
        "invoice_id",
        "payment_method_id",
        "method_kind",
        "status",
        "currency",
        "amount_micros",
        "occurred_at",
        "psp",
        "psp_payment_id",
        "failure_message",
        "idempotency_key",
    ),
    free_text=("method_kind", "psp_payment_id", "failure_message", "idempotency_key"),
)
REFUND: Final = Columns(
    "billing.refund",
    (
        "refund_id",
        "payment_id",
        "status",
        "currency",
        "amount_micros",
        "reason",
        "psp_refund_id",
        "occurred_at",
    ),
    free_text=("reason", "psp_refund_id"),
)
DISPUTE: Final = Columns(
    "billing.dispute",
    (
        "dispute_id",
        "payment_id",
        "status",
        "currency",
        "amount_micros",
        "reason",
        "opened_at",
        "closed_at",
    ),
    free_text=("reason",),
)
