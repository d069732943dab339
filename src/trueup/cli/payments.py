"""Money that came in, recorded by hand until a processor tells of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from trueup.billing.invoicing import documents
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.cli.amounts import payable
from trueup.cli.books import attempted, owner_of, working
from trueup.cli.context import context_of
from trueup.cli.errors import PaymentDayUnlikely
from trueup.cli.moments import AtOfCustomer, When, day, instant_of
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer
from trueup.cli.telling import listing, tell, told
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

EARLY: Final = timedelta(days=366)
LATE: Final = timedelta(days=1)
"""Money may come a year before its invoice, and today somewhere is tomorrow elsewhere."""

app = typer.Typer(help="Record payments, and see them.", no_args_is_help=True)


@app.command(cls=TakesNumbers)
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
    again: Annotated[
        bool, typer.Option("--again", help="One more of the same amount on the same day.")
    ] = False,
    at: AtOfCustomer = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Record a payment for an invoice; what is too much becomes the customer's credit."""
    clock = context_of(ctx).clock
    now, identity = clock.now(), new_id(clock)

    def work(tx: Tx) -> tuple[Any, Received, int]:
        row = documents.get_invoice(tx, invoice)
        due = row.total_micros - row.paid_micros - row.credited_micros
        received = Received(
            identity,
            row.invoice_id,
            due if amount is None else payable(amount, row.currency),
            _came_at(at, row, now),
            reference or str(identity),
            method,
        )
        if not (reference or again):
            payments.check_new(tx, received)
        return row, received, payments.record_payment(tx, received)

    row, received, rest = attempted(ctx, tenant, work)
    known = asdict(received) | {
        "number": row.number,
        "currency": row.currency,
        "credited_micros": rest,
    }
    said = f"{told(received.amount_micros, row.currency)} for {row.number}."
    more = f"{told(rest, row.currency)} more than was due: the customer's credit."
    tell(known, said, *[more] * bool(rest), json=json)


def _came_at(written: When | None, invoice: Any, now: Instant) -> Instant:
    """Raises PaymentDayUnlikely."""
    if written is None:
        return now
    at, where = instant_of(written, invoice.time_zone), invoice.time_zone
    earliest, latest = (invoice.issued_at or now) - EARLY, now + LATE
    if not earliest <= at <= latest:
        days = (day(each, where) for each in (at, earliest, latest))
        raise PaymentDayUnlikely(**dict(zip(("at", "earliest", "latest"), days, strict=True)))
    return at


@app.command("list")
def list_payments(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List payments, the newest first, those that failed too."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = payments.listed(tx, customer_id=owner, limit=limit)
    cells = (
        (
            day(row.occurred_at, row.time_zone),
            row.customer,
            row.invoice or "(on account)",
            row.status,
            told(row.amount_micros, row.currency),
            row.method_kind,
            row.reference,
        )
        for row in rows
    )
    names = ("on", "customer", "invoice", "status", "amount", "by", "reference")
    tell(rows, listing(names, cells, empty="There are no payments."), json=json)
