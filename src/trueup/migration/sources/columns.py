from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from trueup.migration.sources.model import SourceColumn, SourceTable

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column of a database is read.

    expression: in the source's SQL.  flaw: a condition in the source's SQL that holds for values
    the column's type cannot carry; empty when it can carry all.  as_text: the expression to use
    for the whole column when one value is flawed.  cast: the DuckDB type to read a text as; empty
    for as it comes.
    """

    name: str
    expression: str
    flaw: str = ""
    as_text: str = ""
    cast: str = ""

    def read_as(self, flawed: set[str]) -> str:
        """The expression to read it by, given the names of the flawed columns."""
        return self.as_text if self.name in flawed else self.expression


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column as a database's catalogue has it, with how to read it."""

    table: str
    source_type: str
    is_nullable: bool
    key_position: int | None
    reading: Reading


def tables_of(columns: Iterable[CatalogueColumn]) -> tuple[SourceTable, ...]:
    """The tables of catalogue columns that come grouped by table, in column order."""
    return tuple(
        _table(name, list(group)) for name, group in groupby(columns, key=attrgetter("table"))
    )


def _table(name: str, columns: list[CatalogueColumn]) -> SourceTable:
    keyed = [column for column in columns if column.key_position is not None]
    keyed.sort(key=lambda column: column.key_position or 0)
    return SourceTable(
        name=name,
        columns=tuple(
            SourceColumn(column.reading.name, column.source_type, column.is_nullable)
            for column in columns
        ),
        primary_key=tuple(column.reading.name for column in keyed),
    )
