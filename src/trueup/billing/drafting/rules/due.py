"""Everything one contract owes at a moment, and the next moment at which it owes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.fees import credits_due, fees_due
from trueup.billing.drafting.rules.minimums import commitments_due, minimums_due
from trueup.billing.drafting.rules.thresholds import threshold_lines
from trueup.billing.drafting.rules.usage import usage_due
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from trueup.billing.drafting.model import DraftLine, Situation
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point


def lines_due(case: Situation) -> list[DraftLine]:
    """What `case` owes and is not billed: credits, fees, usage, minimums, in that order.

    A function of its argument alone; billed and asked again, it owes nothing (B39).
    """
    if is_waiting(case.contract, case.now):
        return []
    lines = [*credits_due(case), *fees_due(case), *usage_due(case)]
    lines += minimums_due(case, lines)
    lines += commitments_due(case, lines)
    return lines


def is_waiting(contract: Contract, now: Point) -> bool:
    """Whether everything waits for the renewal with which a change is settled."""
    waits_until, final = contract.settles_from, contract.final_bill
    is_settled = final is not None and final <= now
    return waits_until is not None and now < waits_until and not is_settled


def usage_due_at_once(case: Situation) -> tuple[list[DraftLine], list[DraftLine]]:
    """What usage makes due by itself: of charges in advance, and where it crossed a threshold."""
    in_advance = {i.key for i in case.contract.items if i.charge.timing is Timing.IN_ADVANCE}
    lines = [
        line for line in usage_due(case) if line.kind is LineKind.USAGE and line.item in in_advance
    ]
    return lines, threshold_lines(case)


def watches_usage(contract: Contract, now: Point) -> bool:
    """Whether usage may make something due by itself after `now`, before a period ends."""
    return any(
        (contract.terms.thresholds or item.charge.timing is Timing.IN_ADVANCE)
        and item.charge.kind is ChargeKind.USAGE
        and (item.end is None or item.end > now)
        for item in contract.items
    )


def next_due(contract: Contract, now: Point) -> Point | None:
    """The first moment after `now` at which the contract may owe something new; None: never."""
    points: list[Point] = []
    for item in contract.items:
        for start, end in served(item, contract.pauses):
            if start > now:
                points.append(start)
            if end is not None and end > now:
                points.append(end)
            if start <= now and (end is None or now < end):
                points.append(period_at(item.cycle, now).end)
        if item.end is not None and item.end <= now:
            # A part before a change may wait for the end of its period.
            boundary = period_at(item.cycle, item.end).end
            if boundary > now and item.is_closed_by_change:
                points.append(boundary)
    return min(points, default=None)
