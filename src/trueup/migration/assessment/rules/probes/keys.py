"""Questions about identity: keys, references, and values that must be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.migration.assessment.rules.fragments import (
    card_like,
    here,
    joined,
    literals,
    missing,
    quoted,
    seen,
    written,
)
from trueup.migration.assessment.rules.world import probe_of, worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import Probe, World


def key_probes(shape: TableShape) -> Iterator[Probe]:
    if not shape.key:
        yield probe_of(
            "row_duplicate", shape, (), content=", ".join(here(c.name) for c in shape.columns)
        )
        return
    columns = [column for column in shape.columns if column.name in shape.key]
    key, shown = ", ".join(here(name) for name in shape.key), joined(shape.key)
    yield probe_of("key_missing", shape, shape.key, is_missing=missing(columns), shown=shown)
    yield probe_of("key_duplicate", shape, shape.key, key=key, shown=shown)


def reference_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    for reference in world.references:
        column = shape.column(reference.column)
        if reference.table != shape.name or column is None:
            continue
        yield worded(
            probe_of(
                "reference_broken",
                shape,
                (column.name,),
                column=here(column.name),
                is_written=written(column),
                target=seen(reference.target_table),
                target_column=quoted(reference.target_column),
            ),
            target=reference.target_table,
        )


def vocabulary_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    """One probe per map of the pack: a value it does not know stops the load (M35)."""
    for vocabulary in world.expected.vocabularies:
        if vocabulary.table != shape.name or shape.column(vocabulary.column) is None:
            continue
        known = literals(raw for raw, _ in vocabulary.meanings)
        yield worded(
            probe_of(
                "value_unmapped",
                shape,
                (vocabulary.column,),
                column=f"cast({here(vocabulary.column)} as varchar)",
                values=known or "''",
            ),
            map=vocabulary.name,
        )


def card_probes(shape: TableShape) -> Iterator[Probe]:
    """A card may stand in any text, and in a whole number long enough to hold one."""
    for column in shape.columns:
        is_long = column.type in {"BIGINT", "UBIGINT", "HUGEINT"}
        if column.is_text or is_long or column.type.startswith("DECIMAL"):
            yield probe_of(
                "card_number",
                shape,
                (column.name,),
                column=f"cast({here(column.name)} as varchar)",
                card_like=card_like(column),
            )
