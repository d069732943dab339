"""What a bill would be, now or after an order: the code that bills, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trueup.billing.invoicing import reading
from trueup.billing.invoicing.model import Due
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.subscriptions.rules import planning

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.invoicing.model import Bill, Parked
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.rules.planning import Planned
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Preview:
    """The bill of a moment, or why there could be none.

    next_bill_at: after it.  zone: whose days the lines count.
    """

    bill: Bill | None
    parked: Parked | None
    next_bill_at: Instant | None
    zone: tzinfo


def preview(
    tx: Tx,
    subscription_id: UUID,
    at: Instant,
    order: Callable[[Subscription, Dialect], Planned] | None = None,
) -> Preview:
    """The bill of a subscription as of `at`, after `order` if one is given.  Writes nothing.

    Of several that are due by then it is the first, dated as a run would date it (B11): what counts
    on that day counts on both.  One that was due on a day before that of an order is told together
    with what the order comes to, as of `at`.
    order: one of `subscriptions.rules.planning`, given the subscription and its dialect.
    Raises SubscriptionUnknown, EntityMissing and what the order refuses.
    """
    agreed = reading.conventions(tx)
    context = reading.context(tx, [subscription_id], {}, agreed)
    found = reading.known(context, subscription_id)
    if order is not None:
        found = order(found, agreed.dialect(found.record.dialect)).after
    dated = _dated(found, at, is_ordered=order is not None)
    found = replace(found, record=replace(found.record, next_bill_at=dated, is_joint=False))
    context = replace(context, subscriptions={subscription_id: found})
    due = Due(subscription_id, found.record.customer_id, dated)
    outcome = papered([due], context, agreed)
    return Preview(
        bill=outcome.bills[0] if outcome.bills else None,
        parked=outcome.parked[0] if outcome.parked else None,
        next_bill_at=outcome.advanced[0].next_bill_at if outcome.advanced else None,
        zone=found.zone,
    )


def _dated(subscription: Subscription, at: Instant, *, is_ordered: bool) -> Instant:
    """When the bill is of: the moment at which it falls due, if that is before `at`."""
    due = subscription.record.next_bill_at
    if due is None or due >= at:
        return at
    is_same_day = planning.point(subscription, due) == planning.point(subscription, at)
    return at if is_ordered and not is_same_day else due
