"""Bill runs: who issues, what is due, what was billed; `documents` has the invoices."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

import typer
from rich.text import Text

from trueup.billing.invoicing import runs
from trueup.billing.invoicing.model import LegalEntity, MendedEntity
from trueup.billing.taxes.model import Seller
from trueup.cli import failures
from trueup.cli.amounts import micros_of
from trueup.cli.books import known_books, working
from trueup.cli.consoles import ERR
from trueup.cli.context import context_of
from trueup.cli.errors import AmountNotHeld, RunAhead
from trueup.cli.moments import Until, day, instant_of, minute
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, Tenant
from trueup.cli.progress import BarProgress
from trueup.cli.run_reports import parked_told, past_told, run_as_json, run_lines
from trueup.cli.telling import listing, tell, totals
from trueup.kernel.currency import UnknownCurrency
from trueup.kernel.ids import new_id
from trueup.kernel.money import MalformedAmount

AHEAD: Final = timedelta(days=1)
"""Of now, where it is still today's bill somewhere."""
app = typer.Typer(help="Bill what is due, look at invoices, correct them.", no_args_is_help=True)


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
        list[str] | None,
        typer.Option(
            help="Where else tax is collected: EU, US-NY, GB. "
            "Of the US the state's own rate, without those of counties and cities."
        ),
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Of invoice numbers; INV- by default.")] = None,
    no_tax: Annotated[
        bool, typer.Option("--no-tax", help="No invoice carries tax; never assumed.")
    ] = False,
    grace_days: Annotated[int, typer.Option(min=0, max=60, help="Days as a draft.")] = 0,
    least_due: Annotated[
        list[str] | None,
        typer.Option(help="Such as EUR=0.50: of which less would be due, waits for the next bill."),
    ] = None,
    time_zone: Annotated[
        str,
        typer.Option(help="Whose days are meant where no single customer's are, as by `bill run`."),
    ] = "UTC",
    tenant: Tenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Make a legal entity: who issues invoices, with a series of numbers of its own.

    The first one of a tenant is the default of every subscription.
    """
    seller = Seller(country, region, postal_code, vat_number, frozenset(collects_in or ()))
    with working(ctx, tenant, makes_tenant=True) as tx:
        is_default = not runs.legal_entities(tx)
        stem = "" if is_default else f"{code.upper()}-"
        made = LegalEntity(
            new_id(context_of(ctx).clock),
            code,
            name,
            seller,
            takes_tax=not no_tax,
            invoice_prefix=prefix or f"{stem}INV-",
            credit_note_prefix=f"{prefix or stem}CN-",
            grace_days=grace_days,
            is_default=is_default,
            time_zone=time_zone,
            least_due=dict(map(_least, least_due or ())),
        )
        runs.create_legal_entity(tx, made)
        row = next(row for row in runs.legal_entities(tx) if row.code == code)
    tell(row, f"Legal entity {code} issues invoices.", json=json)


@app.command("entity-change")
def change_entity(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="Its short name.", show_default=False)],
    *,
    name: Annotated[str | None, typer.Option(help="As registered.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Two letters, such as DE; until its first invoice.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="State or province, such as NY.")] = None,
    postal_code: Annotated[str | None, typer.Option()] = None,
    vat_number: Annotated[
        str | None,
        typer.Option(help="With its country's prefix; once invoices say one, it stays."),
    ] = None,
    collects_in: Annotated[
        list[str] | None,
        typer.Option(
            help="Where else tax is collected, all of it: EU, US-NY; "
            "of the US the state's own rate alone."
        ),
    ] = None,
    least_due: Annotated[
        list[str] | None,
        typer.Option(help="Such as EUR=0.50; EUR=0 collects any amount. Other currencies stay."),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Whose days are meant where no single customer's are.")
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Set a legal entity right; what is not named stays, and so do documents issued before."""
    places = frozenset(collects_in) if collects_in else None
    least = dict(map(_least, least_due)) if least_due else None
    mended = MendedEntity(
        name=name,
        country=country,
        region=region,
        postal_code=postal_code,
        vat_number=vat_number,
        collects_in=places,
        time_zone=time_zone,
        least_due=least,
    )
    if mended == MendedEntity():
        raise typer.BadParameter("name something to change")
    with working(ctx, tenant) as tx:
        runs.mend_legal_entity(tx, code, mended)
        row = next(row for row in runs.legal_entities(tx) if row.code == code)
    tell(row, f"Legal entity {code} is changed.", json=json)


@app.command()
def entities(
    ctx: typer.Context, *, tenant: KnownTenant = DEFAULT_TENANT, json: Json = False
) -> None:
    """List legal entities, by code; the default issues the invoices of who names no other."""
    with working(ctx, tenant) as tx:
        rows = runs.legal_entities(tx)
    cells = (
        (
            row.code + (" (default)" if row.is_default else ""),
            row.name,
            row.country,
            row.vat_number,
            row.invoice_prefix,
            row.time_zone,
        )
        for row in rows
    )
    names = ("entity", "name", "country", "VAT number", "numbers", "time zone")
    tell(rows, listing(names, cells, empty="There are no legal entities."), json=json)


def _least(written: str) -> tuple[str, int]:
    """`EUR=0.50`; what is none is wrong usage."""
    code, _, amount = written.partition("=")
    try:
        micros = micros_of(amount, code)
    except (UnknownCurrency, MalformedAmount, AmountNotHeld):
        micros = -1
    if micros < 0:
        said = f"{written!r} is no currency and amount of zero or more; write it as EUR=0.50"
        raise typer.BadParameter(said, param_hint="--least-due")
    return code, micros


@app.command()
def run(
    ctx: typer.Context,
    *,
    until: Until = None,
    ahead: Annotated[
        bool, typer.Option("--ahead", help="Bill days to come: more than a day after now.")
    ] = False,
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
        now = context.clock.now()
        at = now if until is None else instant_of(until, where)
        if at - now > AHEAD and not ahead:
            raise RunAhead(until=minute(at, where), now=minute(now, where))
        with BarProgress(ERR) as progress:
            report = runs.run(
                db, books.tenant_id, at, context.clock, workers=workers, progress=progress
            )
    tell(run_as_json(report), *run_lines(report, where), json=json)
    if not report.is_complete:
        raise typer.Exit(failures.INCOMPLETE)


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
    cells = (
        (day(r.next_bill_at, r.time_zone), r.customer, r.plan, r.status, r.subscription_id)
        for r in rows
    )
    names = ("since", "customer", "plan", "status", "subscription")
    tell(rows, listing(names, cells, empty="Nothing is due."), json=json)


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
    said = [parked_told(row) for row in rows] or [Text("Nothing is parked.")]
    tell(rows, *said, json=json)


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
    known = [row._asdict() | {"totals": totals(row.money)} for row in rows]
    for each in known:
        del each["money"]
    said = [past_told(row, where) for row in rows] or [Text("Nothing was billed yet.")]
    tell(known, *said, json=json)
