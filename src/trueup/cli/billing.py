"""Bill runs, invoices and credit notes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID  # noqa: TC003  typer reads it at run time

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.invoicing import documents, runs
from trueup.billing.invoicing import explaining as explain_lines
from trueup.billing.invoicing.model import InvoiceStatus, LegalEntity
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.taxes.model import Seller
from trueup.cli.amounts import ID_WIDTH, At, as_json, micros_of, moment, rows_as_json, told
from trueup.cli.books import books_of, known_books
from trueup.cli.consoles import ERR, OUT
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Tenant
from trueup.cli.progress import BarProgress
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from trueup.billing.invoicing.previewing import Preview
    from trueup.billing.invoicing.runs import RunReport
    from trueup.db import Tx

app = typer.Typer(help="Bill what is due, look at invoices, correct them.", no_args_is_help=True)

NOT_COMPLETE: Final = 1
Invoice = Annotated[str, typer.Argument(help="Number or id of the invoice.", show_default=False)]
Until = Annotated[
    datetime | None,
    typer.Option(
        parser=moment,
        metavar="WHEN",
        help="Bill what is due by then: a date or an instant; now by default.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]


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
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Make a legal entity: who issues invoices, with a series of numbers of its own.

    The first one of a tenant is the default of every subscription.
    """
    context = context_of(ctx)
    with context.open_database() as db:
        books = books_of(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            known = runs.legal_entities(tx)
            if any(each.code == code for each in known):
                raise typer.BadParameter(f"there is a legal entity {code!r} already")
            is_default = not known
            stem = "" if is_default else f"{code.upper()}-"
            runs.create_legal_entity(
                tx,
                LegalEntity(
                    new_id(context.clock),
                    code,
                    name,
                    Seller(country, region, postal_code, vat_number, frozenset(collects_in or ())),
                    takes_tax=not no_tax,
                    invoice_prefix=prefix or f"{stem}INV-",
                    credit_note_prefix=f"{prefix or stem}CN-",
                    grace_days=grace_days,
                    is_default=is_default,
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
    at = until or context.clock.now()
    with context.open_database() as db:
        books = known_books(db, tenant)
        with BarProgress(ERR) as progress:
            report = runs.run(
                db, books.tenant_id, at, context.clock, workers=workers, progress=progress
            )
    if json:
        typer.echo(as_json(_report(report)))
    else:
        _print_report(report)
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
        "still_due": report.still_due,
        "totals": {code: told(micros, code) for code, micros in sorted(done.money.items())},
    }


def _print_report(report: RunReport) -> None:
    done = report.done
    made = f"{done.invoices:,} invoice{'' if done.invoices == 1 else 's'}"
    OUT.print(f"{made} until {report.until:%Y-%m-%d %H:%M} UTC", highlight=False)
    for code, micros in sorted(done.money.items()):
        OUT.print(f"  {told(micros, code)}", highlight=False)
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
            f"[bold yellow]{report.waiting:,} imported items wait for an invoice[/]: runs bill "
            "what subscriptions owe and leave them; bill them where they come from.",
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
    at = until or context_of(ctx).clock.now()
    rows = _in(ctx, tenant, lambda tx: runs.due(tx, at, limit))
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = _table("due", "customer", "plan", "status", "subscription")
    for row in rows:
        table.add_row(
            _day(row.next_bill_at), row.customer, row.plan, row.status, str(row.subscription_id)
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
    rows = _in(ctx, tenant, lambda tx: runs.parked(tx, limit))
    if json:
        typer.echo(rows_as_json(rows))
        return
    if not rows:
        OUT.print("Nothing is parked.")
    for row in rows:
        OUT.print(Text.assemble((row.code, "bold"), f"  {row.customer}  {row.subscription_id}"))
        OUT.print(Text(f"  {row.sentence}"))
        OUT.print(Text(f"  fix: {row.fix}"))
        OUT.print(Text(f"  since {_day(row.since)}, due {_day(row.next_bill_at)}", style="dim"))


@app.command("runs")
def past(
    ctx: typer.Context,
    *,
    limit: Limit = 20,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List bill runs, the newest first."""
    rows = _in(ctx, tenant, lambda tx: runs.past_runs(tx, limit))
    if json:
        typer.echo(rows_as_json(rows))
        return
    for row in rows:
        span = f"  {_time(row.started_at)}, until {_time(row.until)}"
        OUT.print(Text.assemble((str(row.bill_run_id), "bold"), span))
        OUT.print(
            f"  due {row.due:,}, billed {row.billed:,}, parked {row.parked:,}, "
            f"invoices {row.invoices:,}, still due {row.still_due:,}",
            highlight=False,
        )


@app.command()
def preview(
    ctx: typer.Context,
    subscription: Annotated[UUID, typer.Argument(help="Its id.", show_default=False)],
    *,
    at: At = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show the bill of a subscription as of a moment; nothing is written."""
    moment_of_bill = at or context_of(ctx).clock.now()
    shown = _in(ctx, tenant, lambda tx: preview_bill(tx, subscription, moment_of_bill))
    print_preview(shown, as_json_too=json)


@app.command("list")
def list_invoices(
    ctx: typer.Context,
    *,
    status: Annotated[InvoiceStatus | None, typer.Option(help="Only those that are so.")] = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List invoices, the newest first."""
    rows = _in(ctx, tenant, lambda tx: documents.listed(tx, status=status, limit=limit))
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = _table("number", "status", "customer", "issued", "total", "due")
    for row in rows:
        left = row.total_micros - row.paid_micros - row.credited_micros
        left = left if row.status == "open" else 0
        table.add_row(
            row.number or "(draft)",
            row.status,
            row.customer,
            _day(row.issued_at),
            told(row.total_micros, row.currency),
            told(left, row.currency),
        )
    OUT.print(table)


@app.command()
def show(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say how each amount came about, and compute it again."),
    ] = False,
    locale: Annotated[
        str, typer.Option(help="Language of the explanation: en, de, fr, es, ar.")
    ] = "en",
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show an invoice and its lines."""
    found = _in(ctx, tenant, lambda tx: explain_lines.explained(tx, invoice, locale))
    if json:
        typer.echo(as_json(found.as_json()))
        return
    row = found.invoice
    OUT.print(
        Text.assemble((row.number or "(draft)", "bold"), f"  {row.status}  {_day(row.issued_at)}")
    )
    table = _table("line", "from", "until", "amount", "off", "tax")
    for line in found.lines:
        table.add_row(
            line.name,
            str(line.start or ""),
            str(line.end or ""),
            told(line.amount_micros, row.currency),
            told(line.off_micros, row.currency) if line.off_micros else "",
            told(line.tax_micros, row.currency),
        )
    OUT.print(table)
    for name, micros in (
        ("subtotal", row.subtotal_micros),
        ("discount", row.discount_micros),
        ("tax", row.tax_micros),
        ("total", row.total_micros),
        ("paid", row.paid_micros),
        ("credited", row.credited_micros),
    ):
        OUT.print(f"  {name:9} {told(micros, row.currency)}", highlight=False)
    if explain:
        for line in found.lines:
            mark = "" if line.holds else "  DOES NOT COMPUTE"
            OUT.print(Text(f"• {line.name}: {line.story}{mark}"))


@app.command()
def finalize(ctx: typer.Context, invoice: Invoice, tenant: KnownTenant = DEFAULT_TENANT) -> None:
    """Issue a draft now: it gets its number and never changes again."""
    _do(ctx, tenant, invoice, documents.finalize)
    OUT.print("Issued.")


@app.command()
def void(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    rebill: Annotated[
        bool, typer.Option("--rebill", help="The next run bills again what it billed.")
    ] = False,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Take an open invoice back as if it had not been; it keeps its number."""
    now = context_of(ctx).clock.now()
    _do(ctx, tenant, invoice, lambda tx, key: documents.void(tx, key, now, rebills=rebill))
    OUT.print("Void.")


@app.command("write-off")
def write_off(ctx: typer.Context, invoice: Invoice, tenant: KnownTenant = DEFAULT_TENANT) -> None:
    """Give up on what is due on an invoice."""
    now = context_of(ctx).clock.now()
    _do(ctx, tenant, invoice, lambda tx, key: documents.write_off(tx, key, now))
    OUT.print("Written off.")


@app.command()
def credit(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    net: Annotated[
        str | None, typer.Option(help="Before tax, such as 12.50; all that is left by default.")
    ] = None,
    charge: Annotated[list[str] | None, typer.Option(help="Only lines of this charge.")] = None,
    reason: Annotated[str | None, typer.Option()] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Issue a credit note: off what is due, the rest for the customer to spend."""
    now = context_of(ctx).clock.now()

    def noted(tx: Tx, key: UUID) -> documents.Note:
        row = documents.get_invoice(tx, str(key))
        micros = None if net is None else micros_of(net, row.currency)
        return documents.credit(tx, key, now, net_micros=micros, charges=charge, reason=reason)

    note = _do(ctx, tenant, invoice, noted)
    OUT.print(
        f"Credit note {note.number}: {told(note.total_micros, note.currency)}", highlight=False
    )


def print_preview(shown: Preview, *, as_json_too: bool) -> None:
    """The bill a preview shows, for people or programs."""
    if as_json_too:
        typer.echo(as_json(explain_lines.preview_as_json(shown)))
        return
    if shown.parked is not None:
        OUT.print(Text(f"It cannot be billed: {shown.parked.sentence}\nfix: {shown.parked.fix}"))
    elif shown.bill is None or shown.bill.draft is None:
        OUT.print("Nothing would be billed.")
    else:
        bill, draft = shown.bill, shown.bill.draft
        table = _table("line", "from", "until", "amount")
        for line in draft.lines:
            span = line.span
            table.add_row(
                " ".join(part for part in (line.plan, line.component, line.kind) if part),
                str(span.start) if span else "",
                str(span.end) if span else "",
                told(line.amount_micros, bill.currency),
            )
        OUT.print(table)
        for name, micros in (
            ("subtotal", draft.subtotal_micros),
            ("discount", draft.discount_micros),
            ("tax", draft.tax_micros),
            ("credit", draft.credit_micros),
            ("total", draft.total_micros),
        ):
            OUT.print(f"  {name:9} {told(micros, bill.currency)}", highlight=False)
    if shown.next_bill_at is not None:
        OUT.print(f"Next bill: {_day(shown.next_bill_at)}", highlight=False)


def _in(ctx: typer.Context, tenant: str, ask: Callable[[Tx], Any]) -> Any:
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            return ask(tx)


def _do(ctx: typer.Context, tenant: str, invoice: str, deed: Callable[[Tx, UUID], Any]) -> Any:
    return _in(ctx, tenant, lambda tx: deed(tx, documents.get_invoice(tx, invoice).invoice_id))


def _table(*names: str) -> Table:
    """Ids are never cut short: they are what the next command is told."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        right = name in {"amount", "off", "tax", "total"}
        wide = ID_WIDTH if name == "subscription" else None
        table.add_column(name, justify="right" if right else "left", min_width=wide)
    return table


def _day(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d}"


def _time(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}"
