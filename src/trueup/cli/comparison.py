"""Compare any two tables, row by row, wherever they lie."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli import failures
from trueup.cli.consoles import ERR, OUT
from trueup.cli.progress import BarProgress
from trueup.cli.tables.comparison import comparison_tables
from trueup.migration.reconciliation.compare.comparison import compare as compare_sides
from trueup.migration.reconciliation.compare.connections.sides import open_side

if TYPE_CHECKING:
    from trueup.migration.reconciliation.compare.model import Comparison

Address = Annotated[
    str,
    typer.Argument(
        help="postgresql://…, mysql://…, a .parquet or .csv file, or a snapshot's folder.",
        show_default=False,
    ),
]


def compare(
    left: Address,
    right: Address,
    key: Annotated[list[str], typer.Option("--key", "-k", help="A column of the key; repeatable.")],
    left_table: Annotated[
        str, typer.Option("--left", help="Table, or a SELECT, on the left; not needed for a file.")
    ] = "",
    right_table: Annotated[
        str, typer.Option("--right", help="The same on the right; the left's name by default.")
    ] = "",
) -> None:
    """Find every missing, extra, repeated and differing row of two tables or queries.

    Both sides yield the same column names; rename in a SELECT where they differ.

    Exit status 0 if they are the same, 1 if not.
    """
    with ExitStack() as stack:
        progress = stack.enter_context(BarProgress(ERR))
        sides = (
            stack.enter_context(open_side(left, left_table)),
            stack.enter_context(open_side(right, right_table or left_table)),
        )
        found = compare_sides(*sides, key=key, progress=progress)
    _show(found)
    raise typer.Exit(failures.DONE if found.is_equal else failures.INCOMPLETE)


def _show(found: Comparison) -> None:
    for line in comparison_tables(found):
        OUT.print(line)
    OUT.print("The two are the same." if found.is_equal else "The two differ.", style="bold")
