"""Mapping packs: see, check and document them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.markup import escape

from trueup.cli import failures
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_WORK, Work
from trueup.cli.progress import BarProgress
from trueup.cli.tables.trial import tried_reasons, tried_table
from trueup.migration.mapping import documentation
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.dry_run import TriedEntity, check_shapes, dry_run
from trueup.migration.mapping.pack import find_pack, open_pack, shipped_packs
from trueup.migration.sources.snapshot import Snapshot

app = typer.Typer(help="See, check and document mapping packs.", no_args_is_help=True)

PackName = Annotated[str, typer.Argument(help="A pack's folder, or the name of a shipped one.")]


@app.command("list")
def list_packs() -> None:
    """List the packs that Trueup ships."""
    for pack in shipped_packs():
        OUT.print(f"[bold]{escape(pack.name)}[/]  {escape(pack.title)}")


@app.command()
def check(
    ctx: typer.Context,
    pack: PackName,
    work: Work = DEFAULT_WORK,
    *,
    shapes_only: Annotated[
        bool, typer.Option("--shapes-only", help="Tables, values, statements and types; no rows.")
    ] = False,
) -> None:
    """Map all rows of a snapshot without loading: where each would end, and why.

    Needs no database and writes nothing. Exit status 1 if more rows would be rejected than the
    pack's budget allows.
    """
    snapshot, opened = Snapshot.open(work / "snapshot"), open_pack(find_pack(pack))
    clock = context_of(ctx).clock
    tried: tuple[TriedEntity, ...] = ()
    with TemporaryDirectory() as scratch, BarProgress(ERR) as progress:
        if shapes_only:
            check_shapes(snapshot, opened, scratch=Path(scratch), clock=clock)
        else:
            tried = dry_run(snapshot, opened, scratch=Path(scratch), clock=clock, progress=progress)
    if tried:
        OUT.print(tried_table(tried))
        OUT.print(tried_reasons(tried))
    OUT.print("The pack fits the snapshot.")
    if over := [each.entity for each in tried if not each.is_within_budget]:
        OUT.print(f"[bold red]Too many rows would be rejected[/]: {', '.join(over)}.")
        raise typer.Exit(failures.INCOMPLETE)


@app.command()
def fields(
    entity: Annotated[str, typer.Argument(help=f"One of {', '.join(CANONICAL)}.")],
) -> None:
    """Print what a pack may yield for an entity, as Markdown: fields, kinds, what is refused."""
    if entity not in CANONICAL:
        raise typer.BadParameter(f"{entity!r} is none of {', '.join(CANONICAL)}")
    typer.echo(documentation.record(entity))


@app.command()
def docs(pack: PackName) -> None:
    """Print the mapping's documentation as Markdown: every table, field, status and rule."""
    typer.echo(documentation.markdown(open_pack(find_pack(pack))))
