"""Where a subscription stands once it is billed, and when it owes something next.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Grid, Timing
from trueup.billing.drafting.rules.due import is_waiting, next_due, watches_usage
from trueup.billing.rating.model import CapacityPrice, MatrixPrice, PercentagePrice
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.recording import instant_of, point_of
from trueup.billing.subscriptions.rules.standing import standing
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import DraftLine
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.model import Record, Subscription
    from trueup.kernel.clock import Instant

RENEWING: Final = frozenset({ChargeKind.RECURRING, ChargeKind.ADD_ON, ChargeKind.USAGE})
ADDED_UP: Final = frozenset({Aggregation.SUM, Aggregation.MAX})


def advanced(
    subscription: Subscription, at: Instant, lines: Sequence[DraftLine], dialect: Dialect
) -> Record:
    """The record of a subscription after its bill of `at`, which had `lines`."""
    contract, where, record = subscription.contract, subscription.zone, subscription.record
    now = point_of(at, where, counts_instants=record.counts_instants)
    following = next_due(contract, now)
    period = period_at(contract.cycle, now)
    ahead = [line.span.end for line in lines if line.span is not None and line.gives_back is None]
    through = instant_of(max(ahead), where) if ahead else record.charged_through_at
    over = _term_over(contract, now)
    return standing(
        replace(
            record,
            current_period_start=instant_of(period.start, where),
            current_period_end=instant_of(period.end, where),
            charged_through_at=through,
            next_bill_at=None if following is None else instant_of(following, where),
            last_billed_at=record.last_billed_at if is_waiting(contract, now) else at,
            usage_watched_at=at if watches_usage(contract, now) else None,
            cancel_at=record.cancel_at if over is None else instant_of(over, where),
            is_steady=is_steady(contract, now, dialect),
        ),
        at,
    )


def _term_over(contract: Contract, now: Point) -> Point | None:
    """When all service ended under a plan that has a last day, if by `now`; then it is over."""
    if contract.cancelled is not None or contract.terms.phases[-1].length is None:
        return None
    ends = [item.end for item in contract.items if item.end is not None and item.end <= now]
    return max(ends) if ends and len(ends) == len(contract.items) else None


def is_steady(contract: Contract, now: Point, dialect: Dialect) -> bool:
    """Whether the next bill of a contract that was billed at `now` is a plain renewal.

    Then everything in service is billed up to the period of `now`, each charge by itself, and what
    falls due at the period's end is one whole period of each: nothing of what was billed before
    has to be looked at again.
    """
    terms = contract.terms
    if contract.cancelled is not None or terms.minimum_commitment is not None or terms.thresholds:
        return False
    if not isinstance(contract.cycle, Grid) or dialect.counts_instants:
        return False
    period = period_at(contract.cycle, now)
    if any(pause.end is None or pause.end > period.start for pause in contract.pauses):
        return False
    return all(
        _is_over(item, period.start) or _renews(item, contract, now, period.start)
        for item in contract.items
    )


def _is_over(item: Item, since: Point) -> bool:
    """Ended before the running period, or due once and begun."""
    if item.charge.kind in {ChargeKind.FIXED, ChargeKind.ONE_OFF}:
        return item.start <= since and item.charge.timing is Timing.IN_ADVANCE
    return item.end is not None and item.end <= since


def _renews(item: Item, contract: Contract, now: Point, period_start: Point) -> bool:
    charge = item.charge
    is_plain = (
        charge.kind in RENEWING
        and charge.minimum is None
        and not charge.carries_over
        and item.cycle == contract.cycle
        and item.end is None
        and item.start <= (now if charge.timing is Timing.IN_ADVANCE else period_start)
    )
    if not is_plain or charge.kind is not ChargeKind.USAGE:
        return is_plain
    by_event = isinstance(charge.price.model, PercentagePrice | MatrixPrice | CapacityPrice)
    is_sum = charge.aggregation in ADDED_UP and charge.meter is not None and not by_event
    return is_sum and charge.timing is Timing.IN_ARREARS
