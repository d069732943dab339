"""The main job in one command: a dirty legacy database becomes books that tie out."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from trueup.cli import failures, stages
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.progress import BarProgress
from trueup.migration.mapping.pack import find_pack
from trueup.migration.sample import service as sample
from trueup.migration.sources.model import SourceConfig

PACK = "legacy-001"


def demo(
    ctx: typer.Context,
    customers: Annotated[int, typer.Option(min=1, help="How many legacy customers.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same database.")] = 1,
) -> None:
    """Make a dirty legacy billing database, migrate it, and show that the books tie out."""
    context = context_of(ctx)
    folder = context.home / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = f"sqlite:///{(folder / 'legacy.db').absolute()}"
    ERR.print(f"[bold]A legacy database of {customers:,} customers[/]")
    with BarProgress(ERR) as progress:
        sample.make_legacy(
            source, customers=customers, dirt=sample.DEFAULT_DIRT, seed=seed, progress=progress
        )
    tenant = f"demo {context.clock.now():%Y-%m-%d %H:%M:%S.%f}"
    ties_out = stages.run_all(
        stages.Plan(SourceConfig(source), find_pack(PACK), folder, tenant), ctx
    )
    raise typer.Exit(failures.DONE if ties_out else failures.INCOMPLETE)
