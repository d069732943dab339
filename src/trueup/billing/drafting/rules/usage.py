"""Usage: each window once when it closes, and the difference when late events change it (B28).

A window is the part of a natural period in which an item was in service.  What was billed for it is
compared with what it comes to now, so that neither a late event nor usage that was billed before
its window closed needs a case of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import difference, rounded, usage_price
from trueup.billing.drafting.rules.fees import due_until
from trueup.billing.drafting.rules.measuring import ZERO, Measured, measured, within_horizon
from trueup.billing.drafting.rules.spans import at_boundaries
from trueup.billing.rating.derivation import Flat, Max
from trueup.billing.rating.model import CapacityPrice, MatrixPrice, PercentagePrice
from trueup.billing.subscriptions.cycle import Reach, full_period, period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.billing.drafting.model import Situation, UsageEvent
    from trueup.billing.rating.derivation import Node
    from trueup.billing.subscriptions.contract import Item

USAGE: Final = "usage"
AHEAD: Final = "ahead"
"""In keys of lines: billed when its window closed, and before."""
SHOWN: Final = Decimal("0.000001")


def usage_due(case: Situation) -> Iterator[DraftLine]:
    """Usage of every window that is due, and of those billed before as far as they changed.

    None of windows that begin before `asked_from`.
    """
    for item in case.contract.items:
        if item.charge.kind is ChargeKind.USAGE:
            for window in windows_due(case, item):
                if case.asked_from is not None and window.start < case.asked_from:
                    continue
                line = usage_line(case, item, window)
                if line is not None:
                    yield line


def windows_due(case: Situation, item: Item) -> Iterator[Reach]:
    """The windows of `item` that are billable by now, billed before or not, in order."""
    for start, end in served(item, case.contract.pauses):
        until = due_until(case, item, start, end)
        if until is not None and until > start:
            for window in at_boundaries(item.cycle, Reach(start, until)):
                if not _passes_on(case, item, window) or _billed_for(case, item, window):
                    yield window
    if item.start == item.end and item.start <= case.now and _counts_its_day(case, item):
        yield Reach(item.start, item.start)


def _counts_its_day(case: Situation, item: Item) -> bool:
    """Whether an item that ends on the day it starts has usage of that day."""
    is_last = item.end == case.contract.final_bill and case.dialect.counts_usage_of_last_day
    return is_last or any(e.plan == item.plan and e.at == item.end for e in case.usage)


def used_in(case: Situation, item: Item, window: Reach) -> Measured:
    """What `item` used in the window, without what came too late to be billed."""
    dialect = case.dialect
    horizon = dialect.late_usage_periods
    is_left = _passes_on(case, item, window)
    events = (
        e
        for e in (() if is_left else case.usage)
        if (e.plan in {None, item.plan} or _is_taken_over(e, item))
        and within_horizon(e, item.cycle, horizon)
    )
    if item.end is not None and window.end > item.end:
        ended = item.end
        events = (e for e in events if e.at < ended or (e.at == ended and e.plan == item.plan))
    if window.start == item.start and _is_charged_ahead(case, item):
        events = (e for e in events if e.at >= item.start and e.plan in {None, item.plan})
    is_last = window.end == item.end == case.contract.final_bill
    counts_last_day = is_last and dialect.counts_usage_of_last_day
    return measured(
        item,
        events,
        window,
        full_period(item.cycle, window, dialect.stub),
        dialect.proration,
        counts_until=case.contract.cancelled if counts_last_day else None,
    )


def _is_taken_over(event: UsageEvent, item: Item) -> bool:
    """Whether what an earlier plan saw used stands on with the charge of `item` (B27)."""
    return item.charge.carries_over and event.at <= item.start


def _is_charged_ahead(case: Situation, item: Item) -> bool:
    """Whether the plan before charged the period ahead for what stands: never twice (B30)."""
    return item.charge.timing is Timing.IN_ADVANCE and any(
        _is_followed(old, item) for old in case.contract.items
    )


def _passes_on(case: Situation, item: Item, window: Reach) -> bool:
    """Whether the plan after charges the whole period for what stands: never twice (B30)."""
    charge = item.charge
    if charge.timing is not Timing.IN_ARREARS or charge.is_prorated or window.end != item.end:
        return False
    is_cut = window.end < period_at(item.cycle, window.start).end
    return is_cut and any(
        _is_followed(item, new) and not new.charge.is_prorated for new in case.contract.items
    )


def _is_followed(old: Item, new: Item) -> bool:
    """Whether `new` goes on with what stands under `old`, from a change of plan on."""
    return (
        new.charge.carries_over
        and old.charge.carries_over
        and old.is_closed_by_change
        and old.end == new.start > old.start
        and (old.charge.meter, old.charge.timing) == (new.charge.meter, new.charge.timing)
    )


def usage_line(
    case: Situation, item: Item, window: Reach, *, is_ahead: bool = False
) -> DraftLine | None:
    """The line that brings what is billed for the window to what it used; None if it is there.

    is_ahead: the window is still open.  What was billed ahead of its end is closed by a line of
    its own, even over nothing.
    """
    before = _billed_for(case, item, window)
    if before and item.charge.timing is Timing.IN_ADVANCE:
        # What was charged ahead stays charged when the service ends before.
        window = window._replace(end=max(window.end, *(span.end for _, span in before)))
    used = used_in(case, item, window)
    if not before and not used.events and item.charge.timing is Timing.IN_ADVANCE:
        return None
    is_closed = is_ahead or not before or not all(is_billed_ahead(x) for x, _ in before)
    quantity = _quantity(used) - sum((x.quantity or ZERO for x, _ in before), ZERO)
    if before and is_closed and not quantity and _follows_quantity(item, used):
        return None
    full = full_period(item.cycle, window, case.dialect.stub)
    price = usage_price(item, used, window, full, case.dialect)
    rest, amount = _not_billed(price, [x for x, _ in before], case)
    if before and is_closed and not amount:
        return None
    lead = AHEAD if is_ahead else USAGE
    return DraftLine(
        key=f"{item.key}/{lead}/{window.start.isoformat()}/{_next_number(before)}",
        kind=LineKind.USAGE,
        contract=case.contract.key,
        item=item.key,
        plan=item.plan,
        component=item.charge.code,
        span=window,
        full=full,
        derivation=rest,
        amount_micros=amount,
        quantity=quantity,
        tax_percent=item.charge.tax_percent,
    )


def _not_billed(price: Node, before: Sequence[DraftLine], case: Situation) -> tuple[Node, int]:
    """What `price` is more than the lines that billed part of it; less, if that is given back."""
    rest = difference(price, before)
    amount = rounded(price, case.currency, case.dialect)
    amount -= sum(line.amount_micros for line in before)
    if before and amount < 0 and case.dialect.keeps_billed_usage:
        return Max((Flat(ZERO), rest)), 0
    return rest, amount


def is_billed_ahead(line: DraftLine) -> bool:
    """Whether a line of usage was billed before its window closed."""
    return f"/{AHEAD}/" in line.key


def _quantity(used: Measured) -> Decimal:
    """What was used, as lines say it."""
    if used.divisor == 1:
        return used.quantity
    return used.divided().quantity.quantize(SHOWN)


def _follows_quantity(item: Item, used: Measured) -> bool:
    """Whether the same quantity always costs the same, so that nothing has to be priced again."""
    by_event = isinstance(item.charge.price.model, PercentagePrice | MatrixPrice | CapacityPrice)
    return used.divisor == 1 and not by_event


def number_of(line: DraftLine) -> int:
    """Lines of one window are counted; the last has the largest number."""
    return int(line.key.rpartition("/")[2])


def _next_number(before: Sequence[tuple[DraftLine, Reach]]) -> int:
    """Above those of all lines that billed the window: keys never repeat (B39)."""
    return max((number_of(x) for x, _ in before), default=-1) + 1


def _billed_for(case: Situation, item: Item, window: Reach) -> list[tuple[DraftLine, Reach]]:
    """Lines for the window, each with its span, which was longer if its end has been agreed since.

    Windows of an item do not overlap: where one starts says which it is.
    """
    return [
        (b.line, span)
        for b in case.billed.get(item.key, ())
        if b.line.kind is LineKind.USAGE
        and (span := b.line.span) is not None
        and span.start == window.start
    ]
