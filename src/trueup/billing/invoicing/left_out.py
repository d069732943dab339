"""Rows of usage that runs met and left on no bill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Tx

Q = load_queries(__package__, "left_out.sql")


def leave_out(tx: Tx, rows: pa.Table, run_id: UUID) -> int:
    """Keep which usage the run left on no bill, as far as no run told it; how many rows it makes.

    rows: as `rules.rows.LEFT_OUT`, all that is left out of each subscription, meter and period.
    """
    if not rows.num_rows:
        return 0
    tx.restage("new_left_out", rows, like="billing.usage_left_out")
    return tx.execute(Q.leave_out, run_id=run_id)


def told_unpriced(tx: Tx, ids: Sequence[UUID]) -> dict[tuple[UUID, str], Any]:
    """Events and quantity that runs told of meters without a price, by subscription and meter."""
    rows = tx.many(Q.told_unpriced, ids=list(ids))
    return {(row.subscription_id, row.meter): row for row in rows}


def left_out(tx: Tx, run_id: UUID | None, limit: int) -> list[Any]:
    """Of one run or all."""
    return tx.many(Q.left_out, run_id=run_id, limit=limit)
