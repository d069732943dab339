"""Usage that no bill will hold: it came too late, or no charge of its meter was in service (B28).

The mirror of `usage`: what that measures now or at the end of a running period is not named here,
and all the rest of a meter that the contract pays for is, so that nothing is dropped without a
word.  Pure.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from trueup.billing.drafting.model import LeftOut, LeftOutReason
from trueup.billing.drafting.rules.measuring import within_horizon
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from trueup.billing.drafting.model import Situation, UsageEvent
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Cycle, Point, Reach

ZERO: Final = Decimal(0)


class Meter(NamedTuple):
    """An item that pays for usage.  meters: none is any.  spans: in which it is in service."""

    item: Item
    meters: frozenset[str]
    spans: tuple[tuple[Point, Point | None], ...]


def left_out(case: Situation) -> tuple[LeftOut, ...]:
    """What of the usage of `case` is on no bill and on none to come, by period, meter and reason.

    Of a meter that no charge of the contract ever named, nothing is said: it may not be read.
    """
    meters = [
        Meter(item, _meters(item), tuple(served(item, case.contract.pauses)))
        for item in case.contract.items
        if item.charge.kind is ChargeKind.USAGE
    ]
    found: dict[tuple[Reach, str, LeftOutReason], tuple[int, Decimal]] = {}
    for event in case.usage:
        if case.asked_from is not None and event.at < case.asked_from:
            continue  # told before, if it had to be
        named = [m for m in meters if not m.meters or event.meter in m.meters]
        why = _why(case, event, named)
        if why is not None:
            cycle, reason = why
            key = (period_at(cycle, event.at), event.meter, reason)
            events, quantity = found.get(key, (0, ZERO))
            found[key] = (events + 1, quantity + event.quantity)
    return tuple(
        LeftOut(case.contract.key, meter, span, quantity, events, reason)
        for (span, meter, reason), (events, quantity) in found.items()
    )


def _meters(item: Item) -> frozenset[str]:
    return frozenset(item.charge.meter.split("+")) if item.charge.meter else frozenset()


def _why(
    case: Situation, event: UsageEvent, named: list[Meter]
) -> tuple[Cycle, LeftOutReason] | None:
    """Of whose periods it was, and why no bill holds it; None: one does or will, or none could."""
    if not named:
        return None
    serving = [m.item for m in named if _serves(case, m, event)]
    if not serving:
        return named[-1].item.cycle, LeftOutReason.NOT_SERVED
    horizon = case.dialect.late_usage_periods
    if any(within_horizon(event, item.cycle, horizon) for item in serving):
        return None
    return serving[-1].cycle, LeftOutReason.TOO_LATE


def _serves(case: Situation, meter: Meter, event: UsageEvent) -> bool:
    """Whether the item measures it, as `usage.used_in` does."""
    item = meter.item
    if event.plan not in {None, item.plan}:
        return False
    if event.at == item.end and _counts_last_day(case, item, event):
        return True
    return any(
        (item.charge.carries_over or start <= event.at) and (end is None or event.at < end)
        for start, end in meter.spans
    )


def _counts_last_day(case: Situation, item: Item, event: UsageEvent) -> bool:
    is_last = item.end == case.contract.final_bill and case.dialect.counts_usage_of_last_day
    return is_last or event.plan == item.plan
