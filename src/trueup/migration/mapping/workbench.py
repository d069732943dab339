"""Where source rows become canonical records: one DuckDB over one snapshot and one pack.

The snapshot is read in parts, a part is mapped in bounded memory, and what became of each record
is kept on disk for the records that refer to it. The same snapshot, pack and `as_of` give the same
records, row by row, so a load that was cut off can walk the finished parts again without writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa  # noqa: TC002  DuckDB reads the annotations of its functions
from duckdb.func import PythonUDFType

from trueup.db import load_queries
from trueup.kernel.cards import contain_card_numbers
from trueup.kernel.errors import TrueupError
from trueup.kernel.ids import SEPARATOR
from trueup.migration.mapping.compiler import quoted
from trueup.migration.mapping.desk import DERIVED, Desk
from trueup.migration.mapping.errors import (
    ColumnsMissing,
    TablesMissing,
    TablesUnclaimed,
    UnknownValues,
)
from trueup.migration.mapping.memory import Memory
from trueup.migration.mapping.rules import literal
from trueup.migration.mapping.shape import Shape, fitting_shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    import duckdb

    from trueup.migration.mapping.model import EntityMapping, Pack
    from trueup.migration.sources.snapshot import Snapshot

S = load_queries(__package__, "statements.sql")


class Workbench:
    """A snapshot, a pack and what is known so far. Chunks are mapped at its desks, one a thread.

    `check_fit` comes first; after it everything here may be asked by any thread.

    as_of: what lies after it is the future, which history cannot hold.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        pack: Pack,
        *,
        tenant_id: int,
        source: str,
        as_of: datetime,
        scratch: Path,
    ) -> None:
        self.snapshot = snapshot.named(pack.names)
        self.pack = pack
        self.as_of = as_of
        self.id_prefix = f"{tenant_id}{SEPARATOR}{source}{SEPARATOR}"
        self._shapes: dict[tuple[str, bool], Shape] = {}
        self.has_begun = False  # the first survey says that there is something to take up later
        self.memory = Memory.open(
            scratch, self.id_prefix, self.snapshot.hash, pack.hash, as_of.isoformat()
        )
        self._con = self.memory.connection
        _teach_card_numbers(self._con)
        self.snapshot.attach(self._con, schema="source")
        try:
            self._own = Desk(self, self._con)
        except TrueupError:
            self.memory.close(is_done=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What a refused pack leaves is of no use to the next run, which begins at another instant.
        self.memory.close(is_done=error is None or not self.has_begun)

    def desk(self) -> Desk:
        """A place to map chunks at, for one thread."""
        return Desk(self, self._con.cursor())

    def check_fit(self) -> None:
        """Hold the pack against the snapshot before anything is loaded.

        Raises TablesMissing, TablesUnclaimed, ColumnsMissing, UnknownValues (all at once),
        PackDoesNotFit.
        """
        self.check_names()
        self._check_values()
        for mapping in self.pack.entities:
            for index in (DERIVED, 0):
                if self._statement_of(mapping, index):
                    self.shape(mapping, is_derived=index == DERIVED)

    def check_names(self) -> None:
        """Raises TablesMissing, TablesUnclaimed, ColumnsMissing."""
        self._check_tables()
        self._check_columns()

    def chunks(self, mapping: EntityMapping) -> tuple[int, ...]:
        """The chunks of an entity in order: its derived records, then the parts of its table."""
        parts = self.snapshot.table(mapping.table).parts if mapping.table else ()
        derived = (DERIVED,) if mapping.derived_sql else ()
        return (*derived, *range(len(parts)))

    def shape(self, mapping: EntityMapping, *, is_derived: bool) -> Shape:
        """What the pack yields for the entity.  Raises PackDoesNotFit."""
        key = (mapping.entity, is_derived)
        if key not in self._shapes:
            if is_derived:
                self._own.open_nothing()
            else:
                self._own.open_table(self.snapshot.table(str(mapping.table)))
            self._shapes[key] = fitting_shape(self._con, mapping, is_derived=is_derived)
        return self._shapes[key]

    def _check_tables(self) -> None:
        held = {table.name for table in self.snapshot.tables}
        claimed = {each.table for each in self.pack.entities if each.table}
        claimed |= {each.table for each in self.pack.tables_set_aside}
        if missing := sorted(claimed - held):
            raise TablesMissing(tables=missing, held=sorted(held))
        if unclaimed := sorted(held - claimed):
            raise TablesUnclaimed(tables=unclaimed)

    def _check_columns(self) -> None:
        held = {
            f"{table.name}.{column.name}"
            for table in self.snapshot.tables
            for column in table.columns
        }
        if missing := sorted(self.pack.named_columns - held):
            raise ColumnsMissing(columns=missing)

    def _check_values(self) -> None:
        unknown: dict[str, Sequence[tuple[str, int]]] = {}
        for each in self.pack.maps:
            known = ", ".join(literal(value) for value in each.values)
            found = self._own.run(
                S.observed_values,
                column=quoted(each.column),
                table=quoted(each.table),
                known=f"[{known}]",
            ).fetchall()
            if found:
                unknown[f"{each.table}.{each.column}"] = found
        if unknown:
            raise UnknownValues(unknown=unknown)

    @staticmethod
    def _statement_of(mapping: EntityMapping, index: int) -> str | None:
        return mapping.derived_sql if index == DERIVED else mapping.sql


def _teach_card_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """The kernel's card number search as functions of DuckDB; all cursors share them."""

    def lone(texts: pa.ChunkedArray) -> pa.BooleanArray:
        return contain_card_numbers(texts, is_token=True)

    def anywhere(texts: pa.ChunkedArray) -> pa.BooleanArray:
        return contain_card_numbers(texts)

    for name, function in (("any_card_number", anywhere), ("lone_card_number", lone)):
        con.create_function(name, function, ["VARCHAR"], "BOOLEAN", type=PythonUDFType.ARROW)
