"""Usage comes in here, an event a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.metering.model import USAGE_EVENT

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


def import_usage_events(tx: Tx, rows: pa.Table) -> int:
    """Insert usage that another system recorded, as `USAGE_EVENT` lists it, and count it.

    What that system billed comes as billed and is never billed again.
    Raises Defect, ConstraintBroken.
    """
    rows = USAGE_EVENT.complete(rows)
    return tx.insert(USAGE_EVENT.table, rows)
