from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from uuid import UUID

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
