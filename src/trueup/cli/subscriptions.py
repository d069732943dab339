"""Agreements with customers: begun, shown, taken over; `orders` changes and ends them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.rules import agreed_price, of_charge
from trueup.billing.customers import service as customers
from trueup.billing.dialect.model import Start  # noqa: TC001  typer reads it at run time
from trueup.billing.metering import service as metering
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules.offers import plan_name
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.amounts import micros_of, units_served
from trueup.cli.books import owner_of, working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfCustomer, When, day, instant_of, minute, option, point
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer, SubscriptionId
from trueup.cli.telling import counted, listing, refused, tell
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from rich.console import RenderableType

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.subscriptions.model import Subscription
    from trueup.db import Tx
    from trueup.kernel.clock import Clock

app = typer.Typer(help="Begin, change and end subscriptions.", no_args_is_help=True)


Quantity = Annotated[
    Decimal,
    typer.Option(parser=units_served, metavar="NUMBER", help="Of what is priced per unit."),
]
By = Annotated[str | None, typer.Option(help="Who orders it; kept with the order.")]


@app.command()
def start(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Annotated[
        str, typer.Argument(help="Id, e-mail address or name.", show_default=False)
    ],
    plan: Annotated[str, typer.Argument(help="Code or id.", show_default=False)],
    *,
    quantity: Quantity = Decimal(1),
    at: AtOfCustomer = None,
    billing_from: Annotated[
        When | None,
        option("--billing-from", help="From when fees are due, if later; a day of the customer's."),
    ] = None,
    end: Annotated[
        When | None, option("--end", help="When it ends, if agreed; a day of the customer's.")
    ] = None,
    anchor: Annotated[Start | None, typer.Option(help="Where its periods hang.")] = None,
    cycle_day: Annotated[int | None, typer.Option(min=1, max=31, help="Day of the month.")] = None,
    net_days: Annotated[int, typer.Option(min=0, help="Days to pay.")] = 0,
    dialect: Annotated[
        str | None, typer.Option(help="Conventions it is billed by (`trueup dialect list`).")
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="CHARGE=AMOUNT", help="Agreed with this customer: base=19.00."),
    ] = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="On one invoice with the customer's other joint ones.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="The customer may have the plan already.")
    ] = False,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Begin a subscription, also in the past or later; the next run bills it. Prints the id."""
    clock = context_of(ctx).clock
    now = clock.now()
    with working(ctx, tenant) as tx:
        found, buyer = catalog.get_plan(tx, plan), customers.get_customer(tx, customer)

        def there(written: When | None) -> datetime | None:
            return None if written is None else instant_of(written, buyer.time_zone)

        begins = there(at) or now
        wanted = beginning.NewSubscription(
            subscription_id=new_id(clock),
            customer_id=buyer.customer_id,
            plan=found,
            prices=_agreed(tx, found, buyer.currency, begins, price or (), clock),
            currency=buyer.currency,
            time_zone=buyer.time_zone,
            start=begins,
            quantity=quantity,
            billing_from=there(billing_from),
            end=there(end),
            anchor=anchor,
            cycle_day=cycle_day,
            dialect=dialect,
            net_days=net_days,
            is_joint=joint,
            may_repeat=again,
        )
        (begun,) = beginning.start(tx, [wanted], Ordered(now, by))
    tell(subscription_as_json(begun), str(wanted.subscription_id), json=json)


def _agreed(
    tx: Tx, plan: Plan, money: str, at: datetime, agreed: Sequence[str], clock: Clock
) -> list[Price]:
    """What is offered, with the amounts that were agreed instead."""
    offered = catalog.offered(tx, plan, money, at)
    for each in agreed:
        code, _, amount = each.partition("=")
        if not amount:
            raise typer.BadParameter("write charge and amount, such as base=19.00")
        of = of_charge(offered, code, plan_name(plan))
        made = agreed_price(of, micros_of(amount, money), new_id(clock), at)
        catalog.add_price(tx, made)
        offered[offered.index(of)] = made
    return offered


