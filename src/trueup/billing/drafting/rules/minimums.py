"""What a period costs at least: of one charge, and of the whole contract.  Pure.

A minimum is settled when its period is over, also for fees in advance, and shrinks with a part of a
period as the fee does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import minimum_of, rounded, shortfall
from trueup.billing.drafting.rules.spans import at_boundaries
from trueup.billing.drafting.rules.usage import windows_due
from trueup.billing.subscriptions.cycle import Reach, full_period, period_at
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.billing.drafting.model import Situation
    from trueup.billing.rating.derivation import Node
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Terms

COUNTED = {LineKind.RECURRING, LineKind.USAGE, LineKind.MINIMUM, LineKind.ADD_ON, LineKind.FIXED}


def minimums_due(case: Situation, drafted: Sequence[DraftLine]) -> Iterator[DraftLine]:
    """For each charge with a minimum and each of its windows: what usage fell short of it.

    drafted: the usage lines of this run, which count as much as those billed.
    """
    for item in case.contract.items:
        if item.charge.minimum is None or item.charge.kind is not ChargeKind.USAGE:
            continue
        for window in windows_due(case, item):
            key = f"{item.key}/minimum/{window.start.isoformat()}"
            if _is_billed(case, item.key, key):
                continue
            counted = [
                line
                for line in _all_lines(case, drafted)
                if line.item == item.key
                and line.kind is LineKind.USAGE
                and line.span is not None
                and line.span.start == window.start
            ]
            full = full_period(item.cycle, window, case.dialect.stub)
            least = minimum_of(item.charge.minimum, item.cycle, window, full, case.dialect)
            yield from _top_up(case, item, key, LineKind.MINIMUM, window, full, least, counted)


def commitments_due(case: Situation, drafted: Sequence[DraftLine]) -> Iterator[DraftLine]:
    """What a period of the plan, or of one that was left, fell short of its minimum commitment.

    Lines count by the time they are for, whenever they were billed.
    """
    by_plan = {terms.plan: terms for terms in (*case.contract.former_terms, case.contract.terms)}
    for terms in by_plan.values():
        for fee in _stints(case.contract, terms.plan):
            yield from _commitments_of(case, terms, fee, drafted)


def _stints(contract: Contract, plan: str) -> Iterator[Item]:
    """The plan's first item, its fee, for each time the plan was in service, until it was left.

    A fee that waits for the end of a trial begins later than the usage beside it.
    """
    served = [i for i in contract.items if i.plan == plan and (i.end is None or i.start < i.end)]
    stints: list[list[Item]] = []
    for item in sorted(served, key=lambda i: i.start):
        if stints and any(i.end is None or i.end >= item.start for i in stints[-1]):
            stints[-1].append(item)
        else:
            stints.append([item])
    for stint in stints:
        ends = [i.end for i in stint if i.end is not None]
        left = max(ends) if len(ends) == len(stint) else None
        yield replace(next(i for i in served if i in stint), end=left)


def _commitments_of(
    case: Situation, terms: Terms, fee: Item, drafted: Sequence[DraftLine]
) -> Iterator[DraftLine]:
    if terms.minimum_commitment is None or fee.start > case.now:
        return
    for window in _closed_periods(case, fee):
        key = f"{case.contract.key}/{terms.plan}/commitment/{window.start.isoformat()}"
        if _is_billed(case, fee.key, key):
            continue
        counted = [
            line
            for line in _all_lines(case, drafted)
            if line.contract == case.contract.key
            and line.plan == terms.plan
            and line.kind in COUNTED
            and line.span is not None
            and window.start <= line.span.start < window.end
        ]
        full = full_period(fee.cycle, window, case.dialect.stub)
        least = minimum_of(terms.minimum_commitment, fee.cycle, window, full, case.dialect)
        yield from _top_up(case, fee, key, LineKind.COMMITMENT, window, full, least, counted)


def _closed_periods(case: Situation, fee: Item) -> Iterator[Reach]:
    final = case.contract.final_bill
    until = period_at(fee.cycle, case.now).start
    if fee.end is not None and (fee.end <= case.now or (final is not None and final <= case.now)):
        until = fee.end
    start = max(fee.start, case.contract.start)
    if not case.dialect.trial_moves_anchor:
        start = max(_plan_start(case, fee), period_at(fee.cycle, start).start)
    if until > start:
        yield from at_boundaries(fee.cycle, Reach(start, until))


def _plan_start(case: Situation, fee: Item) -> Point:
    """From when the plan is in service, whether or not its fee is due yet."""
    changed = (i.end for i in case.contract.items if i.plan != fee.plan and i.is_closed_by_change)
    before = (end for end in changed if end is not None and end <= fee.start)
    return max([case.contract.start, *before])


def _top_up(  # noqa: PLR0913, PLR0917  one line has this many parts
    case: Situation,
    item: Item,
    key: str,
    kind: LineKind,
    window: Reach,
    full: Reach,
    least: Node,
    counted: Sequence[DraftLine],
) -> Iterator[DraftLine]:
    derivation = shortfall(least, counted, case.currency, case.dialect)
    amount = rounded(derivation, case.currency, case.dialect)
    if amount <= 0:
        return
    yield DraftLine(
        key=key,
        kind=kind,
        contract=case.contract.key,
        item=item.key,
        plan=item.plan,
        component=item.charge.code if kind is LineKind.MINIMUM else None,
        span=window,
        full=full,
        derivation=derivation,
        amount_micros=amount,
        tax_percent=item.charge.tax_percent,
    )


def _is_billed(case: Situation, item: str, key: str) -> bool:
    return any(b.line.key == key for b in case.billed.get(item, ()))


def _all_lines(case: Situation, drafted: Sequence[DraftLine]) -> Iterator[DraftLine]:
    for lines in case.billed.values():
        yield from (b.line for b in lines)
    yield from drafted
