"""The stages of a migration as commands; each can be run alone, again, and after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from trueup.cli import failures
from trueup.cli.books import books_of, known_books
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import (
    DEFAULT_TENANT,
    DEFAULT_WORK,
    Accept,
    CsvDelimiter,
    CsvEncoding,
    CsvHeader,
    CsvNull,
    CsvQuote,
    Json,
    KnownTenant,
    OptionalPack,
    PackFolder,
    Schema,
    Source,
    SourceName,
    Tenant,
    Work,
)
from trueup.cli.progress import BarProgress
from trueup.cli.tables.assessment import assessment_line, findings_table
from trueup.cli.tables.load import rejected_line
from trueup.cli.tables.proof import over_budget, tie_out
from trueup.migration.sources.model import CsvOptions, SourceConfig
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages import assessing, extracting, loading, proving
from trueup.migration.stages.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from trueup.migration.evidence.model import SetAsideGroup
    from trueup.migration.reconciliation.model import Reconciliation


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole migration: from where, by which pack, in which folder, into whose books.

    accepted: codes of blocking findings in spite of which it goes on.
    """

    source: SourceConfig
    pack: Path
    work: Path
    tenant: str
    name: str | None = None
    accepted: tuple[str, ...] = ()


def assess(
    work: Work = DEFAULT_WORK,
    pack: OptionalPack = None,
    *,
    ctx: typer.Context,
    as_json: Json = False,
) -> None:
    """Find out what is in the snapshot and what of it would trouble a load."""
    with BarProgress(ERR) as progress:
        assessment = assessing.assess(
            Workspace(work), pack=pack, clock=context_of(ctx).clock, progress=progress
        )
    written = Workspace(work).assessment
    if as_json:
        typer.echo(written.with_suffix(".json").read_text("utf-8"))
        return
    OUT.print(findings_table(assessment))
    _show_page(written)


def reconcile(
    pack: PackFolder,
    work: Work = DEFAULT_WORK,
    tenant: KnownTenant = DEFAULT_TENANT,
    name: SourceName = None,
    *,
    ctx: typer.Context,
    as_json: Json = False,
) -> None:
    """Compare source and target to the cent. Exit status 0 if the books tie out, 1 if not."""
    context = context_of(ctx)
    Snapshot.open(Workspace(work).snapshot)  # a wrong folder is refused before a server starts
    with context.open_database() as db, BarProgress(ERR) as progress:
        books = known_books(db, tenant)
        reconciliation = proving.reconcile(
            books,
            Workspace(work),
            pack=pack,
            name=name,
            clock=context.clock,
            progress=progress,
        )
        rejected = proving.rejected(books, reconciliation)
    if as_json:
        typer.echo(Workspace(work).reconciliation.read_text("utf-8"))
    else:
        OUT.print(tie_out(reconciliation))
        _show_over_budget(reconciliation, rejected)
    raise typer.Exit(failures.DONE if reconciliation.ties_out else failures.INCOMPLETE)


def report(
    pack: PackFolder,
    work: Work = DEFAULT_WORK,
    tenant: KnownTenant = DEFAULT_TENANT,
    *,
    ctx: typer.Context,
) -> None:
    """Write the report that finance signs: one page, and the same as JSON."""
    context = context_of(ctx)
    Snapshot.open(Workspace(work).snapshot)  # as above
    with context.open_database() as db:
        books = known_books(db, tenant)
        proving.report(books, Workspace(work), pack=pack, clock=context.clock)
    _show_page(Workspace(work).report)


def migrate(  # noqa: PLR0913  a command's options
    source: Source,
    pack: PackFolder,
    work: Work = DEFAULT_WORK,
    tenant: Tenant = DEFAULT_TENANT,
    name: SourceName = None,
    *,
    schema: Schema = None,
    csv_encoding: CsvEncoding = None,
    csv_delimiter: CsvDelimiter = None,
    csv_quote: CsvQuote = '"',
    csv_null: CsvNull = "",
    csv_header: CsvHeader = None,
    accept: Accept = None,
    ctx: typer.Context,
) -> None:
    """Extract, assess, load, reconcile and report, picking up where an earlier run stopped."""
    csv = CsvOptions(csv_delimiter, csv_quote, csv_encoding, csv_header, csv_null)
    plan = Plan(SourceConfig(source, schema, csv), pack, work, tenant, name, tuple(accept or ()))
    ties_out = run_all(plan, ctx)
    raise typer.Exit(failures.DONE if ties_out else failures.INCOMPLETE)


def run_all(plan: Plan, ctx: typer.Context) -> bool:
    """All five stages with their headings and the tie-out table; whether the books tie out.

    The database is opened first, so that a wrong address is known before a long extract; the
    tenant is made last, when the source is known to be readable and nothing stops the load.
    Raises AssessmentBlocks.
    """
    clock, workspace, pack, name = context_of(ctx).clock, Workspace(plan.work), plan.pack, plan.name
    with context_of(ctx).open_database() as db, BarProgress(ERR) as progress:
        _heading("Extract")
        extracting.extract(plan.source, workspace, clock=clock, progress=progress)
        _heading("Assess")
        assessment = assessing.assess(workspace, pack=pack, clock=clock, progress=progress)
        ERR.print(assessment_line(assessment))
        _show_page(workspace.assessment, ERR)
        assessing.accept(workspace, assessment, plan.accepted, clock=clock)
        _heading("Load")
        books = books_of(db, plan.tenant)
        loaded = loading.load(
            books, workspace, pack=pack, name=name, clock=clock, progress=progress
        )
        _heading("Reconcile")
        found = proving.reconcile(
            books, workspace, pack=pack, name=name, clock=clock, progress=progress
        )
        proving.report(books, workspace, pack=pack, clock=clock)
        rejected = proving.rejected(books, found)
    OUT.print(tie_out(found))
    _show_over_budget(found, rejected)
    OUT.print(rejected_line(loaded))
    _show_page(workspace.assessment)
    _show_page(workspace.report)
    return found.ties_out


def _show_over_budget(found: Reconciliation, rejected: tuple[SetAsideGroup, ...]) -> None:
    if told := over_budget(found, rejected):
        OUT.print(told)


def _show_page(file: Path, console: Console = OUT) -> None:
    page = file.with_suffix(".html").absolute()
    link = f"[link={page.as_uri()}]{escape(str(page))}[/]"
    console.print(f"The {file.name}: {link}", soft_wrap=True)


def _heading(text: str) -> None:
    ERR.print(f"[bold]{text}[/]")
