"""Invoices and credit notes: previewed, listed, shown, issued, set right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.invoicing import documents
from trueup.billing.invoicing import explaining as explain_lines
from trueup.billing.invoicing.model import InvoiceStatus  # noqa: TC001  typer reads it at run time
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.subscriptions import service as subscriptions
from trueup.cli.amounts import ID_WIDTH, as_json, micros_of, rows_as_json, told
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfSubscription, day, instant_of, minute, point
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, SubscriptionId

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from trueup.billing.invoicing.previewing import Preview
    from trueup.db import Tx

Invoice = Annotated[str, typer.Argument(help="Number or id of the invoice.", show_default=False)]


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


def list_invoices(
    ctx: typer.Context,
    *,
    status: Annotated[InvoiceStatus | None, typer.Option(help="Only those that are so.")] = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List invoices, the newest first."""
    with working(ctx, tenant) as tx:
        rows = documents.listed(tx, status=status, limit=limit)
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
            day(row.issued_at, row.time_zone),
            told(row.total_micros, row.currency),
            told(left, row.currency),
        )
    OUT.print(table)


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
    with working(ctx, tenant) as tx:
        found = explain_lines.explained(tx, invoice, locale)
    if json:
        typer.echo(as_json(found.as_json()))
        return
    row = found.invoice
    OUT.print(
        Text.assemble(
            (row.number or "(draft)", "bold"),
            f"  {row.status}  {day(row.issued_at, row.time_zone)}",
        )
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
    if (tax := found.tax_in) is not None:
        mark = "" if tax.holds else "  DOES NOT COMPUTE"
        amount = told(tax.tax_micros, tax.currency)
        basis = f"{tax.basis}, {minute(tax.effective_at, row.time_zone)}"
        OUT.print(Text(f"  tax in {tax.currency}  {amount}  ({basis}){mark}"))
    if explain:
        for line in found.lines:
            mark = "" if line.holds else "  DOES NOT COMPUTE"
            OUT.print(Text(f"• {line.name}: {line.story}{mark}"))


def finalize(ctx: typer.Context, invoice: Invoice, tenant: KnownTenant = DEFAULT_TENANT) -> None:
    """Issue a draft now: it gets its number and never changes again."""
    _do(ctx, tenant, invoice, documents.finalize)
    OUT.print("Issued.")


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


def write_off(ctx: typer.Context, invoice: Invoice, tenant: KnownTenant = DEFAULT_TENANT) -> None:
    """Give up on what is due on an invoice."""
    now = context_of(ctx).clock.now()
    _do(ctx, tenant, invoice, lambda tx, key: documents.write_off(tx, key, now))
    OUT.print("Written off.")


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


def add_to(app: typer.Typer) -> None:
    """Make commands of what is done with documents."""
    for name, command in (
        ("preview", preview),
        ("list", list_invoices),
        ("show", show),
        ("finalize", finalize),
        ("void", void),
        ("write-off", write_off),
        ("credit", credit),
    ):
        app.command(name, rich_help_panel="Invoices")(command)


def print_preview(shown: Preview, *, json: bool) -> None:
    """The bill a preview shows, for people or programs."""
    if json:
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
                line.description
                or " ".join(part for part in (line.plan, line.component, line.kind) if part),
                *((point(at, shown.zone) for at in span) if span else ("", "")),
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
        OUT.print(f"Next bill: {day(shown.next_bill_at, shown.zone)}", highlight=False)


def _do(ctx: typer.Context, tenant: str, invoice: str, deed: Callable[[Tx, UUID], Any]) -> Any:
    with working(ctx, tenant) as tx:
        return deed(tx, documents.get_invoice(tx, invoice).invoice_id)


def _table(*names: str) -> Table:
    """Ids are never cut short: they are what the next command is told."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        right = name in {"amount", "off", "tax", "total"}
        wide = ID_WIDTH if name == "subscription" else None
        table.add_column(name, justify="right" if right else "left", min_width=wide)
    return table
