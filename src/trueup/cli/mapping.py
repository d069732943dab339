"""Mapping packs: see, check and document them."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.markup import escape

from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_WORK, Work
from trueup.migration.mapping import documentation
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.pack import find_pack, open_pack, shipped_packs
from trueup.migration.mapping.workbench import Workbench
from trueup.migration.sources.snapshot import Snapshot

app = typer.Typer(help="See, check and document mapping packs.", no_args_is_help=True)

PackName = Annotated[str, typer.Argument(help="A pack's folder, or the name of a shipped one.")]


@app.command("list")
def list_packs() -> None:
    """List the packs that Trueup ships."""
    for pack in shipped_packs():
        OUT.print(f"[bold]{escape(pack.name)}[/]  {escape(pack.title)}")


@app.command()
def check(ctx: typer.Context, pack: PackName, work: Work = DEFAULT_WORK) -> None:
    """Hold a pack against a snapshot without loading: tables, values, statements, types."""
    snapshot = Snapshot.open(work / "snapshot")
    now = context_of(ctx).clock.now().astimezone(UTC)
    with (
        TemporaryDirectory() as scratch,
        Workbench(
            snapshot,
            open_pack(find_pack(pack)),
            tenant_id=0,
            source=pack,
            as_of=now,
            scratch=Path(scratch),
        ) as workbench,
    ):
        workbench.check_fit()
    OUT.print("The pack fits the snapshot.")


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
