"""The dynamic pieces of this slice's SQL, all here: names and texts quoted, three shapes built.

A table's select list is known only when its catalogue has been read, so these cannot stand in a
.sql file. Every name passes `quoted` or `backquoted`, every text `literal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def quoted(identifier: str) -> str:
    """`identifier` as a SQL identifier of DuckDB, PostgreSQL or SQLite."""
    return '"' + identifier.replace('"', '""') + '"'


def backquoted(identifier: str) -> str:
    """`identifier` as a SQL identifier of MySQL, whatever its sql_mode."""
    return "`" + identifier.replace("`", "``") + "`"


def literal(text: str) -> str:
    """`text` as a SQL string of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def scan(function: str, statement: str) -> str:
    """DuckDB's reading of a statement that the attached database runs."""
    return f"select * from {function}('source', {literal(statement)})"  # noqa: S608  a literal


def select_rows(
    fields: Sequence[tuple[str, str]],
    where: str,
    key: Sequence[str],
    quote: Callable[[str], str] = quoted,
) -> str:
    """Select (expression, name) pairs in the order of `key`; in the table's own without one."""
    listed = ", ".join(f"{expression} as {quote(name)}" for expression, name in fields)
    order = ", ".join(quote(name) for name in key)
    ordered = f" order by {order}" if order else ""
    return f"select {listed} from {where}{ordered}"  # noqa: S608  every name is quoted


def profile_rows(flaws: Sequence[str], where: str, found: str) -> str:
    """Count the rows and say per condition whether any row meets it: one row, count first.

    found: the database's own way to ask "is there any", with {flaw} in it.
    """
    flags = "".join(
        f", {found.format(flaw=flaw)} as flaw_{number}" for number, flaw in enumerate(flaws)
    )
    return f"select count(*) as row_count{flags} from {where}"  # noqa: S608  every name is quoted


def profile_storage(columns: Sequence[str], where: str) -> str:
    """Count the rows and give per column of SQLite its first and last storage class: one row.

    columns: quoted.  Classes sort as blob, integer, real, text; NULL is none of them.
    """
    classes = "".join(
        f", {pick}(nullif(typeof({name}), 'null'))" for name in columns for pick in ("min", "max")
    )
    return f"select count(*){classes} from {where}"  # noqa: S608  every name is quoted


def profile_numbers(columns: Sequence[tuple[str, int]], where: str, exact_max: int) -> str:
    """Say per column of numbers of SQLite what decides its type: one row, three values a column.

    columns: quoted name and the digits after the point that its declaration promises.
    exact_max: the largest integer a double holds exactly.  Each: whether an integer is beyond it,
    whether a real is no multiple of the declared step, the largest magnitude.
    """
    flags = ", ".join(
        f"max(typeof({name}) = 'integer' and {name} not between -{exact_max} and {exact_max})"
        f", max(typeof({name}) = 'real' and {name} <> round({name}, {scale}))"
        f", max(abs(cast({name} as real)))"
        for name, scale in columns
    )
    return f"select {flags} from {where}"  # noqa: S608  every name is quoted
