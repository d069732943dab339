from __future__ import annotations

from typing import Final

from trueup.kernel.columns import Columns

USAGE_EVENT: Final = Columns(
    "billing.usage_event",
    required=("usage_event_id", "subscription_id", "meter", "quantity", "occurred_at", "is_billed"),
    optional=("idempotency_key",),
)
