"""What a table of rows handed to an import must look like: its columns, and where text is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from trueup.kernel.cards import CardNumberFound, contain_card_numbers
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the rows an import takes, all of them and no others, in any order.

    table: where the rows go, `schema.name`.  names: as in that table, without those the import
    decides itself.  free_text: those in which a person or a program may have left a card number.
    """

    table: str
    names: tuple[str, ...]
    free_text: tuple[str, ...] = ()

    def check(self, rows: pa.Table) -> None:
        """Raises Defect naming missing and extra columns, then CardNumberFound."""
        given, wanted = set(rows.schema.names), set(self.names)
        is_exact = given == wanted and len(rows.schema.names) == len(given)
        missing, extra = sorted(wanted - given), sorted(given - wanted)
        check(
            is_exact,
            "rows have their table's columns",
            table=self.table,
            missing=missing,
            extra=extra,
        )
        for name in self.free_text:
            self._check_text(name, rows.column(name))

    def _check_text(self, name: str, texts: pa.ChunkedArray) -> None:
        if pa.types.is_null(texts.type):
            return
        if found := pc.sum(contain_card_numbers(texts)).as_py():
            raise CardNumberFound(table=self.table, column=name, rows=found)


def with_constants(rows: pa.Table, constants: Mapping[str, str | bool]) -> pa.Table:
    """`rows` and, on the right, a column for each of `constants` that says the same in every row."""
    for name, value in constants.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
    return rows
