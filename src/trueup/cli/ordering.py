"""How an order is placed: planned by a rule, done or only shown, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from trueup.billing.invoicing.previewing import preview as preview_bill
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.model import OrderKind
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.cli.books import working
from trueup.cli.context import context_of
from trueup.cli.moments import When, day, instant_of
from trueup.cli.previews import print_preview
from trueup.cli.subscriptions import subscription_as_json
from trueup.cli.telling import tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx


SOLD_ANEW: Final = " The plan stays; it is at the prices it is sold at from then on."
Dry = Annotated[
    bool, typer.Option("--preview", help="Show the bill it would make at once; nothing is written.")
]


def plainly(
    rule: Callable[[Subscription, Ordered], Planned],
) -> Callable[[Tx, Subscription, Ordered, Dialect], Planned]:
    """An order that needs nothing but the subscription."""
    return lambda _tx, before, ordered, _dialect: rule(before, ordered)


def place(  # noqa: PLR0913  what every order is told
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
