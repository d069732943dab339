"""What is ordered of a subscription that runs: changed, paused, ended.

Each command says which rule makes the plan; what they share is said once, in `_order`.
"""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003  typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.billing.catalog import service as catalog
from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.amounts import as_json, decimal
from trueup.cli.books import working
from trueup.cli.consoles import OUT
from trueup.cli.context import context_of
from trueup.cli.documents import print_preview
from trueup.cli.moments import AtOfSubscription, When, day, instant_of
from trueup.cli.options import DEFAULT_TENANT, Json, KnownTenant, SubscriptionId
from trueup.cli.subscriptions import By, subscription_as_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx

Dry = Annotated[
    bool, typer.Option("--preview", help="Show the bill it would make at once; nothing is written.")
]


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


def quantity(  # noqa: PLR0913  a command's options
    ctx: typer.Context,
    subscription: SubscriptionId,
    number: Annotated[
        Decimal, typer.Argument(parser=decimal, metavar="NUMBER", show_default=False)
    ],
    *,
    at: AtOfSubscription = None,
    by: By = None,
    preview: Dry = False,
    tenant: KnownTenant = DEFAULT_TENANT,
    json: Json = False,
) -> None:
    """Change the quantity of what is priced per unit."""

    def planned(_tx: Tx, before: Subscription, ordered: Ordered, _dialect: Dialect) -> Planned:
        return planning.change_quantity(before, number, ordered)

    _order(ctx, tenant, subscription, planned, at=at, by=by, dry=preview, json=json)


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


def add_to(app: typer.Typer) -> None:
    """Make commands of the orders."""
    for command in (change, quantity, cancel, uncancel, pause, resume):
        app.command(rich_help_panel="Order of one that runs")(command)


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
    with working(ctx, tenant) as tx:

        def plan(before: Subscription, dialect: Dialect) -> Planned:
            effective = None if at is None else instant_of(at, before.zone)
            return planned(tx, before, Ordered(now, by, effective), dialect)

        if dry:
            shown = preview_bill(tx, subscription, now, plan)
        else:
            after = subscriptions.order(tx, subscription, plan)
    if dry:
        print_preview(shown, json=json)
    elif json:
        typer.echo(as_json(subscription_as_json(after)))
    else:
        record = after.record
        ends = "" if record.cancel_at is None else f", ends {day(record.cancel_at, after.zone)}"
        OUT.print(
            f"Done: {record.status}{ends}. The next bill run bills what it comes to.",
            highlight=False,
        )
