from __future__ import annotations

from typing import Final

from trueup.kernel.columns import Columns

FACT: Final = Columns(
    "events.outbox", required=("event_id", "kind", "subject_id", "occurred_at", "payload")
)
"""The envelope of a fact.  payload: JSON text of ids, codes and amounts."""
