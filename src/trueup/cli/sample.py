"""Sample databases to try a migration on."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from trueup.cli.consoles import ERR, OUT
from trueup.cli.progress import BarProgress
from trueup.migration.sample import service as sample

app = typer.Typer(help="Make sample legacy databases to try a migration on.", no_args_is_help=True)


@app.command()
def legacy(
    to: Annotated[
        str,
        typer.Option(
            help="postgresql://…, mysql://…, a file such as legacy.db, or a folder for CSV files; "
            "it must be empty.",
            show_default=False,
        ),
    ],
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 1_000,
    dirt: Annotated[
        str, typer.Option(help="`default`, `none`, `all`, or names with commas; see `sample dirt`.")
    ] = "default",
    seed: Annotated[int, typer.Option(help="The same seed makes the same database.")] = 1,
) -> None:
    """Make a legacy billing database with named kinds of dirt, in the migration plan's schema."""
    kinds = sample.dirt_named(dirt)
    with BarProgress(ERR) as progress:
        summary = sample.make_legacy(
            to, customers=customers, dirt=kinds, seed=seed, progress=progress
        )
    table = Table("table", "rows", box=None)
    for name, rows in summary.rows.items():
        table.add_row(name, f"{rows:,}")
    table.columns[1].justify = "right"
    OUT.print(table)


@app.command("dirt")
def dirt_kinds() -> None:
    """List the kinds of dirt, what each plants and the rule it tries."""
    table = Table("name", "what it plants", "rules", box=None)
    for kind in sample.DIRT:
        table.add_row(kind.name, kind.sentence, kind.rule)
    OUT.print(table)
