from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from trueup.billing.discounts.model import CreditUse
    from trueup.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class NewCredit:
    """Money given to a customer to spend on bills.

    amount_micros: positive.  priority: the smaller is spent first.  expires_at: exclusive; None is
    never.
    """

    credit_id: UUID
    customer_id: UUID
    currency: str
    amount_micros: int
    granted_at: Instant
    reason: str | None = None
    priority: int = 0
    expires_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What credits settled of an issued invoice.  due_micros: what it is still owed afterwards."""

    invoice_id: UUID
    number: str
    currency: str
    applied_micros: int
    due_micros: int
    parts: Sequence[CreditUse]


@dataclass(frozen=True, slots=True)
class PayOut:
    """Money that was sent to a customer for credit of theirs.

    reference: of the bank; it is recorded once.  credit_id: of this credit alone.  amount_micros:
    None is all that can be paid out.
    """

    customer_id: UUID
    currency: str
    reference: str
    at: Instant
    credit_id: UUID | None = None
    amount_micros: int | None = None


@dataclass(frozen=True, slots=True)
class PayoutPart:
    """What of a pay-out was of one credit."""

    credit_payout_id: UUID
    credit_id: UUID
    amount_micros: int


CREDIT: Final = Columns(
    "billing.credit",
    required=(
        "credit_id",
        "customer_id",
        "currency",
        "original_micros",
        "remaining_micros",
        "priority",
        "granted_at",
    ),
    optional=("reason", "expires_at"),
    free_text=("reason",),
)
CREDIT_APPLICATION: Final = Columns(
    "billing.credit_application",
    required=("credit_application_id", "credit_id", "invoice_id", "amount_micros", "applied_at"),
)
