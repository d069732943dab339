"""Charges and credits that wait for a customer's next invoice."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003  typer reads it at run time

import typer

from trueup.billing.customers import service as customers
from trueup.billing.invoicing import pending
from trueup.billing.invoicing.model import NewPendingItem
from trueup.billing.subscriptions import service as subscriptions
from trueup.cli.amounts import payable
from trueup.cli.books import attempted, owner_of, working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfCustomer, instant_of
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer
from trueup.cli.telling import listing, tell, told
from trueup.kernel.currency import currency
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from trueup.db import Tx

app = typer.Typer(
    help="Add charges and credits to a customer's next invoice, or bill them now.",
    no_args_is_help=True,
)

Customer = Annotated[str, typer.Argument(help="Id, e-mail address or name.", show_default=False)]


@app.command(cls=TakesNumbers)
def add(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Customer,
    amount: Annotated[
        str,
        typer.Argument(help="Before tax, such as 50.00; below zero to give.", show_default=False),
    ],
    description: Annotated[
        str, typer.Argument(help="As it will stand on the invoice.", show_default=False)
    ],
    *,
    subscription: Annotated[
        UUID | None,
        typer.Option(help="With this one's next invoice; any of the customer's by default."),
    ] = None,
    money: Annotated[
        str | None, typer.Option("--currency", help="Such as EUR; theirs by default.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="One more of the same amount on the same day.")
    ] = False,
    at: AtOfCustomer = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Add an amount to the next invoice, as agreed: taxed, not discounted. Prints its id."""
    clock = context_of(ctx).clock
    now, identity = clock.now(), new_id(clock)

    def work(tx: Tx) -> NewPendingItem:
        found = customers.get_customer(tx, customer)
        code = currency(money or found.currency).code
        if subscription is not None and money is None:
            code = subscriptions.get(tx, subscription).record.currency
        item = NewPendingItem(
            pending_item_id=identity,
            customer_id=found.customer_id,
            description=description,
            currency=code,
            amount_micros=payable(amount, code),
            occurred_at=now if at is None else instant_of(at, found.time_zone),
            subscription_id=subscription,
        )
        if not again:
            pending.check_new(tx, item)
        pending.add(tx, item)
        return item

    item = attempted(ctx, tenant, work)
    tell(asdict(item), str(item.pending_item_id), json=json)


@app.command("list")
def list_pending(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    everything: Annotated[
        bool, typer.Option("--all", help="What is billed, too, with its invoice.")
    ] = False,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List what waits for an invoice, the newest first."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = pending.listed(tx, customer_id=owner, is_billed_too=everything, limit=limit)
    cells = (
        (row.pending_item_id, row.customer, told(row.amount_micros, row.currency), _what(row))
        for row in rows
    )
    names = ("item", "customer", "amount", "for")
    tell(rows, listing(names, cells, empty="Nothing waits for an invoice."), json=json)


def _what(row: Any) -> str:
    where = f"\non {row.number or 'a draft'}" if row.invoice_id else ""
    elsewhere = "" if row.authority == "target" else "\nbilled by its source"
    return f"{row.description}{where}{elsewhere}"


@app.command()
def drop(
    ctx: typer.Context,
    item: Annotated[UUID, typer.Argument(help="Its id.", show_default=False)],
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Take an item back that is on no invoice yet."""
    attempted(ctx, tenant, lambda tx: pending.drop(tx, item))
    tell({"pending_item_id": item}, "Dropped.", json=json)


@app.command()
def bill(
    ctx: typer.Context,
    customer: Customer,
    *,
    at: AtOfCustomer = None,
    net_days: Annotated[int, typer.Option(min=0, help="Days until it is due.")] = 0,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Bill what waits of a customer now, on an invoice of its own."""
    now = context_of(ctx).clock.now()

    def work(tx: Tx) -> list[Any]:
        found = customers.get_customer(tx, customer)
        on = now if at is None else instant_of(at, found.time_zone)
        return pending.bill_now(tx, found.customer_id, on, net_days=net_days)

    made = attempted(ctx, tenant, work)
    said = (f"{row.number}: {told(row.total_micros, row.currency)}" for row in made)
    tell(made, *said, json=json)
