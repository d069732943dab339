"""Agreements with customers: begun, changed, ended."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich import box
from rich.table import Table

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.catalog import service as catalog
from trueup.billing.customers import service as customers
from trueup.billing.dialect.model import Start  # noqa: TC001  typer reads it at run time
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.metering import service as metering
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.amounts import ID_WIDTH, At, as_json, moment, rows_as_json
from trueup.cli.billing import print_preview
from trueup.cli.books import known_books
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx

app = typer.Typer(help="Begin, change and end subscriptions.", no_args_is_help=True)


def decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter("write a number, such as 25") from None


Id = Annotated[UUID, typer.Argument(help="Id of the subscription.", show_default=False)]
Quantity = Annotated[
    Decimal, typer.Option(parser=decimal, metavar="NUMBER", help="Of what is priced per unit.")
]
By = Annotated[str | None, typer.Option(help="Who orders it; kept with the order.")]
Dry = Annotated[
    bool, typer.Option("--preview", help="Show the bill it would make at once; nothing is written.")
]


@app.command()
def start(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Annotated[
        str, typer.Argument(help="Id, e-mail address or name.", show_default=False)
    ],
    plan: Annotated[str, typer.Argument(help="Code or id.", show_default=False)],
    *,
    quantity: Quantity = Decimal(1),
    at: At = None,
    billing_from: Annotated[
        Any, typer.Option(parser=moment, metavar="WHEN", help="From when fees are due, if later.")
    ] = None,
    end: Annotated[
        Any, typer.Option(parser=moment, metavar="WHEN", help="When it ends, if agreed.")
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
    context = context_of(ctx)
    now = context.clock.now()
    with context.open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            found, buyer = catalog.get_plan(tx, plan), customers.get_customer(tx, customer)
            wanted = subscriptions.NewSubscription(
                subscription_id=new_id(context.clock),
                customer_id=buyer.customer_id,
                plan=found,
                prices=catalog.offered(tx, found, buyer.currency, at or now),
                currency=buyer.currency,
                time_zone=buyer.time_zone,
                start=at or now,
                quantity=quantity,
                billing_from=billing_from,
                end=end,
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
def change(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: Id,
    plan: Annotated[str, typer.Argument(help="Code or id of the new plan.", show_default=False)],
    *,
    at: At = None,
    settle: Annotated[
        Settlement, typer.Option(help="What becomes of the running period.")
    ] = Settlement.PRORATE,
    downgrade: Annotated[
        Settlement | None,
        typer.Option(help="The same where the new plan costs less, if otherwise."),
    ] = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Move it to another plan, at today's prices."""
    now = context_of(ctx).clock.now()

    def planner(tx: Tx) -> Callable[[Subscription, Dialect], Planned]:
        found = catalog.get_plan(tx, plan)
        held = subscriptions.get(tx, subscription)
        prices = catalog.offered(tx, found, held.record.currency, at or now)
        return lambda before, dialect: planning.change(
            before,
            found,
            prices,
            Ordered(now, by, at),
            dialect,
            settlement=settle,
            downgrade=downgrade,
        )

    _order(ctx, tenant, subscription, planner, dry=preview, as_json_too=json)


