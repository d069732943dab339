"""Invoices and credit notes: previewed, listed, shown, issued, set right."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from trueup.billing.invoicing import documents
from trueup.billing.invoicing import explaining as explain_lines
from trueup.billing.invoicing.model import InvoiceStatus
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.subscriptions import service as subscriptions
from trueup.cli import failures
from trueup.cli.amounts import payable
from trueup.cli.books import attempted, owner_of, working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfSubscription, day, instant_of, minute
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer, SubscriptionId
from trueup.cli.previews import account, no_tax, print_preview, sum_line, sums
from trueup.cli.telling import listing, tell, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from trueup.billing.invoicing.explaining import Explained, ExplainedLine
    from trueup.db import Tx

app = typer.Typer()
command = partial(app.command, rich_help_panel="Invoices")

SUMS: Final = ("discount", "tax", "total", "paid", "credited")
Invoice = Annotated[str, typer.Argument(help="Number or id of the invoice.", show_default=False)]


@command()
def preview(
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    at: AtOfSubscription = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show the bill of a subscription as of a moment; nothing is written."""
    with working(ctx, tenant) as tx:
        where = subscriptions.get(tx, subscription).zone
        as_of = context_of(ctx).clock.now() if at is None else instant_of(at, where)
        shown = preview_bill(tx, subscription, as_of)
    print_preview(shown, json=json)


@command("list")
def list_invoices(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    status: Annotated[InvoiceStatus | None, typer.Option(help="Only those that are so.")] = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List invoices, the newest first."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = documents.listed(tx, customer_id=owner, status=status, limit=limit)
    cells = (
        (
            row.number or "(draft)",
            row.status,
            row.customer,
            day(row.issued_at, row.time_zone),
            told(row.total_micros, row.currency),
            told(_due(row), row.currency),
        )
        for row in rows
    )
    names = ("number", "status", "customer", "issued", "total", "due")
    known = [row._asdict() | {"due_micros": _due(row)} for row in rows]
    tell(known, listing(names, cells, empty="There are no invoices."), json=json)


@command()
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
    """Show an invoice and its lines. Exit status 1 if an amount does not compute again."""
    with working(ctx, tenant) as tx:
        found = explain_lines.explained(tx, invoice, locale)
    row = found.invoice
    head = Text.assemble(
        (row.number or "(draft)", "bold"), f"  {row.status}  {day(row.issued_at, row.time_zone)}"
    )
    cells = (
        (
            line.name,
            line.start,
            line.end,
            told(line.amount_micros, row.currency),
            told(line.off_micros, row.currency) if line.off_micros else "",
            told(line.tax_micros, row.currency),
        )
        for line in found.lines
    )
    names = ("line", "from", "until", "amount", "off", "tax")
    lines = listing(names, cells, empty="It has no lines.")
    stories = [_story(line) for line in found.lines] if explain else []
    tell(
        found.as_json(),
        head,
        lines,
        sum_line("subtotal", found.net_micros, row.currency),
        *sums(row, row.currency, SUMS),
        *account(found.account_micros or row.put_aside_micros, row.currency),
        *_tax_in(found),
        *no_tax(found.untaxed),
        *stories,
        json=json,
    )
    if not all(line.holds for line in found.lines):
        raise typer.Exit(failures.INCOMPLETE)


@command()
def finalize(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Issue a draft now, computed anew: it gets its number and never changes again."""
    row = _done(ctx, tenant, invoice, documents.finalize)
    tell(row, f"Issued as {row.number}.", json=json)


@command()
def void(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    rebill: Annotated[
        bool, typer.Option("--rebill", help="The next run bills again what it billed.")
    ] = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Take an open invoice back as if it had not been; it keeps its number."""
    now = context_of(ctx).clock.now()
    row = _done(ctx, tenant, invoice, lambda tx, key: documents.void(tx, key, now, rebills=rebill))
    tell(row, f"{row.number} is void.", json=json)


@command()
def write_off(
    ctx: typer.Context,
    invoice: Invoice,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Give up on what is due on an invoice."""
    now = context_of(ctx).clock.now()
    row = _done(ctx, tenant, invoice, lambda tx, key: documents.write_off(tx, key, now))
    tell(row, f"{row.number} is written off.", json=json)


@command()
def credit(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    invoice: Invoice,
    *,
    net: Annotated[
        str | None, typer.Option(help="Before tax, such as 12.50; all that is left by default.")
    ] = None,
    charge: Annotated[list[str] | None, typer.Option(help="Only lines of this charge.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; it stands on the note.")] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Issue a credit note: off what is due, the rest for the customer to spend."""
    now = context_of(ctx).clock.now()

    def noted(tx: Tx) -> tuple[UUID, documents.Note]:
        row = documents.get_invoice(tx, invoice)
        micros = None if net is None else payable(net, row.currency)
        made = documents.credit(
            tx, row.invoice_id, now, net_micros=micros, charges=charge, reason=reason
        )
        return row.invoice_id, made

    invoice_id, note = attempted(ctx, tenant, noted)
    made = asdict(note) | {"invoice_id": invoice_id, "total_micros": note.total_micros}
    tell(made, f"Credit note {note.number}: {told(note.total_micros, note.currency)}", json=json)


@command()
def notes(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List credit notes, the newest first."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = documents.notes(tx, customer_id=owner, limit=limit)
    cells = (
        (
            row.number,
            row.status,
            row.customer,
            row.invoice,
            day(row.issued_at, row.time_zone),
            told(row.total_micros, row.currency),
            row.reason,
        )
        for row in rows
    )
    names = ("number", "status", "customer", "of invoice", "issued", "total", "reason")
    tell(rows, listing(names, cells, empty="There are no credit notes."), json=json)


def _tax_in(found: Explained) -> Iterator[str]:
    """The tax in the tax office's currency, where that is another."""
    if (tax := found.tax_in) is not None:
        mark = "" if tax.holds else "  DOES NOT COMPUTE"
        amount = told(tax.tax_micros, tax.currency)
        basis = f"{tax.basis}, {minute(tax.effective_at, found.invoice.time_zone)}"
        yield f"  tax in {tax.currency}  {amount}  ({basis}){mark}"


def _story(line: ExplainedLine) -> str:
    mark = "" if line.holds else "  DOES NOT COMPUTE"
    return f"• {line.name}: {line.story}{mark}"


def _due(row: Any) -> int:
    left: int = row.total_micros - row.paid_micros - row.credited_micros
    return left if row.status == InvoiceStatus.OPEN else 0


def _done(ctx: typer.Context, tenant: str, invoice: str, deed: Callable[[Tx, UUID], None]) -> Any:
    """The invoice after a deed, done again where a bill run stood in its way."""

    def work(tx: Tx) -> Any:
        found = documents.get_invoice(tx, invoice).invoice_id
        deed(tx, found)
        return documents.get_invoice(tx, str(found))

    return attempted(ctx, tenant, work)
