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
    """The columns of the rows an import takes, named as in their table, in any order.

    table: where the rows go, `schema.name`.  optional: may be null, and may be left out.
    free_text: those in which a person or a program may have left a card number.
    tokens: ids made by a processor or a program, searched for card numbers that stand alone.
    """

    table: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    free_text: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.required + self.optional

    def complete(self, rows: pa.Table) -> pa.Table:
        """`rows` with a column of nulls for each optional one that was left out.

        Raises Defect naming missing and extra columns, then CardNumberFound.
        """
        given = rows.schema.names
        check(
            set(self.required) <= set(given) <= set(self.names) and len(set(given)) == len(given),
            "rows have their table's columns",
            table=self.table,
            missing=sorted(set(self.required) - set(given)),
            extra=sorted({n for n in given if n not in self.names or given.count(n) > 1}),
        )
        for name in (*self.free_text, *self.tokens):
            if name in given:
                self._check_text(name, rows.column(name))
        for name in self.optional:
            if name not in given:
                rows = rows.append_column(name, pa.nulls(rows.num_rows))
        return rows

    def _check_text(self, name: str, texts: pa.ChunkedArray) -> None:
        if pa.types.is_null(texts.type):
            return
        if found := pc.sum(contain_card_numbers(texts, is_token=name in self.tokens)).as_py():
            raise CardNumberFound(table=self.table, column=name, rows=found)


def with_constants(rows: pa.Table, constants: Mapping[str, str | bool]) -> pa.Table:
    """`rows` with a column for each of `constants`, the same in every row, on the right."""
    for name, value in constants.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
    return rows
