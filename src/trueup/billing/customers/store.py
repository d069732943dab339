from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from trueup.db import Tx

Q = load_queries(__package__)


def hold_authority(tx: Tx, epochs: Mapping[UUID, int]) -> set[UUID]:
    """Those of the customers in `epochs` that may be billed under their epoch, now locked."""
    rows = tx.many(Q.hold_authority, customers=list(epochs), epochs=list(epochs.values()))
    return {row.customer_id for row in rows}
