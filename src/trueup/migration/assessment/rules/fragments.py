"""Small pieces of DuckDB SQL made of quoted names and literals; statements are in `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.migration.assessment.rules.shapes import ColumnShape, TableShape

ROW: Final = '"trueup row"'
NEVER: Final = "false"


def quoted(name: str) -> str:
    """`name` as an identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    return ", ".join(literal(text) for text in texts)


def seen(table: str) -> str:
    """The view over a table's rows that carries our three columns."""
    return f"seen.{quoted(table)}"


def here(column: str) -> str:
    """A column of the table a probe walks."""
    return f"here.{quoted(column)}"


def written(column: ColumnShape) -> str:
    """That a column holds something: blank text does not count."""
    name = here(column.name)
    return f"is_written({name})" if column.is_text else f"{name} is not null"


def missing(columns: Iterable[ColumnShape]) -> str:
    return " or ".join(f"not coalesce({written(column)}, false)" for column in columns)


def joined(columns: Iterable[str], alias: str = "here") -> str:
    """Several values as one text; a null among them reads as a dash."""
    names = (f"{alias}.{quoted(name)}" for name in columns)
    parts = ", ".join(f"coalesce(cast({name} as varchar), '-')" for name in names)
    return f"concat_ws(', ', {parts})"


def micros(column: ColumnShape | None, alias: str = "here") -> str:
    """The row's amount in micro-units, null where its currency is unknown."""
    if column is None or column.amount_role is None:
        return "null::hugeint"
    factor = {
        Role.AMOUNT_MINOR: f'{alias}."trueup factor"',
        Role.AMOUNT_MAIN: f'case when {alias}."trueup factor" is not null then 1000000 end',
        Role.AMOUNT_MICROS: f'case when {alias}."trueup factor" is not null then 1 end',
    }[column.amount_role]
    name = f"{alias}.{quoted(column.name)}"
    if column.is_integer:
        return f"{name}::hugeint * {factor}"
    return f"cast(round(amount_of({name}) * {factor}) as hugeint)"


def row_of(shape: TableShape) -> str:
    """The columns every finding of a row has; its amount is the table's principal one."""
    return (
        f'here.{ROW} as row_number, here."trueup key" as key, '
        f'here."trueup currency" as currency, {micros(shape.principal)} as micros'
    )


def card_like(column: ColumnShape) -> str:
    """The macro that says whether a text may hold a card number, for columns of this kind."""
    where = "_among_tokens" if column.holds_tokens else ""
    return f"may_hold_card_number{where}"


def number(column: ColumnShape) -> str:
    """A column as a floating-point number: for orders of magnitude, never for sums."""
    return f"try_cast({here(column.name)} as double)"
