"""Bill runs: who issues, what is due, what was billed; `documents` has the invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.invoicing import runs
from trueup.billing.invoicing.model import LegalEntity
from trueup.billing.taxes.model import Seller
from trueup.cli.amounts import ID_WIDTH, as_json, rows_as_json, told
from trueup.cli.books import known_books, working
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.moments import Until, day, instant_of, minute
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, Tenant
from trueup.cli.progress import BarProgress
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from datetime import tzinfo

    from trueup.billing.invoicing.runs import RunReport

app = typer.Typer(help="Bill what is due, look at invoices, correct them.", no_args_is_help=True)

NOT_COMPLETE: Final = 1


@app.command()
def entity(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="Short name, such as `de`.", show_default=False)],
    *,
    name: Annotated[str, typer.Option(help="As registered.")],
    country: Annotated[str, typer.Option(help="Two letters, such as DE.")],
    region: Annotated[str | None, typer.Option(help="State or province, such as NY.")] = None,
    postal_code: Annotated[str | None, typer.Option()] = None,
    vat_number: Annotated[str | None, typer.Option(help="With its country's prefix.")] = None,
    collects_in: Annotated[
        list[str] | None, typer.Option(help="Where else tax is collected: EU, US-NY, GB.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Of invoice numbers; INV- by default.")] = None,
    no_tax: Annotated[
        bool, typer.Option("--no-tax", help="No invoice carries tax; never assumed.")
    ] = False,
    grace_days: Annotated[int, typer.Option(min=0, max=60, help="Days as a draft.")] = 0,
    time_zone: Annotated[
        str,
        typer.Option(help="Whose days are meant where no single customer's are, as by `bill run`."),
    ] = "UTC",
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Make a legal entity: who issues invoices, with a series of numbers of its own.

    The first one of a tenant is the default of every subscription.
    """
    with working(ctx, tenant, makes_tenant=True) as tx:
        known = runs.legal_entities(tx)
        if any(each.code == code for each in known):
            raise typer.BadParameter(f"there is a legal entity {code!r} already")
        is_default = not known
        stem = "" if is_default else f"{code.upper()}-"
        runs.create_legal_entity(
            tx,
            LegalEntity(
                new_id(context_of(ctx).clock),
                code,
                name,
                Seller(country, region, postal_code, vat_number, frozenset(collects_in or ())),
                takes_tax=not no_tax,
                invoice_prefix=prefix or f"{stem}INV-",
                credit_note_prefix=f"{prefix or stem}CN-",
                grace_days=grace_days,
                is_default=is_default,
                time_zone=time_zone,
            ),
        )
    OUT.print(f"Legal entity {code} issues invoices.", highlight=False)


@app.command()
def run(
    ctx: typer.Context,
    *,
    until: Until = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that bill at once.")] = 1,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Bill everything that is due, and issue the drafts whose days of grace are over.

    Run it as often as you like, by a timer or by hand, several at once: nothing is billed twice.
    What cannot be billed is parked with a reason (`trueup bill parked`); the next run tries again.
    At its end what was due is held against what was billed.
    """
    context = context_of(ctx)
    with context.open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            where = runs.zone_of_issuer(tx)
        at = context.clock.now() if until is None else instant_of(until, where)
        with BarProgress(ERR) as progress:
            report = runs.run(
                db, books.tenant_id, at, context.clock, workers=workers, progress=progress
            )
    if json:
        typer.echo(as_json(_report(report)))
    else:
        _print_report(report, where)
    if not report.is_complete:
        raise typer.Exit(NOT_COMPLETE)


def _report(report: RunReport) -> dict[str, Any]:
    done = report.done
    return {
        "run": report.run_id,
        "until": report.until,
        "due": report.due,
        "billed": done.billed,
        "quiet": done.quiet,
        "parked": report.still_parked,
        "invoices": done.invoices,
        "finalized": report.finalized,
        "refreshed": report.refreshed,
        "still_due": report.still_due,
        "waiting": report.waiting,
        "totals": {code: told(micros, code) for code, micros in sorted(done.money.items())},
    }


def _print_report(report: RunReport, where: tzinfo) -> None:
    done = report.done
    made = f"{done.invoices:,} invoice{'' if done.invoices == 1 else 's'}"
    OUT.print(f"{made} until {minute(report.until, where)}", highlight=False)
    for code, micros in sorted(done.money.items()):
        OUT.print(f"  {told(micros, code)}", highlight=False)
    if report.refreshed:
        OUT.print(f"{report.refreshed:,} drafts follow usage that came since", highlight=False)
    if report.finalized:
        OUT.print(f"{report.finalized:,} drafts issued after their days of grace", highlight=False)
    OUT.print(
        f"due at the start {report.due:,}, bills made {done.billed:,}, "
        f"owing nothing {done.quiet:,}, "
        f"parked {report.still_parked:,}, still due {report.still_due:,}",
        highlight=False,
    )
    if report.still_parked:
        OUT.print("See why: trueup bill parked", highlight=False)
    if report.waiting:
        OUT.print(
            f"waiting for their customers' next invoices {report.waiting:,}: trueup pending list",
            highlight=False,
        )
    if not report.is_complete:
        OUT.print(
            "[bold red]Not complete[/]: what is still due is held by another run; run it again."
        )


@app.command()
def due(
    ctx: typer.Context,
    *,
    until: Until = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List what owes something, the longest due first."""
    with working(ctx, tenant) as tx:
        now = context_of(ctx).clock.now()
        at = now if until is None else instant_of(until, runs.zone_of_issuer(tx))
        rows = runs.due(tx, at, limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("due", "customer", "plan", "status", "subscription"):
        table.add_column(name, min_width=ID_WIDTH if name == "subscription" else None)
    for row in rows:
        table.add_row(
            day(row.next_bill_at, row.time_zone),
            row.customer,
            row.plan,
            row.status,
            str(row.subscription_id),
        )
    OUT.print(table)


@app.command()
def parked(
    ctx: typer.Context,
    *,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List what could not be billed: why, and what to do. The next run tries it again."""
    with working(ctx, tenant) as tx:
        rows = runs.parked(tx, limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    if not rows:
        OUT.print("Nothing is parked.")
    for row in rows:
        OUT.print(Text.assemble((row.code, "bold"), f"  {row.customer}  {row.subscription_id}"))
        OUT.print(Text(f"  {row.sentence}"))
        OUT.print(Text(f"  fix: {row.fix}"))
        since, due_on = (day(at, row.time_zone) for at in (row.since, row.next_bill_at))
        OUT.print(Text(f"  since {since}, due {due_on}", style="dim"))


@app.command("runs")
def past(
    ctx: typer.Context,
    *,
    limit: Limit = 20,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List bill runs, the newest first."""
    with working(ctx, tenant) as tx:
        rows, where = runs.past_runs(tx, limit), runs.zone_of_issuer(tx)
    if json:
        typer.echo(rows_as_json(rows))
        return
    for row in rows:
        span = f"  {minute(row.started_at, where)}, until {minute(row.until, where)}"
        OUT.print(Text.assemble((str(row.bill_run_id), "bold"), span))
        OUT.print(
            f"  due {row.due:,}, billed {row.billed:,}, parked {row.parked:,}, "
            f"invoices {row.invoices:,}, still due {row.still_due:,}",
            highlight=False,
        )
