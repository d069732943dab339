"""Every source row is in exactly one bucket, and rows and money are conserved."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.reconciliation.effects import Effects
from trueup.migration.reconciliation.model import (
    Break,
    BreakType,
    Check,
    ConservationCell,
    StatusCell,
    Verdict,
)
from trueup.migration.reconciliation.reading import SAMPLES_MAX, R
from trueup.migration.reconciliation.target import Q, T
from trueup.migration.sources.statements import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.pack import StatusMap
    from trueup.migration.reconciliation.reading import SourceReading
    from trueup.migration.reconciliation.target import Target
    from trueup.migration.sources.snapshot import Snapshot

BUCKETS: Final = ("source", "derived", "loaded", "merged", "excluded", "rejected")

ACCOUNTED: Final = (
    (R.unread_rows, "the check does not yield this source row"),
    (R.repeated_rows, "the check yields this source row more than once"),
    (R.unknown_aside, "set aside without a reason, or not a row of the source"),
)
"""What may go wrong between a source table, its check and what was set aside; with its sentence."""

Cell = tuple[str | None, str | None]


def check_tables(snapshot: Snapshot, reading: SourceReading, target: Target) -> Check:
    """Every table of the snapshot is some entity's, or set aside as a whole with all its rows."""
    aside = {row.source_table: row.row_count for row in target.many(Q.tables_set_aside)}
    samples = [
        _unaccounted(table.name, "no entity and no reason", table.rows)
        for table in snapshot.tables
        if table.name not in reading.pack.tables
    ]
    samples += [
        _unaccounted(table.name, f"{aside[table.name]} rows set aside", table.rows)
        for table in snapshot.tables
        if aside.get(table.name, table.rows) != table.rows
    ]
    return _check("tables", "snapshot", samples, len(samples))


def check_accounted(reading: SourceReading, entity: Entity) -> Check | None:
    """Each row of the entity's source table is read once, and what is set aside is really there."""
    declared = reading.pack.entities.get(entity.name)
    if declared is None or declared.table is None:
        return None
    samples: list[Break] = []
    count = 0
    pieces = {"entity": entity.name, "table": quoted(declared.table), "limit": str(SAMPLES_MAX)}
    for query, sentence in ACCOUNTED:
        rows = reading.rows(query, **pieces)
        count += rows[0][1] if rows else 0
        samples += [
            Break(BreakType.UNACCOUNTED, entity.name, f"row {number}", "row_number", sentence)
            for number, _ in rows
        ]
    return _check("accounted", entity.name, samples, count)


def conservation(
    reading: SourceReading, target: Target, entity: Entity
) -> tuple[Check, tuple[ConservationCell, ...]]:
    """The conservation identity, rows and money, by raw status and currency (M27)."""
    rows: defaultdict[Cell, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
    micros: defaultdict[Cell, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
    currency = "cast(r.currency as varchar)" if entity.has_currency else "cast(null as varchar)"
    money = f"r.{entity.money}" if entity.money else "null"
    read = reading.rows(
        R.buckets,
        entity=entity.name,
        accounted=reading.accounted(entity),
        currency=currency,
        money=money,
    )
    for status, code, origin, bucket, count, amount in read:
        for part in (origin, bucket) if bucket else (origin,):
            rows[status, code][part] += count
            micros[status, code][part] += amount
    query = target.of_entity(
        T.loaded,
        entity,
        currency="t.currency" if entity.has_currency else "null::text",
        money=f"t.{entity.money}" if entity.money else "0",
    )
    for row in target.many(query):
        # A child has no raw status of its own: its cell is that of all children.
        cell = (None if entity.parent else row.source_status, row.currency)
        rows[cell]["loaded"] += row.row_count
        micros[cell]["loaded"] += int(row.micros)
    cells = tuple(
        ConservationCell(entity.name, *cell, rows=rows[cell], micros=micros[cell])
        for cell in sorted(rows, key=lambda cell: tuple(part or "" for part in cell))
    )
    return _conservation_check(entity, cells), cells


def status_matrix(
    reading: SourceReading, target: Target, entity: Entity, declared: StatusMap
) -> tuple[Check, tuple[StatusCell, ...]]:
    """Raw status by target value, a full outer join of both sides, against the map (D39)."""
    ours: defaultdict[Cell, int] = defaultdict(int)
    theirs: defaultdict[Cell, int] = defaultdict(int)
    kept = reading.kept(entity)
    for status, value, count in reading.rows(R.status_cells, kept=kept, field=declared.field):
        ours[status, value] += count
    for row in target.many(target.of_entity(T.status_cells, entity, field=declared.field)):
        theirs[row.source_status, row.target_status] += row.row_count
    cells = tuple(
        StatusCell(
            entity.name,
            *cell,
            ours[cell],
            theirs[cell],
            declared.values.get(cell[0] or "") == cell[1],
        )
        for cell in sorted({*ours, *theirs}, key=lambda cell: tuple(part or "" for part in cell))
        if cell != (None, None)
    )
    samples = [found for cell in cells if (found := _status_break(cell, declared)) is not None]
    return _check("statuses", entity.name, samples, len(samples)), cells


def _status_break(cell: StatusCell, declared: StatusMap) -> Break | None:
    pair = f"{cell.source_status} → {cell.target_status}"
    if (cell.source_status or "") not in declared.values:
        kind = BreakType.UNMAPPED_STATUS
    elif not cell.is_declared or cell.source_rows != cell.target_rows:
        kind = BreakType.STATUS_MATRIX
    else:
        return None
    counts = (str(cell.source_rows), str(cell.target_rows))
    return Break(kind, cell.entity, pair, declared.field, *counts)


def _conservation_check(entity: Entity, cells: tuple[ConservationCell, ...]) -> Check:
    broken = [cell for cell in cells if not cell.is_kept]
    effects = Effects()
    samples: list[Break] = []
    for cell in broken:
        found = _conservation_break(cell)
        effects.add_break(found)
        samples.append(found)
    return Check(
        name="conservation",
        subject=entity.name,
        verdict=Verdict.FAIL if broken else Verdict.PASS,
        breaks=len(broken),
        samples=tuple(samples[:SAMPLES_MAX]),
        effects=effects.all(),
        source=sum(cell.rows["source"] + cell.rows["derived"] for cell in cells),
        target=sum(cell.rows["loaded"] for cell in cells),
    )


def _conservation_break(cell: ConservationCell) -> Break:
    aside = ("merged", "excluded", "rejected")
    expected = {
        name: parts["source"] + parts["derived"] - sum(parts[each] for each in aside)
        for name, parts in (("rows", cell.rows), ("micros", cell.micros))
    }
    return Break(
        BreakType.CONSERVATION,
        cell.entity,
        f"{cell.source_status or '(none)'} {cell.currency or ''}".strip(),
        "rows and micros",
        f"{expected['rows']} rows, {expected['micros']} micros",
        f"{cell.rows['loaded']} rows, {cell.micros['loaded']} micros",
        cell.micros["loaded"] - expected["micros"],
        cell.currency,
    )


def _unaccounted(table: str, found: str, rows: int) -> Break:
    return Break(BreakType.UNACCOUNTED, table, table, "rows", str(rows), found)


def _check(name: str, subject: str, samples: Iterable[Any], count: int) -> Check:
    verdict = Verdict.FAIL if count else Verdict.PASS
    return Check(name, subject, verdict, count, tuple(samples)[:SAMPLES_MAX])
