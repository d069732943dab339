"""Credit spent at once: on an invoice that is issued, or paid out to the customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003  typer reads it at run time

import typer

from trueup.billing.credits import service as credit_service
from trueup.billing.credits import spending
from trueup.billing.credits.model import PayOut
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import documents
from trueup.cli.amounts import payable
from trueup.cli.books import attempted, owner_of, working
from trueup.cli.context import context_of
from trueup.cli.moments import day
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer
from trueup.cli.telling import listing, tell, told
from trueup.kernel.currency import currency

if TYPE_CHECKING:
    from trueup.billing.credits.model import Applied
    from trueup.db import Tx

app = typer.Typer()


@app.command()
def apply(
    ctx: typer.Context,
    invoice: Annotated[
        str, typer.Argument(help="Number or id of the invoice.", show_default=False)
    ],
    *,
    amount: Annotated[
        str | None, typer.Option(help="Such as 12.50; all that is due and left by default.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="One more of the same amount on the same day.")
    ] = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Settle an open invoice by its customer's credit, in the order in which bills spend it."""
    now = context_of(ctx).clock.now()

    def work(tx: Tx) -> Applied:
        row = documents.get_invoice(tx, invoice)
        micros = None if amount is None else payable(amount, row.currency)
        return spending.apply(tx, row.invoice_id, now, micros, again=again)

    made = attempted(ctx, tenant, work)
    applied, due = (told(m, made.currency) for m in (made.applied_micros, made.due_micros))
    said = f"{applied} of credit for {made.number}; {due} is due."
    parts = [asdict(part) for part in made.parts]
    known = {name: getattr(made, name) for name in made.__slots__}
    tell(known | {"parts": parts}, said, json=json)


@app.command()
def pay_out(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    credit: Annotated[
        UUID | None,
        typer.Argument(help="Id of the credit; or name --customer.", show_default=False),
    ] = None,
    *,
    reference: Annotated[
        str, typer.Option(help="Of the bank or processor; keeps it from being recorded twice.")
    ],
    customer: Annotated[
        str | None, typer.Option(help="Whose: of all credit that is money of theirs.")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(help="Such as 12.50; all that can be paid out by default.")
    ] = None,
    money: Annotated[
        str | None, typer.Option("--currency", help="With --customer; theirs by default.")
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Record that credit was paid back: what was paid too much or a document gave back."""
    if (credit is None) == (customer is None):
        raise typer.BadParameter("name either a credit by its id or --customer")
    if credit is not None and money is not None:
        raise typer.BadParameter("a credit has its own currency; --currency goes with --customer")
    if not reference.strip():
        raise typer.BadParameter("--reference is empty; give that of the bank or processor")
    now = context_of(ctx).clock.now()

    def work(tx: Tx) -> tuple[str, PayOut, list[Any]]:
        found: Any
        if credit is not None:
            found = credit_service.get_credit(tx, credit)
            code = found.currency
        else:
            found = customers.get_customer(tx, str(customer))
            code = currency(money or found.currency).code
        micros = None if amount is None else payable(amount, code)
        sent = PayOut(found.customer_id, code, reference.strip(), now, credit, micros)
        record, _ = customers.shown(tx, found.customer_id)
        return record.name or str(found.customer_id), sent, spending.pay_out(tx, sent)

    name, sent, parts = attempted(ctx, tenant, work)
    total = sum(part.amount_micros for part in parts)
    known = asdict(sent) | {"amount_micros": total, "parts": [asdict(part) for part in parts]}
    said = f"{told(total, sent.currency)} paid out to {name} ({sent.reference})."
    tell(known, said, json=json)


@app.command("take-back-pay-out")
def take_pay_out_back(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="Of the pay-out.", show_default=False)],
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Undo a pay-out that did not leave, or came back: the customer has the credit again."""
    now, named = context_of(ctx).clock.now(), reference.strip()
    parts = attempted(ctx, tenant, lambda tx: spending.take_back_pay_out(tx, named, now))
    total, code = sum(part.amount_micros for part in parts), parts[0].currency
    known = {
        "reference": named,
        "customer_id": parts[0].customer_id,
        "currency": code,
        "taken_back_micros": total,
        "parts": [part._asdict() for part in parts],
    }
    tell(known, f"{told(total, code)} of pay-out {named} taken back.", json=json)


@app.command()
def payouts(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List what was paid out of credit, the newest first."""
    with working(ctx, tenant) as tx:
        rows = spending.payouts(tx, owner_of(tx, customer), limit)
    cells = (
        (
            day(row.paid_out_at, row.time_zone),
            row.customer,
            told(row.amount_micros, row.currency),
            row.reference,
            row.credit_id,
            day(row.undone_at, row.time_zone),
        )
        for row in rows
    )
    names = ("on", "customer", "amount", "reference", "of credit", "taken back on")
    tell(rows, listing(names, cells, empty="Nothing was paid out."), json=json)
