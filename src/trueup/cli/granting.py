"""What lowers a bill: credits of a customer, and coupons of a subscription."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.text import Text

from trueup.billing.credits import service as credit_service
from trueup.billing.credits.model import NewCredit
from trueup.billing.customers import service as customers
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.subscriptions import coupons
from trueup.billing.subscriptions import service as subscriptions
from trueup.cli.amounts import decimal, payable
from trueup.cli.books import attempted, owner_of, working
from trueup.cli.context import context_of
from trueup.cli.moments import (
    FromDayOfCustomer,
    FromDayOfSubscription,
    When,
    day,
    instant_of,
    option,
    today,
)
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, Limit, OfCustomer, SubscriptionId
from trueup.cli.telling import tell, told
from trueup.kernel.ids import new_id

app = typer.Typer(
    help="Give customers credit for their next invoices; spend it, pay it out, take it back.",
    no_args_is_help=True,
)
coupon_app = typer.Typer(
    help="Give coupons to subscriptions, see them, take them back.", no_args_is_help=True
)

PPM_IN_PERCENT: Final = 10_000
ENDS: Final = "When it ends: that day of {whose} time zone counts no more; never by default."


@app.command(cls=TakesNumbers)
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
    again: Annotated[
        bool, typer.Option("--again", help="One more of the same amount on the same day.")
    ] = False,
    at: FromDayOfCustomer = None,
    until: Annotated[
        When | None, option("--until", help=ENDS.format(whose="the customer's"))
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Give a customer credit out of goodwill; it is in the books at once."""
    clock = context_of(ctx).clock
    now = clock.now()
    with working(ctx, tenant) as tx:
        found = customers.get_customer(tx, customer)
        where = found.time_zone
        # A bill of this day that is not written yet is dated before now: the credit counts on it.
        begins = today(now, where) if at is None else instant_of(at, where)
        given = NewCredit(
            credit_id=new_id(clock),
            customer_id=found.customer_id,
            currency=found.currency,
            amount_micros=payable(amount, found.currency),
            granted_at=begins,
            reason=reason,
            priority=priority,
            expires_at=None if until is None else instant_of(until, where),
        )
        if not again:
            credit_service.check_new(tx, given)
        credit_service.grant(tx, given, now)
    amount_told = told(given.amount_micros, given.currency)
    tell(asdict(given), f"{amount_told} credit for {found.name}.", json=json)


@app.command("list")
def list_credits(
    ctx: typer.Context,
    *,
    customer: OfCustomer = None,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List credits and what is left of them, the newest first."""
    with working(ctx, tenant) as tx:
        owner = owner_of(tx, customer)
        rows = credit_service.listed(tx, owner, limit)
    said = [_credit(row) for row in rows] or [Text("There are no credits.")]
    tell(rows, *said, json=json)


def _credit(row: Any) -> Text:
    amount, left = (told(m, row.currency) for m in (row.original_micros, row.remaining_micros))
    since, ends = (day(at, row.time_zone) for at in (row.granted_at, row.expires_at))
    until = f" until {ends}" if ends else ""
    gone = ", taken back" if row.is_taken_back else ", ended" if row.broken_micros else ""
    why = f"  {row.reason}" if row.reason else ""
    return Text.assemble(
        (row.customer or "", "bold"),
        f"  {amount}, {left} left{gone}, from {since}{until}{why}\n",
        (f"  {row.credit_id}", "dim"),
    )


@app.command("take-back")
def take_credit_back(
    ctx: typer.Context,
    credit: Annotated[UUID, typer.Argument(help="Id of the credit.", show_default=False)],
    *,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Take back what is left of a granted credit; what it settled stays settled."""
    now = context_of(ctx).clock.now()
    held = attempted(ctx, tenant, lambda tx: credit_service.take_back(tx, credit, now))
    known = {"credit_id": credit, "currency": held.currency}
    said = f"{told(held.remaining_micros, held.currency)} taken back."
    tell(known | {"taken_back_micros": held.remaining_micros}, said, json=json)


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
    again: Annotated[
        bool, typer.Option("--again", help="One more of the same code; both count.")
    ] = False,
    at: FromDayOfSubscription = None,
    until: Annotated[
        When | None, option("--until", help=ENDS.format(whose="the subscription's"))
    ] = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
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
            amount_micros=None if amount is None else payable(amount, money),
            currency=None if amount is None else money,
            uses=times,
            plans=frozenset(plan or ()),
            items=frozenset(charge or ()),
        )
        # A bill of this day that is not written yet is dated before now: the coupon counts on it.
        begins = today(clock.now(), held.zone) if at is None else instant_of(at, held.zone)
        ends = None if until is None else instant_of(until, held.zone)
        given = Discount.given(str(new_id(clock)), coupon, begins, ends_at=ends)
        if not again:
            coupons.check_new(tx, subscription, given)
        coupons.give(tx, subscription, given)
        row = coupons.get_coupon(tx, UUID(given.discount_id))
    tell(row, f"{code}: {_terms(percent, told_amount(coupon))}, {_often(times)}.", json=json)


def told_amount(coupon: Coupon) -> str:
    """`10.00 EUR`, or nothing for a share."""
    if coupon.amount_micros is None or coupon.currency is None:
        return ""
    return told(coupon.amount_micros, coupon.currency)


@coupon_app.command("take-back")
def take_coupon_back(
    ctx: typer.Context,
    coupon: Annotated[UUID, typer.Argument(help="Id of the coupon given.", show_default=False)],
    *,
    at: FromDayOfSubscription = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """End a coupon that was given: bills from then on are whole again, those before stay."""
    now = context_of(ctx).clock.now()
    with working(ctx, tenant) as tx:
        held = coupons.get_coupon(tx, coupon)
        ends = today(now, held.time_zone) if at is None else instant_of(at, held.time_zone)
        coupons.take_back(tx, coupon, ends)
        row = coupons.get_coupon(tx, coupon)
    said = f"{row.coupon_code} takes nothing off from {day(row.ends_at, row.time_zone)} on."
    tell(row, said, json=json)


@coupon_app.command("list")
def list_coupons(
    ctx: typer.Context,
    subscription: Annotated[
        UUID | None, typer.Argument(help="Only of this one.", show_default=False)
    ] = None,
    *,
    limit: Limit = 50,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """List coupons that were given and what is left of them, the newest first."""
    with working(ctx, tenant) as tx:
        if subscription is not None:
            subscriptions.get(tx, subscription)
        rows = coupons.given(tx, subscription, limit)
    said = [_coupon(row) for row in rows] or [Text("There are no coupons.")]
    tell(rows, *said, json=json)


def _coupon(row: Any) -> Text:
    left = row.periods_remaining
    many = "every invoice" if left is None else f"{left} invoice{'' if left == 1 else 's'} left"
    since, ends = (day(at, row.time_zone) for at in (row.starts_at, row.ends_at))
    span = "".join((f" from {since}" if since else "", f" until {ends}" if ends else ""))
    return Text.assemble(
        (row.coupon_code, "bold"),
        f"  {row.customer}  {_off(row)} off, {many}{span}\n",
        (f"  {row.discount_id}", "dim"),
    )


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
