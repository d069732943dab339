from __future__ import annotations

from typing import Final

from trueup.kernel.columns import Columns

USAGE_EVENT: Final = Columns(
    "billing.usage_event",
    (
        "usage_event_id",
        "subscription_id",
        "meter",
        "quantity",
        "occurred_at",
        "idempotency_key",
        "is_billed",
    ),
)
