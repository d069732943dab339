from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


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


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in for an invoice.  key: what keeps it from being recorded twice."""

    payment_id: UUID
    invoice_id: UUID
    amount_micros: int
    at: datetime
    key: str
    method_kind: str | None = None


PAYMENT: Final = Columns(
    "billing.payment",
    required=("payment_id", "customer_id", "status", "currency", "amount_micros", "occurred_at"),
    optional=(
        "invoice_id",
        "payment_method_id",
        "method_kind",
        "psp",
        "psp_payment_id",
        "failure_message",
        "idempotency_key",
    ),
    free_text=("method_kind", "failure_message"),
    tokens=("psp_payment_id", "idempotency_key"),
)
REFUND: Final = Columns(
    "billing.refund",
    required=("refund_id", "payment_id", "status", "currency", "amount_micros", "occurred_at"),
    optional=("reason", "psp_refund_id"),
    free_text=("reason",),
    tokens=("psp_refund_id",),
)
DISPUTE: Final = Columns(
    "billing.dispute",
    required=("dispute_id", "payment_id", "status", "currency", "amount_micros", "opened_at"),
    optional=("reason", "closed_at"),
    free_text=("reason",),
)