@app.command()
def quantity(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: Id,
    number: Annotated[
        Decimal, typer.Argument(parser=decimal, metavar="NUMBER", show_default=False)
    ],
    *,
    at: At = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Change the quantity of what is priced per unit."""
    ordered = Ordered(context_of(ctx).clock.now(), by, at)
    plan = lambda before, _: planning.change_quantity(before, number, ordered)  # noqa: E731  as its siblings
    _order(ctx, tenant, subscription, lambda _: plan, dry=preview, as_json_too=json)


@app.command()
def cancel(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: Id,
    *,
    at: At = None,
    period_end: Annotated[
        bool, typer.Option("--period-end", help="At the end of the running period.")
    ] = False,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """End it: now, at a moment, or with the running period; `uncancel` takes it back until then."""
    ordered = Ordered(context_of(ctx).clock.now(), by, at)
    plan = lambda before, dialect: planning.cancel(  # noqa: E731  as its siblings
        before, ordered, dialect, at_period_end=period_end
    )
    _order(ctx, tenant, subscription, lambda _: plan, dry=preview, as_json_too=json)


@app.command()
def uncancel(
    ctx: typer.Context, subscription: Id, *, by: By = None, tenant: KnownTenant = DEFAULT_TENANT
) -> None:
    """Take a cancellation back that has not taken effect; dates stay as they were."""
    ordered = Ordered(context_of(ctx).clock.now(), by)
    _order(
        ctx,
        tenant,
        subscription,
        lambda _: lambda before, _dialect: planning.uncancel(before, ordered),
    )


@app.command()
def pause(
    ctx: typer.Context,
    subscription: Id,
    *,
    at: At = None,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """No service and no fees, until it is resumed."""
    ordered = Ordered(context_of(ctx).clock.now(), by, at)
    _order(
        ctx,
        tenant,
        subscription,
        lambda _: lambda before, _dialect: planning.pause(before, ordered),
    )


@app.command()
def resume(
    ctx: typer.Context,
    subscription: Id,
    *,
    at: At = None,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """In service again."""
    ordered = Ordered(context_of(ctx).clock.now(), by, at)
    _order(
        ctx,
        tenant,
        subscription,
        lambda _: lambda before, _dialect: planning.resume(before, ordered),
    )


@app.command()
def show(
    ctx: typer.Context,
    subscription: Id,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Show a subscription: state, dates, charges in service, and what was ordered."""
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            found = subscriptions.get(tx, subscription)
            orders = subscriptions.orders(tx, subscription)
    if json:
        typer.echo(as_json(_as_json(found) | {"orders": [row._asdict() for row in orders]}))
        return
    record = found.record
    many = f"{record.quantity.normalize():f}"
    OUT.print(f"{record.status}  {record.currency}  quantity {many}", highlight=False)
    bill, ends = (
        _day_there(at, record.time_zone) for at in (record.next_bill_at, record.current_period_end)
    )
    OUT.print(f"next bill {bill}, period until {ends} ({record.time_zone})", highlight=False)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("charge", "quantity", "from", "until"):
        table.add_column(name)
    for item in found.contract.items:
        table.add_row(item.charge.code, str(item.quantity), str(item.start), str(item.end or ""))
    OUT.print(table)
    for row in orders:
        OUT.print(
            f"  {row.ordered_at:%Y-%m-%d %H:%M} {row.kind}, from {row.effective_at:%Y-%m-%d}",
            highlight=False,
        )


def _day_there(at: datetime | None, time_zone: str) -> str:
    """The day by which the customer counts."""
    return "none" if at is None else f"{at.astimezone(zone(time_zone)):%Y-%m-%d}"


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
    with context_of(ctx).open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            owner = None if customer is None else customers.get_customer(tx, customer).customer_id
            rows = subscriptions.listed(tx, customer_id=owner, limit=limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("subscription", "customer", "plan", "status", "next bill"):
        table.add_column(name, min_width=ID_WIDTH if name == "subscription" else None)
    for row in rows:
        day = "" if row.next_bill_at is None else f"{row.next_bill_at:%Y-%m-%d}"
        status = row.status if row.authority == "target" else f"{row.status} (at source)"
        table.add_row(str(row.subscription_id), row.customer, row.plan, status, day)
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
    context = context_of(ctx)
    with context.open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            wanted = customers.at_source(tx, None if everyone else customer, 10_000_000)
            taken = customers.hand_over(tx, wanted)
            metering.rebuild_summaries(tx)  # an import writes events alone
            done = subscriptions.hand_over(
                tx, taken, Ordered(context.clock.now(), by), time_zone=time_zone
            )
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


def _order(
    ctx: typer.Context,
    tenant: str,
    subscription: UUID,
    planner: Callable[[Tx], Callable[[Subscription, Dialect], Planned]],
    *,
    dry: bool = False,
    as_json_too: bool = False,
) -> None:
    """Do what a plan makes of a subscription, or show the bill it would make."""
    context = context_of(ctx)
    with context.open_database() as db:
        books = known_books(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            plan = planner(tx)
            if dry:
                at = context.clock.now()
                shown = preview_bill(tx, subscription, at, plan)
                print_preview(shown, as_json_too=as_json_too)
                return
            after = subscriptions.order(tx, subscription, plan)
    if as_json_too:
        typer.echo(as_json(_as_json(after)))
        return
    record = after.record
    ends = "" if record.cancel_at is None else f", ends {record.cancel_at:%Y-%m-%d}"
    OUT.print(
        f"Done: {record.status}{ends}. The next bill run bills what it comes to.", highlight=False
    )


def _as_json(found: Subscription) -> dict[str, Any]:
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