@app.command()
def show(
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show a subscription: state, dates, charges in service, and what was ordered."""
    with working(ctx, tenant) as tx:
        found = subscriptions.get(tx, subscription)
        orders = subscriptions.orders(tx, subscription)
    tell(
        subscription_as_json(found) | {"orders": [_order_as_json(row) for row in orders]},
        *_shown(found),
        *(_ordered(row, found.zone) for row in orders),
        json=json,
    )


def _shown(found: Subscription) -> Iterator[RenderableType]:
    record, where = found.record, found.zone
    yield f"{record.status}  {record.currency}  quantity {record.quantity.normalize():f}"
    bill, ends = (
        day(at, where) or "none" for at in (record.next_bill_at, record.current_period_end)
    )
    yield f"next bill {bill}, period until {ends} ({record.time_zone})"
    cells = (
        (item.charge.code, item.quantity, point(item.start, where), point(item.end, where))
        for item in found.contract.items
        if item.start != item.end  # of what was taken back
    )
    yield listing(("charge", "quantity", "from", "until"), cells, empty="It has no charges.")


def _order_as_json(row: Any) -> dict[str, Any]:
    """An order without what it keeps to be taken back."""
    return {name: value for name, value in row._asdict().items() if name != "replaced"}


def _ordered(row: Any, where: tzinfo) -> str:
    kind = row.kind.replace("_", " ")
    return f"  {minute(row.ordered_at, where)} {kind}, from {day(row.effective_at, where)}"


@app.command("list")
def list_subscriptions(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List subscriptions, the newest first."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = subscriptions.listed(tx, customer_id=owner, limit=limit)
    cells = (
        (
            row.subscription_id,
            row.customer,
            row.plan,
            row.status if row.authority == "target" else f"{row.status} (at source)",
            day(row.next_bill_at, row.time_zone),
        )
        for row in rows
    )
    names = ("subscription", "customer", "plan", "status", "next bill")
    tell(rows, listing(names, cells, empty="There are no subscriptions."), json=json)


@app.command("hand-over")
def hand_over(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Annotated[
        list[str] | None,
        typer.Argument(help="Ids or e-mail addresses; else --all.", show_default=False),
    ] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Every imported customer.")] = False,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Whose days the source counted; each customer's own by default."),
    ] = None,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Bill imported customers here from where their source stopped; the source must have stopped.

    What the source billed is not billed again: same period, same anchor, from the next bill on.
    """
    if not customer and not everyone:
        raise typer.BadParameter("name customers, or say --all")
    with working(ctx, tenant) as tx:
        wanted = customers.at_source(tx, None if everyone else customer, 10_000_000)
        taken = customers.hand_over(tx, wanted)
        metering.rebuild_summaries(tx)  # an import writes events alone
        ordered = Ordered(context_of(ctx).clock.now(), by)
        done = subscriptions.hand_over(tx, taken, ordered, time_zone=time_zone)
    counts = {"customers": len(taken), "subscriptions": done.subscriptions}
    tell(
        counts | {"unclear": [refused(each) for each in done.unclear]},
        f"Billed here now: {counted(len(taken), 'customer')}, "
        f"{counted(done.subscriptions, 'subscription')}.",
        *(f"  {refusal.sentence}" for refusal in done.unclear[:20]),
        json=json,
    )


def subscription_as_json(found: Subscription) -> dict[str, Any]:
    """A subscription for programs; its items span local days, or instants if it counts those."""
    record = found.record
    names = (
        "subscription_id",
        "customer_id",
        "plan_id",
        "status",
        "currency",
        "quantity",
        "time_zone",
        "started_at",
        "trial_end_at",
        "cancel_at",
        "ended_at",
        "current_period_start",
        "current_period_end",
        "charged_through_at",
        "next_bill_at",
        "last_billed_at",
        "dialect",
        "is_joint",
    )
    items = [
        {
            "charge": item.charge.code,
            "plan": item.plan,
            "quantity": item.quantity,
            "from": item.start,
            "until": item.end,
            "price_id": found.prices[item.key],
        }
        for item in found.contract.items
    ]
    return {name: getattr(record, name) for name in names} | {"items": items}
