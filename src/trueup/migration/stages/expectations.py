"""A mapping pack as the assessment's expectations: what it reads, maps and leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.migration.assessment.expectations import (
    ExcludedTable,
    Expectations,
    ExpectedEntity,
    ExpectedReference,
    ExpectedVocabulary,
)
from trueup.migration.sources.naming import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.migration.mapping.model import EntityMapping, Pack
    from trueup.migration.sources.snapshot import Snapshot


def expectations_of(pack: Pack, snapshot: Snapshot) -> Expectations:
    """What the assessment shall hold `snapshot` against before this pack is loaded.

    In the source's own names: people look there for what the assessment finds.
    """
    own = _own_names(pack, snapshot)
    return Expectations(
        pack=f"{pack.name} {pack.version}",
        entities=tuple(_entity(each, pack, own) for each in pack.entities if each.table),
        references=tuple(
            reference for each in pack.entities for reference in _references(each, own)
        ),
        vocabularies=tuple(
            ExpectedVocabulary(
                each.name,
                own.table(each.table),
                own.column(each.table, each.column),
                tuple(each.values.items()),
            )
            for each in pack.maps
        ),
        excluded_tables=tuple(
            ExcludedTable(own.table(each.table), each.reason, each.owner or pack.name)
            for each in pack.tables_set_aside
        ),
    )


@dataclass(frozen=True, slots=True)
class _OwnNames:
    """The source's names for the pack's. What the source does not hold keeps the pack's name."""

    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]

    def table(self, name: str) -> str:
        return self.tables.get(name, name)

    def column(self, table: str, name: str) -> str:
        return self.columns.get((table, name), name)


def _own_names(pack: Pack, snapshot: Snapshot) -> _OwnNames:
    named = {spelled(table.name, pack.names): table for table in snapshot.tables}
    return _OwnNames(
        tables={name: table.name for name, table in named.items()},
        columns={
            (name, spelled(column.name, pack.names)): column.name
            for name, table in named.items()
            for column in table.columns
        },
    )


def _entity(mapping: EntityMapping, pack: Pack, own: _OwnNames) -> ExpectedEntity:
    """columns: those that the manifest names.

    currency: the one the pack assumes, for amounts of a table without a currency column.
    """
    table = str(mapping.table)
    assumed = next((each.value for each in pack.assumptions if each.name == "currency"), None)
    return ExpectedEntity(
        entity=mapping.entity,
        table=own.table(table),
        key=tuple(own.column(table, name) for name in mapping.key),
        columns=tuple(own.column(table, name) for name in _named(table, pack)),
        currency=None if mapping.currency else assumed,
    )


def _named(table: str, pack: Pack) -> list[str]:
    """The columns of `table` that the pack's manifest names, by name."""
    parted = (named.rpartition(".") for named in pack.named_columns)
    return sorted(column for of, _, column in parted if of == table)


def _references(mapping: EntityMapping, own: _OwnNames) -> Iterator[ExpectedReference]:
    table = str(mapping.table)
    for column, to in mapping.references.items():
        target, _, key = to.partition(".")
        yield ExpectedReference(
            own.table(table), own.column(table, column), own.table(target), own.column(target, key)
        )
