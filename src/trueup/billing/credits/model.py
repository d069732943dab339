from __future__ import annotations

from typing import Final

from trueup.kernel.columns import Columns

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
