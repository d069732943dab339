from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from trueup.migration.sources.model import SourceColumn, SourceTable

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column as a database's catalogue has it. key_position: None outside the primary key."""

    table: str
    name: str
    source_type: str
    is_nullable: bool
    key_position: int | None


def tables_of(columns: Iterable[CatalogueColumn]) -> tuple[SourceTable, ...]:
    """The tables of catalogue columns that come grouped by table, in column order."""
    return tuple(
        _table(name, list(group)) for name, group in groupby(columns, key=attrgetter("table"))
    )


def _table(name: str, columns: list[CatalogueColumn]) -> SourceTable:
    keyed = [(column.key_position, column.name) for column in columns if column.key_position]
    return SourceTable(
        name=name,
        columns=tuple(
            SourceColumn(column.name, column.source_type, column.is_nullable) for column in columns
        ),
        primary_key=tuple(column for _, column in sorted(keyed)),
    )
