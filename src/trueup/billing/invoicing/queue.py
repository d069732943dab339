"""The queue of due subscriptions, which workers share: claimed, moved on, parked; and the runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.billing.invoicing.model import Due
from trueup.billing.invoicing.rules.rows import ID, INSTANT
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from trueup.billing.invoicing.model import Parked, Tally
    from trueup.billing.subscriptions.model import Record
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__, "queue.sql")

ADVANCED: Final = pa.schema(
    {
        "subscription_id": ID,
        "status": pa.string(),
        "current_period_start": INSTANT,
        "current_period_end": INSTANT,
        "charged_through_at": INSTANT,
        "next_bill_at": INSTANT,
        "last_billed_at": INSTANT,
        "usage_watched_at": INSTANT,
        "is_steady": pa.bool_(),
        "ended_at": INSTANT,
        "paused_at": INSTANT,
    }
)
PARKED: Final = pa.schema(
    {
        "subscription_id": ID,
        "customer_id": ID,
        "bill_run_id": ID,
        "code": pa.string(),
        "sentence": pa.string(),
        "fix": pa.string(),
        "since": INSTANT,
    }
)


def plan_for_chunks(tx: Tx) -> None:
    tx.one(Q.plan_for_chunks)


def claim_steady(tx: Tx, run_id: UUID, until: Instant, limit: int) -> list[Any]:
    """Up to `limit` plain renewals, a row for each kind of them, now held."""
    return tx.many(Q.claim_steady, run_id=run_id, until=until, limit=limit)


def claim(
    tx: Tx, run_id: UUID, until: Instant, limit: int, ids: Sequence[UUID] | None = None
) -> list[Due]:
    """Up to `limit` subscriptions that are billed by themselves, now held."""
    return _due(
        tx.many(
            Q.claim_due,
            run_id=run_id,
            until=until,
            limit=limit,
            is_joint=False,
            ids=None if ids is None else list(ids),
        )
    )


def claim_joint(tx: Tx, run_id: UUID, until: Instant, limit: int) -> list[Due]:
    """The joint subscriptions of up to `limit` customers, now held."""
    customers = [
        row.customer_id
        for row in tx.many(Q.claim_customers, run_id=run_id, until=until, limit=limit)
    ]
    if not customers:
        return []
    return _due(tx.many(Q.due_of_customers, run_id=run_id, until=until, customers=customers))


def claim_watched(tx: Tx, run_id: UUID, until: Instant, after: UUID, limit: int) -> list[Any]:
    """Up to `limit` subscriptions after one that usage may bill by itself, now held."""
    return tx.many(Q.claim_watched, run_id=run_id, until=until, after=after, limit=limit)


def watched(tx: Tx, ids: Sequence[UUID], at: Instant) -> None:
    """What usage made due of these by `at` is billed; none of them waits for a person."""
    tx.execute(Q.mark_watched, ids=list(ids), at=at)
    tx.execute(Q.unpark_watched, ids=list(ids))


def count_due(tx: Tx, run_id: UUID | None, until: Instant) -> tuple[int, int]:
    """How many are due by `until`, and how many of them the run has parked."""
    row = tx.one(Q.count_due, run_id=run_id, until=until)
    return int(row.due), int(row.parked)


def due(tx: Tx, until: Instant, limit: int) -> list[Any]:
    return tx.many(Q.due, until=until, limit=limit)


def advance(tx: Tx, rows: pa.Table) -> int:
    """Move billed subscriptions on; rows as `ADVANCED`.  What was parked of them is so no more."""
    if not rows.num_rows:
        return 0
    tx.stage("billed_subscriptions", rows, like="billing.subscription")
    return tx.execute(Q.advance_subscriptions)


def advance_steady(tx: Tx, rows: pa.Table) -> int:
    """Move renewed subscriptions on by a period."""
    tx.restage("renewed_subscriptions", rows, like="billing.subscription")
    return tx.execute(Q.advance_steady)


def leave_to_rules(tx: Tx, ids: Sequence[UUID]) -> int:
    """Plain renewals no more: the general rules look at each by itself."""
    return tx.execute(Q.leave_to_rules, ids=list(ids))


def park(tx: Tx, parked: Sequence[Parked], run_id: UUID, at: Instant) -> None:
    """Leave subscriptions to a person; this run claims none of them again."""
    if parked:
        park_drafts(tx, parked, run_id, at)
        tx.execute(Q.mark_parked)


def park_drafts(tx: Tx, parked: Sequence[Parked], run_id: UUID, at: Instant) -> None:
    """Leave subscriptions to a person with their drafts; bills of theirs that are due go on."""
    if not parked:
        return
    rows = [
        {
            "subscription_id": each.subscription_id.bytes,
            "customer_id": each.customer_id.bytes,
            "bill_run_id": run_id.bytes,
            "code": each.code,
            "sentence": each.sentence,
            "fix": each.fix,
            "since": at,
        }
        for each in parked
    ]
    tx.stage(
        "parked_subscriptions", pa.Table.from_pylist(rows, schema=PARKED), like="billing.parked"
    )
    tx.execute(Q.park)


def unpark(tx: Tx) -> int:
    """Those just advanced wait for nobody any more."""
    return tx.execute(Q.unpark)


def parked(tx: Tx, limit: int) -> list[Any]:
    return tx.many(Q.parked, limit=limit)


def records(advanced: Sequence[Record]) -> pa.Table:
    """Records as `ADVANCED`."""
    rows = [
        {name: getattr(record, name) for name in ADVANCED.names}
        | {"subscription_id": record.subscription_id.bytes, "status": record.status.value}
        for record in advanced
    ]
    return pa.Table.from_pylist(rows, schema=ADVANCED)


def hold_opening(tx: Tx) -> None:
    """Let no other run begin until this transaction ends."""
    tx.one(Q.hold_opening)


def last_run(tx: Tx) -> Any:
    """When the last run began, `began_at`, and whether that `is_ahead`."""
    return tx.one(Q.last_run_began)


def bill_once_more(tx: Tx, used: Sequence[tuple[UUID, Instant]]) -> int:
    """Make subscriptions due that no bill was to come of.  used: with when usage was recorded."""
    if not used:
        return 0
    ids, instants = zip(*used, strict=True)
    return tx.execute(Q.bill_once_more, ids=list(ids), instants=list(instants))


def open_run(tx: Tx, run_id: UUID, until: Instant, at: Instant, due: int) -> None:
    tx.execute(Q.open_run, run_id=run_id, until=until, at=at, due=due)


def close_run(tx: Tx, run_id: UUID, at: Instant, tally: Tally, still_due: int) -> None:
    tx.execute(
        Q.close_run,
        run_id=run_id,
        at=at,
        billed=tally.billed,
        quiet=tally.quiet,
        parked=tally.parked,
        invoices=tally.invoices,
        still_due=still_due,
        money=json.dumps(dict(tally.money)),
        left_out=tally.left_out,
    )


def runs(tx: Tx, limit: int) -> list[Any]:
    return tx.many(Q.runs, limit=limit)


def _due(rows: Sequence[Any]) -> list[Due]:
    return [Due(row.subscription_id, row.customer_id, row.next_bill_at) for row in rows]
