"""What ends or interrupts a subscription, and what takes that back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.books import working
from trueup.cli.context import context_of
from trueup.cli.moments import AtOfSubscription  # noqa: TC001  typer reads it at run time
from trueup.cli.numbers import TakesNumbers
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.cli.ordering import Dry, place, plainly
from trueup.cli.subscriptions import By, subscription_as_json
from trueup.cli.telling import tell

if TYPE_CHECKING:
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx


app = typer.Typer()
command = partial(app.command, cls=TakesNumbers, rich_help_panel="Order of one that runs")


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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
    place(ctx, tenant, subscription, plainly(planning.uncancel), by=by, dry=preview, json=json)


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
    place(ctx, tenant, subscription, plainly(planning.pause), at=at, by=by, dry=preview, json=json)


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

    place(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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
