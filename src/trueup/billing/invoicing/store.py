from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.invoicing.model import CREDIT_NOTE
from trueup.db import load_queries

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx

Q = load_queries(__package__)


def standing_credit_notes(tx: Tx, notes: pa.Table) -> pa.Table:
    """Those of `notes` that stand, as facts, each with the customer of its invoice."""
    tx.stage("imported_credit_notes", notes, like=CREDIT_NOTE.table)
    return tx.fetch_arrow(Q.standing_credit_notes)


def reserve_numbers(tx: Tx) -> int:
    """Move each series above its highest number used; counts the series."""
    return tx.execute(Q.reserve_numbers)
