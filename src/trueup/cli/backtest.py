"""`trueup backtest`: history billed again by the engine's own rules."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from trueup.cli import failures
from trueup.cli.books import known_books
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import (
    DEFAULT_TENANT,
    DEFAULT_WORK,
    Json,
    KnownTenant,
    PackFolder,
    SourceName,
    Work,
)
from trueup.cli.progress import BarProgress
from trueup.migration.backtest.model import FORWARD, Backtest
from trueup.migration.backtest.page import KindRow, cause_groups, kind_rows, settings_of
from trueup.migration.backtest.service import Wanted
from trueup.migration.pages.figures import share
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages import proving
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = ["%Y-%m-%d"]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=DAY, help="First day of the invoices; three months before the last one by default."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=DAY, help="Day before which they end; with the last one by default."),
]
Budget = Annotated[int, typer.Option(min=0, help="How many unexplained differences are allowed.")]
Infer = Annotated[
    bool,
    typer.Option("--infer", help="Try the settings of the dialect: which explain history best?"),
]


def backtest(  # noqa: PLR0913  a command's options
    pack: PackFolder,
    work: Work = DEFAULT_WORK,
    tenant: KnownTenant = DEFAULT_TENANT,
    name: SourceName = None,
    *,
    since: Since = None,
    until: Until = None,
    budget: Budget = 0,
    infer: Infer = False,
    ctx: typer.Context,
    as_json: Json = False,
) -> None:
    """Bill history again and name every difference. Exit status 1 if some are unexplained."""
    context, workspace = context_of(ctx), Workspace(work)
    Snapshot.open(workspace.snapshot)  # a wrong folder is refused before a server starts
    wanted = Wanted(
        since=since.date() if since else None,
        until=until.date() if until else None,
        budget=budget,
        infers=infer,
    )
    with context.open_database() as db, BarProgress(ERR) as progress:
        found = proving.backtest(
            known_books(db, tenant),
            workspace,
            pack=pack,
            name=name,
            wanted=wanted,
            clock=context.clock,
            progress=progress,
        )
    if as_json:
        typer.echo(workspace.backtest.with_suffix(".json").read_text("utf-8"))
    else:
        OUT.print(shown(found))
        page = workspace.backtest.with_suffix(".html").absolute()
        OUT.print(f"The backtest: [link={page.as_uri()}]{escape(str(page))}[/]", soft_wrap=True)
    raise typer.Exit(failures.DONE if found.passes else failures.INCOMPLETE)


def shown(found: Backtest) -> Group:
    """What was compared, why the rest differs, and the verdict in one line."""
    past = kind_rows(rate for rate in found.rates if rate.kind not in FORWARD)
    future = kind_rows(rate for rate in found.rates if rate.kind in FORWARD)
    parts = [
        rate_table(f"Billed again under the dialect {found.dialect}", past),
        rate_table("What comes next", future) if future else "",
        cause_table(found),
        settings_table(found) if found.inferred else "",
        verdict(found),
    ]
    return Group(*parts)


def verdict(found: Backtest) -> str:
    counted = f"{found.compared:,} compared, {found.same:,} the same, {found.explained:,} named"
    if not found.unexplained:
        return f"[bold green]Every difference is explained[/]: {counted}."
    colour = "yellow" if found.passes else "red"
    budget = f"{found.unexplained:,} unexplained, {found.budget:,} allowed"
    return f"[bold {colour}]Some differences are unexplained[/]: {counted}, {budget}."


def rate_table(title: str, rows: Iterable[KindRow]) -> Table:
    table = _table(title, ("what",), ("compared", "same", "share", "named", "unexplained"))
    for row in rows:
        left = f"[bold red]{row.unexplained:,}[/]" if row.unexplained else "[green]0[/]"
        named = f"{row.explained:,}" if row.explained else "·"
        counts = (f"{row.compared:,}", f"{row.same:,}", share(row.same, row.compared))
        table.add_row(row.name, *counts, named, left)
    return table


def cause_table(found: Backtest) -> Table | str:
    groups = cause_groups(found)
    if not groups:
        return "Nothing differs."
    table = _table("Differences by cause", ("cause",), ("bills", "net", "gross"))
    for group in groups:
        name = group.name if group.is_explained else f"[bold red]{group.name}[/]"
        net = "\n".join(total.net.format() for total in group.totals)
        gross = "\n".join(total.gross.format() for total in group.totals)
        table.add_row(name, f"{group.count:,}", Text(net), Text(gross))
    return table


def settings_table(found: Backtest) -> Table:
    """The settings that were tried, the best of each marked."""
    table = _table("Settings", ("setting", "value"), ("same", "compared", ""))
    for name, values in settings_of(found.inferred):
        for place, each in enumerate(values):
            mark = "[green]best[/]" if each.is_chosen else ""
            mark += " [dim]in the pack[/]" if each.is_ours else ""
            counts = (f"{each.same:,}", f"{each.compared:,}")
            table.add_row("" if place else name, each.value, *counts, mark.strip())
    return table


def _table(title: str, words: Iterable[str], figures: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in words:
        table.add_column(name, overflow="fold")
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    return table
