"""Every field of every record: the source's reading against the target's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.reconciliation.compare import compare
from trueup.migration.reconciliation.compare.model import BreakType as RowBreakType
from trueup.migration.reconciliation.compare.model import Side
from trueup.migration.reconciliation.effects import Effects
from trueup.migration.reconciliation.model import Break, BreakType, Check, Verdict
from trueup.migration.reconciliation.reading import SAMPLES_MAX
from trueup.migration.reconciliation.target import T

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.compare.model import Break as RowBreak
    from trueup.migration.reconciliation.reading import SourceReading
    from trueup.migration.reconciliation.target import Target

OWNERSHIP: Final = frozenset({"status", "currency", "source_status"})
"""Fields beside the references whose difference puts the whole amount in question."""

TYPES: Final = {
    RowBreakType.MISSING: BreakType.MISSING,
    RowBreakType.EXTRA: BreakType.EXTRA,
    RowBreakType.DUPLICATE: BreakType.DUPLICATE,
    RowBreakType.MISMATCH: BreakType.MISMATCH,
}


class Breaks:
    """What was found of one entity: exact count and money, the first few of each type."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._counts: dict[tuple[BreakType, str | None], int] = {}
        self.count = 0
        self.samples: list[Break] = []
        self.effects = Effects()

    def add(self, found: RowBreak) -> None:
        self.count += 1
        for each in breaks_of(self._entity, found):
            self.effects.add_break(each)
            kind = (each.type, each.field)
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._counts[kind] <= SAMPLES_MAX:
                self.samples.append(each)


def compare_records(reading: SourceReading, target: Target, entity: Entity) -> Check:
    """Row by row and field by field, both ways; the rows set aside are off the source's side."""
    found = Breaks(entity)
    result = compare(
        Side(reading.connection, reading.kept(entity)),
        target.records(entity),
        key=("source_key",),
        samples_max=0,
        visit=found.add,
    )
    return Check(
        name="records",
        subject=entity.name,
        verdict=Verdict.PASS if result.is_equal else Verdict.FAIL,
        breaks=found.count,
        samples=tuple(found.samples),
        effects=found.effects.all(),
        source=result.left_rows,
        target=result.right_rows,
    )


def check_assured(target: Target, entity: Entity) -> Check | None:
    """Values that every imported record has whatever the source says: above all who bills it."""
    if not entity.assured:
        return None
    samples: list[Break] = []
    count = 0
    for column, expected in entity.assured.items():
        query = target.of_entity(T.not_assured, entity, column=column, expected=expected)
        rows = target.many(query, limit=SAMPLES_MAX)
        count += rows[0].row_count if rows else 0
        samples += [
            Break(BreakType.NOT_ASSURED, entity.name, row.source_key, column, expected, row.value)
            for row in rows
        ]
    verdict = Verdict.FAIL if count else Verdict.PASS
    return Check("assured", entity.name, verdict, count, tuple(samples))


def breaks_of(entity: Entity, found: RowBreak) -> Iterator[Break]:
    """A row break in the words of the books: one break a field where fields differ."""
    key = found.key[0] or ""
    kind = TYPES[found.type]
    if kind is BreakType.MISMATCH:
        for difference in found.differences:
            amount, currency = _moved(entity, difference.field, found)
            yield Break(
                kind,
                entity.name,
                key,
                difference.field,
                difference.left,
                difference.right,
                amount,
                currency,
            )
        return
    if kind is BreakType.DUPLICATE:
        counts = (str(found.left_count), str(found.right_count))
        copies = found.right_count - found.left_count
        amount = (_money(entity, found.right or found.left) or 0) * copies
        yield Break(
            kind, entity.name, key, None, *counts, amount or None, _currency(entity, found.right)
        )
        return
    row = found.left or found.right
    amount_there = _money(entity, row)
    signed = amount_there if kind is BreakType.EXTRA or amount_there is None else -amount_there
    yield Break(kind, entity.name, key, amount_micros=signed, currency=_currency(entity, row))


def _moved(entity: Entity, field: str, found: RowBreak) -> tuple[int | None, str | None]:
    """The money effect of one field: a difference of amounts, or the whole amount in question."""
    currency = _currency(entity, found.left)
    if field.endswith("_micros"):
        left, right = found.left[field], found.right[field]
        return int(right or 0) - int(left or 0), currency
    if field in OWNERSHIP or field in entity.references:
        return _money(entity, found.left), currency
    return None, None


def _money(entity: Entity, row: Mapping[str, str | None]) -> int | None:
    amount = row.get(entity.money) if entity.money else None
    return None if amount is None else int(amount)


def _currency(entity: Entity, row: Mapping[str, str | None]) -> str | None:
    return row.get("currency") if entity.has_currency else None
