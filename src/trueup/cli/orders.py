"""What is ordered of a subscription that runs: changed, paused, ended.

Each command says which rule makes the plan; what they share is said once, in `_order`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.rules import agreed_price, of_charge
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.model import OrderKind
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.amounts import micros_of, units_served
from trueup.cli.books import working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfSubscription, When, day, instant_of
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.cli.previews import print_preview
from trueup.cli.subscriptions import By, subscription_as_json
from trueup.cli.telling import tell
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx

app = typer.Typer()
command = partial(app.command, cls=TakesNumbers, rich_help_panel="Order of one that runs")

ONE: Final = Decimal(1)
SOLD_ANEW: Final = " The plan stays; it is at the prices it is sold at from then on."
Charge = Annotated[
    str, typer.Argument(help="Code of the charge; `base` is a plan's own fee.", show_default=False)
]
Dry = Annotated[
    bool, typer.Option("--preview", help="Show the bill it would make at once; nothing is written.")
]


@command()
def change(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    plan: Annotated[str, typer.Argument(help="Code or id of the new plan.", show_default=False)],
    *,
    at: AtOfSubscription = None,
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
    """Move it to another plan, at the prices it is sold at then."""

    def planned(tx: Tx, before: Subscription, ordered: Ordered, dialect: Dialect) -> Planned:
        found = catalog.get_plan(tx, plan)
        prices = catalog.offered(tx, found, before.record.currency, ordered.counts_from)
        return planning.change(
            before, found, prices, ordered, dialect, settlement=settle, downgrade=downgrade
        )

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def quantity(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    number: Annotated[
        Decimal,
        typer.Argument(
            parser=units_served, metavar="QUANTITY", help="Zero or more.", show_default=False
        ),
    ],
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Change the quantity of what is priced per unit."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, dialect: Dialect) -> Planned:
        return planning.change_quantity(before, number, ordered, dialect)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def price(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    charge: Charge,
    amount: Annotated[str, typer.Argument(help="Such as 19.00.", show_default=False)],
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Agree on another price of a charge with this customer; the plan's stays for others."""
    clock = context_of(ctx).clock

    def planned(tx: Tx, before: Subscription, ordered: Ordered, _dialect: Dialect) -> Planned:
        sold = subscriptions.sold(tx, before, charge)
        micros = micros_of(amount, before.record.currency)
        agreed = agreed_price(sold.price, micros, new_id(clock), ordered.counts_from)
        if not preview:  # which writes nothing
            catalog.add_price(tx, agreed)
        return planning.change_price(before, sold.plan, agreed, ordered)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def add(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    plan: Annotated[str, typer.Argument(help="Plan that sells it: code or id.")],
    *,
    charge: Annotated[
        str | None, typer.Option(help="Which of its charges, if it sells several.")
    ] = None,
    number: Annotated[
        Decimal,
        typer.Option("--quantity", parser=units_served, metavar="NUMBER", help="Of units."),
    ] = ONE,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Add a charge beside those of its plan, such as support or a device; billed with it."""

    def planned(tx: Tx, before: Subscription, ordered: Ordered, _dialect: Dialect) -> Planned:
        found = catalog.get_plan(tx, plan)
        offered = catalog.offered(tx, found, before.record.currency, ordered.counts_from)
        return planning.add(before, found, of_charge(offered, charge, plan), number, ordered)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def remove(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    charge: Charge,
    *,
    plan: Annotated[
        str | None, typer.Option(help="Only that of this plan, if two have one of this code.")
    ] = None,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Remove a charge; what was billed ahead for it is given back."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, _dialect: Dialect) -> Planned:
        return planning.remove(before, charge, ordered, plan=plan)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def cycle_day(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    number: Annotated[
        int, typer.Argument(min=1, max=31, metavar="DAY", help="Of the month; 31 is its end.")
    ],
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Begin its periods on another day of the month; the one between is shorter."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, _dialect: Dialect) -> Planned:
        return planning.change_cycle_day(before, number, ordered)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def cancel(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    at: AtOfSubscription = None,
    period_end: Annotated[
        bool, typer.Option("--period-end", help="At the end of the running period.")
    ] = False,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """End it: now, at a moment, or with the running period; `uncancel` takes it back until then."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, dialect: Dialect) -> Planned:
        return planning.cancel(before, ordered, dialect, at_period_end=period_end)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def uncancel(
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Take a cancellation back that has not taken effect; dates stay as they were."""
    _order(ctx, tenant, subscription, _plain(planning.uncancel), by=by, dry=preview, json=json)


@command()
def pause(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """No service and no fees, until it is resumed."""
    _order(ctx, tenant, subscription, _plain(planning.pause), at=at, by=by, dry=preview, json=json)


@command()
def resume(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """In service again."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, dialect: Dialect) -> Planned:
        return planning.resume(before, ordered, dialect)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


@command()
def take_back(
    ctx: typer.Context,
    subscription: SubscriptionId,
    *,
    by: By = None,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Take the last order back that was given for later, such as a change of plan or a pause."""
    now = context_of(ctx).clock.now()
    with working(ctx, tenant) as tx:
        after = subscriptions.take_back(tx, subscription, Ordered(now, by))
    said = f"Taken back: it is {after.record.status}, as before that order."
    tell(subscription_as_json(after), said, json=json)


def _plain(
    rule: Callable[[Subscription, Ordered], Planned],
) -> Callable[[Tx, Subscription, Ordered, Dialect], Planned]:
    """An order that needs nothing but the subscription."""
    return lambda _tx, before, ordered, _dialect: rule(before, ordered)


def _order(  # noqa: PLR0913  what every order is told
    ctx: typer.Context,
    tenant: str,
    subscription: UUID,
    planned: Callable[[Tx, Subscription, Ordered, Dialect], Planned],
    *,
    at: When | None = None,
    by: str | None = None,
    dry: bool = False,
    json: bool = False,
) -> None:
    """Do what a plan makes of a subscription, or show the bill it would make."""
    now = context_of(ctx).clock.now()
    note = ""
    with working(ctx, tenant) as tx:

        def plan(before: Subscription, dialect: Dialect) -> Planned:
            nonlocal note
            effective = None if at is None else instant_of(at, before.zone)
            made = planned(tx, before, Ordered(now, by, effective), dialect)
            is_change = made.order.kind is OrderKind.CHANGE
            if is_change and made.after.record.plan_id == before.record.plan_id:
                note = SOLD_ANEW
            return made

        if dry:
            shown = preview_bill(tx, subscription, now, plan)
        else:
            after = subscriptions.order(tx, subscription, plan)
    if dry:
        print_preview(shown, json=json)
        return
    record = after.record
    ends = "" if record.cancel_at is None else f", ends {day(record.cancel_at, after.zone)}"
    done = f"Done: {record.status}{ends}. The next bill run bills what it comes to.{note}"
    tell(subscription_as_json(after), done, json=json)
