"""Agreements with customers: begun, shown, taken over; `orders` changes and ends them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from trueup.billing.catalog import service as catalog
from trueup.billing.customers import service as customers
from trueup.billing.dialect.model import Start  # noqa: TC001  typer reads it at run time
from trueup.billing.metering import service as metering
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.amounts import ID_WIDTH, as_json, decimal, rows_as_json
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfCustomer, When, day, instant_of, minute, option, point
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from trueup.billing.subscriptions.model import Subscription

app = typer.Typer(help="Begin, change and end subscriptions.", no_args_is_help=True)


Quantity = Annotated[
    Decimal, typer.Option(parser=decimal, metavar="NUMBER", help="Of what is priced per unit.")
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
    dialect: Annotated[str | None, typer.Option(help="Conventions it is billed by.")] = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="On one invoice with the customer's other joint ones.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="The customer may have the plan already.")
    ] = False,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Begin a subscription, also in the past or later; the next run bills it. Prints the id."""
    clock = context_of(ctx).clock
    now = clock.now()
    with working(ctx, tenant) as tx:
        found, buyer = catalog.get_plan(tx, plan), customers.get_customer(tx, customer)

        def there(written: When | None) -> datetime | None:
            return None if written is None else instant_of(written, buyer.time_zone)

        begins = there(at) or now
        wanted = subscriptions.NewSubscription(
            subscription_id=new_id(clock),
            customer_id=buyer.customer_id,
            plan=found,
            prices=catalog.offered(tx, found, buyer.currency, begins),
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
        subscriptions.start(tx, [wanted], Ordered(now, by))
    typer.echo(str(wanted.subscription_id))


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
    if json:
        typer.echo(
            as_json(subscription_as_json(found) | {"orders": [row._asdict() for row in orders]})
        )
        return
    record, where = found.record, found.zone
    many = f"{record.quantity.normalize():f}"
    OUT.print(f"{record.status}  {record.currency}  quantity {many}", highlight=False)
    bill, ends = (
        day(at, where) or "none" for at in (record.next_bill_at, record.current_period_end)
    )
    OUT.print(f"next bill {bill}, period until {ends} ({record.time_zone})", highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("charge", "quantity", "from", "until"):
        table.add_column(name)
    for item in found.contract.items:
        start, end = point(item.start, where), point(item.end, where)
        table.add_row(item.charge.code, str(item.quantity), start, end)
    OUT.print(table)
    for row in orders:
        OUT.print(
            f"  {minute(row.ordered_at, where)} {row.kind}, from {day(row.effective_at, where)}",
            highlight=False,
        )


@app.command("list")
def list_subscriptions(
    ctx: typer.Context,
    *,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List subscriptions, the newest first."""
    with working(ctx, tenant) as tx:
        owner = None if customer is None else customers.get_customer(tx, customer).customer_id
        rows = subscriptions.listed(tx, customer_id=owner, limit=limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("subscription", "customer", "plan", "status", "next bill"):
        table.add_column(name, min_width=ID_WIDTH if name == "subscription" else None)
    for row in rows:
        due = day(row.next_bill_at, row.time_zone)
        status = row.status if row.authority == "target" else f"{row.status} (at source)"
        table.add_row(str(row.subscription_id), row.customer, row.plan, status, due)
    OUT.print(table)


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
    if json:
        unclear = [{"sentence": r.sentence, "fix": r.fix} | r.fields for r in done.unclear]
        typer.echo(
            as_json(
                {"customers": len(taken), "subscriptions": done.subscriptions, "unclear": unclear}
            )
        )
        return
    OUT.print(
        f"{len(taken):,} customers, {done.subscriptions:,} subscriptions are billed here now.",
        highlight=False,
    )
    for refusal in done.unclear[:20]:
        OUT.print(f"  {refusal.sentence}", highlight=False)


def subscription_as_json(found: Subscription) -> dict[str, Any]:
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
