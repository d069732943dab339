"""What the source says beside the books: its next bills, and rows of it that the load set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.migration.backtest import store
from trueup.migration.backtest.model import NextBill
from trueup.migration.reconciliation.pack import open_checks
from trueup.migration.reconciliation.reading import SourceReading
from trueup.migration.sources.statements import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from trueup.db import Tx
    from trueup.migration.mapping.model import EntityMapping, Pack
    from trueup.migration.sources.snapshot import Snapshot

S = load_queries(__package__, "reading.sql")
DECIDING: Final = frozenset({"invoice", "discount", "usage_event"})
"""Entities of which a missing row changes what is billed, or what was."""
ASIDE_BATCH: Final = 10_000
NO_COLUMN: Final = "null"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """set_aside: rows by entity, of each subscription or customer.

    next_bills: by subscription; None where the pack has no control of them.
    """

    set_aside: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict)
    next_bills: Mapping[UUID, NextBill] | None = None


def source_facts(tx: Tx, load_id: str, snapshot: Snapshot, pack: Pack, folder: Path) -> SourceFacts:
    """Read the snapshot once for both.  Raises CheckUnreadable."""
    checks = open_checks(folder)
    with SourceReading.open(snapshot, checks) as reading:
        for rows in tx.stream(store.Q.set_aside, load_id=load_id, batch_rows=ASIDE_BATCH):
            reading.add_aside(rows)
        reading.accept()
        aside = [row for entity in pack.entities for row in _aside(reading, entity)]
        control = checks.control_sql("next_bill")
        bills = None
        if control is not None:
            bills = reading.rows(S.next_bills, bills=reading.next_bill(control))
    wanted = {key for row in aside for key in row[1:] if key is not None}
    wanted |= {str(bill[0]) for bill in bills or ()}
    ids = store.ids_of(tx, load_id, sorted(wanted))
    return SourceFacts(_counted(aside, ids), None if bills is None else _by_id(bills, ids))


def _aside(
    reading: SourceReading, mapping: EntityMapping
) -> Sequence[tuple[str, str | None, str | None]]:
    """Entity, subscription and customer of each row of `mapping` that was set aside."""
    if mapping.entity not in DECIDING or mapping.table is None:
        return ()
    found = reading.rows(
        S.aside_rows,
        entity=mapping.entity,
        table=quoted(mapping.table),
        subscription=_column(mapping, "subscription_id"),
        customer=_column(mapping, "customer_id"),
    )
    return [(str(row[0]), row[1], row[2]) for row in found]


def _column(mapping: EntityMapping, name: str) -> str:
    """The column of the source that refers to it, by the name the manifest gives it."""
    return f"t.{quoted(name)}" if name in mapping.references else NO_COLUMN


def _counted(
    aside: Sequence[tuple[str, str | None, str | None]], ids: Mapping[tuple[str, str], UUID]
) -> dict[UUID, Counter[str]]:
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    for entity, subscription, customer in aside:
        of = ids.get(("subscription", subscription or "")) or ids.get(("customer", customer or ""))
        if of is not None:
            found[of][entity] += 1
    return dict(found)


def _by_id(
    bills: Sequence[Sequence[object]], ids: Mapping[tuple[str, str], UUID]
) -> dict[UUID, NextBill]:
    found = {}
    for key, at_us, currency, micros in bills:
        of = ids.get(("subscription", str(key)))
        if of is not None and at_us is not None:
            at = EPOCH + timedelta(microseconds=int(str(at_us)))
            found[of] = NextBill(at, str(currency), int(str(micros)))
    return found
