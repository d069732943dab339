"""The command that loads a snapshot into books."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from trueup.cli.books import books_of
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import (
    DEFAULT_TENANT,
    DEFAULT_WORK,
    Json,
    PackFolder,
    SourceName,
    Tenant,
    Work,
)
from trueup.cli.progress import BarProgress
from trueup.cli.tables.load import aside_table, bucket_table
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages import loading
from trueup.migration.stages.workspace import Workspace


def load(
    pack: PackFolder,
    work: Work = DEFAULT_WORK,
    tenant: Tenant = DEFAULT_TENANT,
    name: SourceName = None,
    *,
    ctx: typer.Context,
    as_json: Json = False,
) -> None:
    """Load the snapshot through a mapping pack; every source row ends in exactly one bucket."""
    context = context_of(ctx)
    Snapshot.open(Workspace(work).snapshot)  # a wrong folder is refused before a tenant is made
    with context.open_database() as db, BarProgress(ERR) as progress:
        result = loading.load(
            books_of(db, tenant),
            Workspace(work),
            pack=pack,
            name=name,
            clock=context.clock,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps([asdict(total) for total in result.totals], indent=2))
        return
    if result.was_finished:
        OUT.print("This snapshot is loaded already; nothing was changed.")
    OUT.print(bucket_table(result), aside_table(result))
