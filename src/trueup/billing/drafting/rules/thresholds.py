"""Usage that is invoiced before its period ends, each time it crosses a threshold.  Pure.

Such an invoice bills a part of the running window; what closes the window bills the difference.
Thresholds are reached by all usage in arrears since the contract began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.usage import usage_line
from trueup.billing.subscriptions.cycle import Reach, period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.currency import MICROS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from trueup.billing.drafting.model import DraftLine, Situation
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Threshold


def threshold_lines(case: Situation) -> list[DraftLine]:
    """Lines that bill usage up to now, where it has crossed a threshold since the last bill."""
    thresholds = case.contract.terms.thresholds
    if not thresholds:
        return []
    items = [i for i in case.contract.items if _is_in_arrears(i)]
    lines = [line for item in items for line in _running(case, item)]
    settled = sum(
        b.line.amount_micros
        for item in items
        for b in case.billed.get(item.key, ())
        if b.line.kind is LineKind.USAGE
    )
    used = settled + sum(line.amount_micros for line in lines)
    return lines if _crossed(thresholds, used) > _crossed(thresholds, settled) else []


def _is_in_arrears(item: Item) -> bool:
    """Whether its usage would wait for the end of its period; in advance it is billed at once."""
    return item.charge.kind is ChargeKind.USAGE and item.charge.timing is Timing.IN_ARREARS


def _running(case: Situation, item: Item) -> Iterator[DraftLine]:
    """What the window of `item` that runs now is short of, if anything."""
    for start, end in served(item, case.contract.pauses):
        if start <= case.now and (end is None or case.now < end):
            window = _window(item, case.now, start, end)
            line = usage_line(case, item, window, is_ahead=True)
            if line is not None and line.amount_micros:
                yield line


def _window(item: Item, now: Point, start: Point, end: Point | None) -> Reach:
    natural = period_at(item.cycle, now)
    return Reach(max(natural.start, start), natural.end if end is None else min(natural.end, end))


def _crossed(thresholds: Sequence[Threshold], micros: int) -> int:
    """How many thresholds `micros` of usage has reached."""
    plain = sorted(_micros(t.amount) for t in thresholds if not t.is_recurring)
    crossed = sum(1 for at in plain if at <= micros)
    every = next((_micros(t.amount) for t in thresholds if t.is_recurring), None)
    last = plain[-1] if plain else 0
    if every and micros >= last:
        crossed += (micros - last) // every
    return crossed


def _micros(amount: Decimal) -> int:
    return int(amount * MICROS)
