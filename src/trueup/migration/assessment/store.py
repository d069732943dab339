"""The only part of the slice that reads the snapshot: one DuckDB connection, bounded memory."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa  # noqa: TC002  DuckDB evaluates the annotations of a registered function
from duckdb.func import ARROW
from duckdb.sqltypes import BOOLEAN, VARCHAR

from trueup.kernel.cards import contain_card_numbers
from trueup.kernel.currency import CURRENCIES
from trueup.migration.assessment.errors import SnapshotNotAssessed
from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.rules.fragments import (
    here,
    joined,
    literal,
    literals,
    quoted,
    seen,
)
from trueup.migration.assessment.statements import statement
from trueup.migration.sources.snapshot import selection_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.assessment.rules.shapes import TableShape
    from trueup.migration.assessment.rules.world import Probe
    from trueup.migration.sources.model import Table

MEMORY_LIMIT: Final = "256MB"
"""What DuckDB may hold; more spills to a temporary folder.  Source: issue 2, memory under 500 MiB
at any size, of which Python and Arrow take the rest."""

THREADS: Final = 2
EXAMPLES_MAX: Final = 10


class Reader:
    """Questions to one snapshot. Not for two threads.

    Every method raises SnapshotNotAssessed where a part cannot be read or room runs out.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, about: str, name: str, **places: str) -> list[tuple[Any, ...]]:
        """The answer to the statement called `name`. about: the table, for the error."""
        sql = statement(name, **places)
        try:
            return self._connection.execute(sql).fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as e:
            raise SnapshotNotAssessed(table=about, reason=str(e)) from e

    def prepare(self) -> None:
        """Set the zone, the macros, and the table of offenders."""
        by_exponent = {
            name: literals(["", *(c.code for c in CURRENCIES.values() if c.exponent == digits)])
            for name, digits in (("no_decimals", 0), ("three_decimals", 3), ("four_decimals", 4))
        }
        self.rows("", "prepare", known=literals(sorted(CURRENCIES)), **by_exponent)
        self.rows("", "offender_table")
        for schema in ("numbered", "seen"):
            self._connection.execute(f"create schema {schema}")
        self._connection.create_function(
            "holds_card_number", _hold_card_numbers, [VARCHAR], BOOLEAN, type=ARROW
        )

    def show(self, table: Table, shape: TableShape) -> None:
        """Make `table` visible with its row numbers, keys and currencies."""
        name = quoted(table.name)
        self.rows(
            table.name,
            "view_of_rows",
            table=name,
            columns=selection_of(table),
            files=f"[{literals(str(part.path) for part in table.parts)}]",
            first_rows=f"[{', '.join(str(part.first_row) for part in table.parts)}]",
        )
        code, factor = self._currency_of(shape)
        key = joined(shape.key, alias="source") if shape.key else "''"
        self.rows(table.name, "view_of_table", table=name, key=key, currency=code, factor=factor)

    def _currency_of(self, shape: TableShape) -> tuple[str, str]:
        """A row's currency and factor, as a choice among the spellings its column really holds.

        Written out, because a macro over all of ISO 4217 would cost more than the scan around it.
        """
        column = shape.first(Role.CURRENCY)
        place = f"source.{quoted(column.name)}" if column else literal(shape.currency or "")
        spellings = self.rows(shape.name, "spellings", column=place, table=quoted(shape.name))
        if not spellings:
            return "null::varchar", "null::integer"
        codes = " ".join(f"when {literal(raw)} then {literal(code)}" for raw, code, _ in spellings)
        factors = " ".join(f"when {literal(raw)} then {factor}" for raw, _, factor in spellings)
        subject = f"cast({place} as varchar)"
        return f"case {subject} {codes} end", f"case {subject} {factors} end"

    def keep(self, number: int, table_number: int, severity: str, probe: Probe) -> None:
        """Write what `probe` finds to the table of offenders."""
        self.rows(
            probe.table,
            "keep",
            probe=str(number),
            table_number=str(table_number),
            severity=literal(severity),
            query=statement(probe.query, **probe.places),
        )

    def sums(self, number: int) -> list[tuple[Any, ...]]:
        """(currency, rows, micros as text, rows that are rows) of a probe's offenders."""
        return self.rows("", "sums", probe=str(number))

    def examples(self, number: int) -> list[tuple[Any, ...]]:
        """(row number, key, shown), unmasked, by row."""
        return self.rows("", "examples", probe=str(number), limit=str(EXAMPLES_MAX))

    def values(self, shape: TableShape, column: str, limit: int) -> list[tuple[str | None, int]]:
        """(value, rows) of the most frequent values, at most `limit`."""
        places = {"table": seen(shape.name), "column": here(column), "limit": str(limit)}
        return [(value, rows) for value, rows in self.rows(shape.name, "values_of", **places)]

    def rows_by_severity(self) -> dict[str, int]:
        """Distinct rows of the snapshot named by findings of each severity."""
        return dict(self.rows("", "rows_by_severity"))

    def money_by_severity(self) -> list[tuple[str, str, str]]:
        """(severity, currency, micros as text), by severity and currency."""
        return [(of, code, micros) for of, code, micros in self.rows("", "money_by_severity")]


def _hold_card_numbers(texts: pa.ChunkedArray) -> pa.BooleanArray:
    """Digits inside a token are left to the statement that asks: it looks beside them first."""
    return contain_card_numbers(texts)


@contextmanager
def open_reader() -> Iterator[Reader]:
    """A prepared reader; what it spilled is gone when it closes."""
    with TemporaryDirectory(prefix="trueup-assess-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": spill,
        }
        with duckdb.connect(config=config) as connection:
            reader = Reader(connection)
            reader.prepare()
            yield reader
