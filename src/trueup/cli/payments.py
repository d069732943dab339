"""Money that came in, recorded by hand until a processor tells of it."""

from __future__ import annotations

from typing import Annotated

import typer

from trueup.billing.invoicing import documents
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.cli.amounts import micros_of, told
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfCustomer, instant_of
from trueup.cli.options import DEFAULT_TENANT, KnownTenant
from trueup.kernel.ids import new_id

app = typer.Typer(help="Record payments.", no_args_is_help=True)


@app.callback()
def payment() -> None:
    """Record payments."""


@app.command()
def record(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    invoice: Annotated[
        str, typer.Argument(help="Number or id of the invoice.", show_default=False)
    ],
    amount: Annotated[
        str | None,
        typer.Argument(help="Such as 12.50; all that is due by default.", show_default=False),
    ] = None,
    *,
    reference: Annotated[
        str | None,
        typer.Option(help="Of the bank or processor; keeps it from being recorded twice."),
    ] = None,
    method: Annotated[str | None, typer.Option(help="bank_transfer, card …")] = None,
    at: AtOfCustomer = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Record a payment for an invoice; what is too much becomes the customer's credit."""
    clock = context_of(ctx).clock
    with working(ctx, tenant) as tx:
        row = documents.get_invoice(tx, invoice)
        due = row.total_micros - row.paid_micros - row.credited_micros
        micros = due if amount is None else micros_of(amount, row.currency)
        if amount is not None and micros <= 0:
            raise typer.BadParameter("a payment is more than nothing")
        identity = new_id(clock)
        received = Received(
            identity,
            row.invoice_id,
            micros,
            clock.now() if at is None else instant_of(at, row.time_zone),
            reference or str(identity),
            method,
        )
        rest = payments.record_payment(tx, received)
    OUT.print(f"{told(micros, row.currency)} for {row.number}.", highlight=False)
    if rest:
        OUT.print(
            f"{told(rest, row.currency)} more than was due: the customer's credit.", highlight=False
        )
