"""What is ordered of a subscription that runs: other plans, quantities, prices, charges and days.

Each command says which rule makes the plan; what they share is said once, in `ordering`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.rules import agreed_price, of_charge
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.rules import planning
from trueup.cli.amounts import micros_of, units_served
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfSubscription  # noqa: TC001  typer reads it at run time
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.cli.ordering import Dry, place
from trueup.cli.subscriptions import By  # noqa: TC001  likewise
from trueup.kernel.ids import new_id

if TYPE_CHECKING:
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Ordered, Planned
    from trueup.db import Tx


app = typer.Typer()
command = partial(app.command, cls=TakesNumbers, rich_help_panel="Order of one that runs")

ONE: Final = Decimal(1)
Charge = Annotated[
    str, typer.Argument(help="Code of the charge; `base` is a plan's own fee.", show_default=False)
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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)
