"""Usage as it is reported, as it is imported, and as bills read it.

Days are the customer's own, in the zone of the subscription or else of the customer; spans of days
and of instants are half-open, and null leaves an end open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from trueup.kernel.columns import Columns

USAGE_EVENT: Final = Columns(
    "billing.usage_event",
    required=("usage_event_id", "subscription_id", "meter", "quantity", "occurred_at", "is_billed"),
    optional=("idempotency_key",),
)

QUANTITY: Final = pa.decimal128(20, 6)
INSTANT: Final = pa.timestamp("us", "UTC")
ID: Final = pa.binary(16)

REPORTED: Final = pa.schema(
    [
        ("event_id", pa.string()),
        ("subscription_id", ID),
        ("meter", pa.string()),
        ("quantity", QUANTITY),
        ("occurred_at", INSTANT),
        ("dimensions", pa.string()),
    ]
)
"""Usage as it is reported: `event_id` is the reporter's own, `dimensions` a JSON object or null."""

WINDOW: Final = pa.schema(
    [
        ("number", pa.int32()),
        ("subscription_id", ID),
        ("meter", pa.string()),
        ("starts_on", pa.date32()),
        ("ends_on", pa.date32()),
        ("known_at", INSTANT),
    ]
)
"""Days to sum.  number: the reader's own, once for each meter it wants; meter null: every meter.

known_at: when the window was last read; nothing comes of it unless it changed since.  Null: always.
"""

SPAN: Final = pa.schema(
    [
        ("number", pa.int32()),
        ("subscription_id", ID),
        ("meter", pa.string()),
        ("starts_on", pa.date32()),
        ("ends_on", pa.date32()),
        ("starts_at", INSTANT),
        ("ends_at", INSTANT),
    ]
)
"""Events to read one by one, by days, by instants, or by both."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """counted: events that are new.  repeated: those that had been counted before, unchanged."""

    counted: int
    repeated: int
