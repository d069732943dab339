"""A mapping pack as the assessment's expectations: what it reads, maps and leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.migration.assessment.expectations import (
    ExcludedTable,
    Expectations,
    ExpectedEntity,
    ExpectedReference,
    ExpectedVocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.mapping.model import EntityMapping, Pack


def expectations_of(pack: Pack) -> Expectations:
    """What the assessment shall hold a snapshot against before this pack is loaded."""
    return Expectations(
        pack=f"{pack.name} {pack.version}",
        entities=tuple(
            ExpectedEntity(entity=each.entity, table=each.table, key=each.key)
            for each in pack.entities
            if each.table
        ),
        references=tuple(reference for each in pack.entities for reference in _references(each)),
        vocabularies=tuple(
            ExpectedVocabulary(each.name, each.table, each.column, tuple(each.values.items()))
            for each in pack.maps
        ),
        excluded_tables=tuple(
            ExcludedTable(each.table, each.reason, each.owner or pack.name)
            for each in pack.tables_set_aside
        ),
    )


def _references(mapping: EntityMapping) -> Iterator[ExpectedReference]:
    for column, to in mapping.references.items():
        table, _, target = to.partition(".")
        yield ExpectedReference(str(mapping.table), column, table, target)
