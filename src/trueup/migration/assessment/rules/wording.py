"""A probe's answer put in words, and findings that need no probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.migration.assessment.model import Finding
from trueup.migration.assessment.rules.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trueup.kernel.money import Money
    from trueup.migration.assessment.model import Example
    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import World


def finding_of(  # noqa: PLR0913  a finding's parts, all but the first three by name
    code: str,
    table: str,
    count: int,
    *,
    columns: tuple[str, ...] = (),
    words: Mapping[str, str] | None = None,
    examples: tuple[Example, ...] = (),
    at_risk: tuple[Money, ...] = (),
    rows_without_currency: int = 0,
) -> Finding:
    """The finding called `code`, worded from the catalogue."""
    entry = CATALOGUE[code]
    places = {"table": table, "column": ", ".join(columns), **(words or {})}
    return Finding(
        code=code,
        severity=entry.severity,
        table=table,
        columns=columns,
        count=count,
        examples=examples,
        at_risk=at_risk,
        rows_without_currency=rows_without_currency,
        title=entry.title.format_map(places),
        effect=entry.effect.format_map(places),
        action=entry.action.format_map(places),
    )


def findings_of_schema(world: World) -> Iterator[Finding]:
    """What the schema alone shows: tables and columns missing, unclaimed, without a key."""
    yield from _missing(world)
    claimed = world.expected.claimed_tables
    for shape in world.shapes.values():
        if world.expected.pack and shape.name not in claimed:
            yield finding_of("table_unclaimed", shape.name, shape.rows)
        if not shape.key and shape.rows:
            yield finding_of("key_absent", shape.name, shape.rows)


def _missing(world: World) -> Iterator[Finding]:
    for entity in world.expected.entities:
        for table in dict.fromkeys((entity.table, *entity.also_reads)):
            if table not in world.shapes:
                yield finding_of("table_missing", table, 0)
        shape = world.shapes.get(entity.table)
        for column in _missing_columns((*entity.key, *entity.columns), shape):
            yield finding_of("column_missing", entity.table, 0, columns=(column,))


def _missing_columns(columns: Iterable[str], shape: TableShape | None) -> list[str]:
    if shape is None:
        return []
    return [name for name in dict.fromkeys(columns) if shape.column(name) is None]
