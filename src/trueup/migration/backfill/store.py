from __future__ import annotations

import time
from dataclasses import replace
from string import Template
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from trueup.db import load_queries
from trueup.kernel.errors import check
from trueup.migration.backfill.model import EntityTotal, Load, ReasonTotal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from trueup.db import Tx
    from trueup.migration.mapping.model import TableSetAside

Q = load_queries(__package__)

CLAIM_TRIES: Final = 50
CLAIM_PAUSE_SECONDS: Final = 0.1


def claim(tx: Tx, source: str) -> bool:
    """Whether this transaction alone loads `source` until it ends.

    Asks for some seconds before it says no: the server may not have noticed yet that the process
    which held it was killed.
    """
    for _ in range(CLAIM_TRIES):
        if tx.one(Q.claim, source=source, tenant_id=tx.tenant_id).is_ours:
            return True
        time.sleep(CLAIM_PAUSE_SECONDS)
    return False


def find_load(tx: Tx, source: str) -> Load | None:
    row = tx.maybe(Q.find_load, source=source)
    if row is None:
        return None
    return Load(
        load_id=row.load_id,
        source=source,
        snapshot_hash=row.snapshot_hash,
        mapping_hash=row.mapping_hash,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def find_twin(tx: Tx, source: str, snapshot_hash: str) -> str | None:
    """Another name under which the same snapshot is loaded into these books."""
    row = tx.maybe(Q.find_twin, source=source, snapshot_hash=snapshot_hash)
    return None if row is None else str(row.source)


def begin_load(tx: Tx, load: Load) -> None:
    tx.execute(
        Q.begin_load,
        load_id=load.load_id,
        source=load.source,
        snapshot_hash=load.snapshot_hash,
        mapping_hash=load.mapping_hash,
        started_at=load.started_at,
    )


def finish_load(tx: Tx, load_id: UUID, finished_at: datetime) -> None:
    """Mark the load as finished.  Raises Defect if it was not running."""
    changed = tx.execute(Q.finish_load, load_id=load_id, finished_at=finished_at)
    check(changed == 1, "a load finishes once", load_id=str(load_id))


def committed_chunks(tx: Tx, load_id: UUID) -> dict[str, set[int]]:
    """Chunks that are in the target, by entity."""
    found: dict[str, set[int]] = {}
    for row in tx.many(Q.checkpoints, load_id=load_id):
        found.setdefault(row.entity, set()).add(row.chunk)
    return found


def record_checkpoint(tx: Tx, load_id: UUID, chunk: int, total: EntityTotal) -> None:
    tx.execute(
        Q.record_checkpoint,
        load_id=load_id,
        entity=total.entity,
        chunk=chunk,
        loaded=total.loaded,
        merged=total.merged,
        excluded=total.excluded,
        rejected=total.rejected,
    )


def record_table_set_aside(tx: Tx, load_id: UUID, table: TableSetAside, *, row_count: int) -> None:
    tx.execute(
        Q.record_table_set_aside,
        load_id=load_id,
        source_table=table.table,
        bucket=table.bucket.value,
        reason=table.reason,
        owner=table.owner,
        row_count=row_count,
    )


def insert_crosswalk(tx: Tx, load_id: UUID, rows: pa.Table) -> None:
    tx.insert("migration.crosswalk", _of_load(rows, load_id))


def insert_set_aside(tx: Tx, load_id: UUID, rows: pa.Table) -> None:
    tx.insert("migration.set_aside", _of_load(rows, load_id))


def analyze(tx: Tx, *tables: str) -> None:
    """Tell the planner of `tables`, named by us. tx: of the owner, who alone may."""
    statement = Template(Q.analyze.sql).substitute(tables=", ".join(tables))
    tx.execute(replace(Q.analyze, sql=statement))


def totals(tx: Tx, load_id: UUID) -> tuple[EntityTotal, ...]:
    return tuple(
        EntityTotal(row.entity, row.loaded, row.merged, row.excluded, row.rejected)
        for row in tx.many(Q.bucket_totals, load_id=load_id)
    )


def reasons(tx: Tx, load_id: UUID) -> tuple[ReasonTotal, ...]:
    """Why rows were set aside: the rejected first, then by how many."""
    return tuple(
        ReasonTotal(row.entity, row.bucket, row.reason, row.field, row.row_count, row.fix)
        for row in tx.many(Q.reason_totals, load_id=load_id)
    )


def _of_load(rows: pa.Table, load_id: UUID) -> pa.Table:
    column = pa.repeat(pa.scalar(load_id.bytes, pa.binary(16)), rows.num_rows)
    return rows.append_column("load_id", column)
