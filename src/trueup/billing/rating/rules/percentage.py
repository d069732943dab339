"""A share of each event's amount and a fee for each event, allowances first (B26)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from trueup.billing.rating.derivation import Percent, PerEvent, Sum, Unit
from trueup.billing.rating.errors import EventsMissing
from trueup.billing.rating.rules.exact import ADD, SUBTRACT, ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from trueup.billing.rating.derivation import Node
    from trueup.billing.rating.model import PercentagePrice, RatingConvention, Usage


def by_events(
    model: PercentagePrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    """What a percentage asks for.  Raises EventsMissing where the sum alone does not decide."""
    needs_events = bool(model.fixed_per_event or model.free_events or model.has_bounds)
    if needs_events and quantity and not usage.events:
        raise EventsMissing(quantity=quantity)
    if model.has_bounds:
        return _per_event(model, usage, convention)
    free_amount, free_events = _free(model, quantity, usage)
    share = Percent(model.rate_percent, SUBTRACT(quantity, free_amount))
    paid = len(usage.events) - free_events
    if not model.fixed_per_event or not paid:
        return share
    return Sum((share, Unit(model.fixed_per_event, ADD(ZERO, paid))))


def _per_event(model: PercentagePrice, usage: Usage, convention: RatingConvention) -> Node:
    events_left, amount_left = _allowances(model, usage)
    outlasts = convention.free_amount_outlasts_events
    has_ended = bool(model.free_events) and not events_left and not outlasts
    return PerEvent(
        model.rate_percent,
        tuple((value, len(list(run))) for value, run in groupby(usage.events)),
        fixed=model.fixed_per_event,
        least=model.per_event_min,
        most=model.per_event_max,
        free_events=events_left,
        free_amount=ZERO if has_ended else amount_left,
        amount_outlasts=outlasts,
    )


def _allowances(model: PercentagePrice, usage: Usage) -> tuple[int, Decimal]:
    """Free events and free amount that earlier slices left over."""
    events = max(0, model.free_events - usage.prior_events)
    return events, max(ZERO, SUBTRACT(model.free_amount, usage.prior_qty))


def _free(model: PercentagePrice, quantity: Decimal, usage: Usage) -> tuple[Decimal, int]:
    """How much of the quantity and how many events are free: until the first allowance is used up.

    An event is free of its fee while some free amount is left after it.
    """
    events_left, amount_left = _allowances(model, usage)
    if not model.free_events:
        return min(quantity, amount_left), _events_within(usage.events, amount_left)
    covered = ZERO
    for value in usage.events[:events_left]:
        covered = ADD(covered, value)
    if not model.free_amount:
        return covered, min(events_left, len(usage.events))
    return min(covered, amount_left), _events_within(usage.events[:events_left], amount_left)


def _events_within(events: tuple[Decimal, ...], amount: Decimal) -> int:
    total = ZERO
    for count, value in enumerate(events):
        total = ADD(total, value)
        if total >= amount:
            return count
    return len(events)
