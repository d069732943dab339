"""What lowers a bill: credits of a customer, and coupons of a subscription."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from trueup.billing.credits import service as credit_service
from trueup.billing.credits.model import NewCredit
from trueup.billing.customers import service as customers
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.subscriptions import coupons
from trueup.billing.subscriptions import service as subscriptions
from trueup.cli.amounts import decimal, micros_of, rows_as_json, told
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfCustomer, AtOfSubscription, When, day, instant_of, option
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.kernel.ids import new_id

app = typer.Typer(
    help="Give customers credit; their next invoices are settled by it.", no_args_is_help=True
)
coupon_app = typer.Typer(help="Give coupons to subscriptions.", no_args_is_help=True)

PPM_IN_PERCENT: Final = 10_000
ENDS: Final = "When it ends: that day of {whose} time zone counts no more; never by default."


@app.command()
def grant(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    customer: Annotated[
        str, typer.Argument(help="Id, e-mail address or name.", show_default=False)
    ],
    amount: Annotated[
        str,
        typer.Argument(help="In the customer's currency, such as 12.50.", show_default=False),
    ],
    *,
    reason: Annotated[str | None, typer.Option(help="Why it was given.")] = None,
    priority: Annotated[int, typer.Option(help="The smaller number is spent first.")] = 0,
    at: AtOfCustomer = None,
    until: Annotated[
        When | None, option("--until", help=ENDS.format(whose="the customer's"))
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Give a customer credit out of goodwill; it is in the books at once."""
    clock = context_of(ctx).clock
    now = clock.now()
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        begins = now if at is None else instant_of(at, found.time_zone)
        if begins > now:
            raise typer.BadParameter(
                "a credit is granted now or was granted earlier", param_hint="--at"
            )
        given = NewCredit(
            credit_id=new_id(clock),
            customer_id=found.customer_id,
            currency=found.currency,
            amount_micros=micros_of(amount, found.currency),
            granted_at=begins,
            reason=reason,
            priority=priority,
            expires_at=None if until is None else instant_of(until, found.time_zone),
        )
        credit_service.grant(tx, given)
    OUT.print(Text(f"{told(given.amount_micros, given.currency)} credit for {found.name}."))


@app.command("list")
def list_credits(
    ctx: typer.Context,
    *,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List credits and what is left of them, the newest first."""
    with working(ctx, tenant) as tx:
        owner = None if customer is None else customers.get_customer(tx, customer).customer_id
        rows = credit_service.listed(tx, owner, limit)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("granted", "customer", "granted amount", "left", "until", "reason"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            day(row.granted_at, row.time_zone),
            Text(row.customer or ""),
            told(row.original_micros, row.currency),
            told(row.remaining_micros, row.currency),
            day(row.expires_at, row.time_zone),
            Text(row.reason or ""),
        )
    OUT.print(table)


@coupon_app.command()
def give(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    code: Annotated[str, typer.Argument(help="What it is called.", show_default=False)],
    *,
    percent: Annotated[
        Decimal | None, typer.Option(parser=decimal, metavar="NUMBER", help="Off, such as 25.")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(help="Off, in the subscription's currency, such as 10.00.")
    ] = None,
    times: Annotated[
        int | None, typer.Option(help="On how many invoices; for ever by default.")
    ] = None,
    plan: Annotated[list[str] | None, typer.Option(help="Only on lines of this plan.")] = None,
    charge: Annotated[list[str] | None, typer.Option(help="Only on lines of this charge.")] = None,
    at: AtOfSubscription = None,
    until: Annotated[
        When | None, option("--until", help=ENDS.format(whose="the subscription's"))
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
) -> None:
    """Give a coupon to a subscription: a share or an amount off, once, some times or for ever."""
    if (percent is None) == (amount is None):
        raise typer.BadParameter("say either --percent or --amount")
    clock = context_of(ctx).clock
    with working(ctx, tenant) as tx:
        held = subscriptions.get(tx, subscription)
        money = held.record.currency
        coupon = Coupon(
            code,
            percent_ppm=None if percent is None else int(percent * PPM_IN_PERCENT),
            amount_micros=None if amount is None else micros_of(amount, money),
            currency=None if amount is None else money,
            uses=times,
            plans=frozenset(plan or ()),
            items=frozenset(charge or ()),
        )
        begins = clock.now() if at is None else instant_of(at, held.zone)
        ends = None if until is None else instant_of(until, held.zone)
        given = Discount.given(str(new_id(clock)), coupon, begins, ends_at=ends)
        coupons.give(tx, subscription, given)
    OUT.print(Text(f"{code}: {_terms(percent, told_amount(coupon))}, {_often(times)}."))


def told_amount(coupon: Coupon) -> str:
    """`10.00 EUR`, or nothing for a share."""
    if coupon.amount_micros is None or coupon.currency is None:
        return ""
    return told(coupon.amount_micros, coupon.currency)


@coupon_app.command("list")
def list_coupons(
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List the coupons of a subscription and what is left of them."""
    with working(ctx, tenant) as tx:
        where = subscriptions.get(tx, subscription).zone
        rows = coupons.given(tx, subscription)
    if json:
        typer.echo(rows_as_json(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("coupon", "off", "invoices left", "from", "until"):
        table.add_column(name)
    for row in rows:
        left = "all" if row.periods_remaining is None else str(row.periods_remaining)
        dates = (day(at, where) for at in (row.starts_at, row.ends_at))
        table.add_row(Text(row.coupon_code), _off(row), left, *dates)
    OUT.print(table)


def _off(row: Any) -> str:
    if row.percent_bp is not None:
        return f"{Decimal(row.percent_bp) / 100:f} %"
    return told(row.amount_micros, row.currency)


def _terms(percent: Decimal | None, amount: str) -> str:
    return f"{amount} off" if percent is None else f"{percent:f} % off"


def _often(times: int | None) -> str:
    if times is None:
        return "for ever"
    return "once" if times == 1 else f"on {times} invoices"
