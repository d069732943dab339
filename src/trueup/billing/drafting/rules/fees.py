"""Fees that recur: what should be billed by now less what is, as lines and credits (B31, B39).

Nothing here asks what happened.  A change, a pause, a backdated cancellation and a renewal are one
computation: the spans in service against the spans billed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import ArrearsAtChange, CreditBasis
from trueup.billing.drafting.model import BilledLine, DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import (
    fee,
    flat,
    less_billed,
    negated,
    part_of,
    rounded,
    share_of_billed,
)
from trueup.billing.drafting.rules.included import at_most_unused
from trueup.billing.drafting.rules.spans import at_boundaries, without
from trueup.billing.rating.derivation import Min
from trueup.billing.subscriptions.cycle import Reach, full_period, period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.drafting.model import Situation
    from trueup.billing.rating.derivation import Node
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Point

RECURRING = {ChargeKind.RECURRING: LineKind.RECURRING, ChargeKind.ADD_ON: LineKind.ADD_ON}
AT_START = {ChargeKind.FIXED: LineKind.FIXED, ChargeKind.ONE_OFF: LineKind.ONE_OFF}


def fees_due(case: Situation) -> Iterator[DraftLine]:
    """Fees that are due and not billed, in the order of items and time."""
    for item in case.contract.items:
        if item.charge.kind in RECURRING:
            yield from _recurring_due(case, item)
        elif item.charge.kind in AT_START:
            yield from _due_at_start(case, item)


def credits_due(case: Situation) -> Iterator[DraftLine]:
    """What was billed for time that is no longer in service, given back."""
    for item in case.contract.items:
        if not _is_given_back(case, item):
            continue
        if item.charge.kind in RECURRING:
            for billed in _fees_billed(case, item):
                yield from _credits_of(case, item, billed)


def _is_given_back(case: Situation, item: Item) -> bool:
    if item.charge.kind is ChargeKind.ADD_ON and not case.dialect.credits_add_ons:
        return False
    ends_with_contract = item.end == case.contract.cancelled and not item.is_closed_by_change
    return not (case.contract.keeps_prepaid and ends_with_contract)


def due_until(case: Situation, item: Item, start: Point, end: Point | None) -> Point | None:
    """Until when service over `[start, end)` is billable by now; None: not at all yet."""
    if start > case.now:
        return None
    natural = period_at(item.cycle, case.now)
    if item.charge.timing is Timing.IN_ADVANCE or case.is_ahead:
        return natural.end if end is None else min(natural.end, end)
    if end is not None and _is_over(case, item, end):
        return end
    return natural.start if end is None else min(natural.start, end)


def _is_over(case: Situation, item: Item, end: Point) -> bool:
    """Whether service that ends at `end` is settled now, or only with the period it lies in."""
    if is_settled(case):
        return True
    if end > case.now:
        return False
    waits = case.dialect.arrears_at_change is ArrearsAtChange.AT_RENEWAL
    if item.is_closed_by_change and waits and end == item.end:
        return period_at(item.cycle, end).start == end or (
            period_at(item.cycle, end).end <= case.now
        )
    return True


def is_settled(case: Situation) -> bool:
    """Whether everything of the contract is due: its last day is used up or reached."""
    final = case.contract.final_bill
    return final is not None and final <= case.now


def _recurring_due(case: Situation, item: Item) -> Iterator[DraftLine]:
    covered = [
        part
        for billed in _fees_billed(case, item)
        if billed.line.span is not None
        for part in without(billed.line.span, billed.given_back)
    ]
    for start, end in served(item, case.contract.pauses):
        until = due_until(case, item, start, end)
        if until is None or until <= start:
            continue
        for gap in without(Reach(start, until), covered):
            for part in at_boundaries(item.cycle, gap):
                yield _fee_line(case, item, part)


def _fees_billed(case: Situation, item: Item) -> Iterator[BilledLine]:
    """Billed lines of the fee itself; a commitment that was topped up covers no time."""
    kind = RECURRING[item.charge.kind]
    return (b for b in case.billed.get(item.key, ()) if b.line.kind is kind)


def _fee_line(case: Situation, item: Item, part: Reach) -> DraftLine:
    full = full_period(item.cycle, part, case.dialect.stub)
    price = fee(item, case.dialect)
    keeps_price = not item.charge.is_prorated or (
        part.end == item.end and not item.is_closed_by_change and item.costs_full_last_period
    )
    derivation = price if keeps_price else part_of(price, item.cycle, part, full, case.dialect)
    if item.replaces is not None and item.charge.is_prorated and part.start == item.start:
        derivation = less_billed(derivation, _billed_after(case, item, part.start), case)
    kind = RECURRING[item.charge.kind]
    return DraftLine(
        key=_key(case, item, f"{item.key}/{kind}/{part.start.isoformat()}"),
        kind=kind,
        contract=case.contract.key,
        item=item.key,
        plan=item.plan,
        component=item.charge.code,
        span=part,
        full=full,
        derivation=derivation,
        amount_micros=rounded(derivation, case.currency, case.dialect),
        quantity=item.quantity,
        tax_percent=item.charge.tax_percent,
    )


def _key(case: Situation, item: Item, key: str) -> str:
    """`key`, told apart from lines of the same start that were given back since (B39)."""
    before = sum(1 for row in _fees_billed(case, item) if row.line.key.startswith(key))
    return f"{key}/{before}" if before else key


def _billed_after(case: Situation, item: Item, point: Point) -> list[Node]:
    """What was billed for the item it takes over, for time from `point` on, as if given back."""
    return [
        at_most_unused(
            case,
            old,
            b,
            share_of_billed(
                b, item.cycle, Reach(max(point, b.line.span.start), b.line.span.end), case.dialect
            ),
            b.left_micros,
        )
        for old in case.contract.items
        if old.key == item.replaces
        for b in case.billed.get(old.key, ())
        if b.line.span is not None and b.line.span.end > point
    ]


def _due_at_start(case: Situation, item: Item) -> Iterator[DraftLine]:
    if item.start > case.now or case.billed.get(item.key):
        return
    derivation = fee(item, case.dialect)
    span = None
    if item.charge.kind is ChargeKind.FIXED and item.end is not None:
        span = Reach(item.start, item.end)
    yield DraftLine(
        key=f"{item.key}/{item.charge.kind}/{item.start.isoformat()}",
        kind=AT_START[item.charge.kind],
        contract=case.contract.key,
        item=item.key,
        plan=item.plan,
        component=item.charge.code,
        span=span,
        full=span,
        derivation=derivation,
        amount_micros=rounded(derivation, case.currency, case.dialect),
        quantity=item.quantity,
        tax_percent=item.charge.tax_percent,
    )


def _credits_of(case: Situation, item: Item, billed: BilledLine) -> Iterator[DraftLine]:
    """Credits for the parts of a billed line out of service; at most what is left of it."""
    span = billed.line.span
    if span is None or (item.end is not None and item.costs_full_last_period):
        return
    in_service = [
        Reach(start, end if end is not None else max(span.end, start))
        for start, end in served(item, case.contract.pauses)
        if end is None or start < end
    ]
    left = billed.left_micros
    for standing in without(span, billed.given_back):
        for unused in without(standing, in_service):
            if unused.start > case.now and not is_settled(case):
                continue
            line = _credit_line(case, item, billed, unused, left)
            left += line.amount_micros
            yield line


def _credit_line(
    case: Situation, item: Item, billed: BilledLine, unused: Reach, left: int
) -> DraftLine:
    """One credit: of the line that was billed, or of the full price, by the dialect (B31).

    Usage that the fee included and that is used up is not given back (B33).
    """
    full = billed.line.full or unused
    if case.dialect.credit_basis is CreditBasis.LIST_PRICE or billed.line.span == full:
        derivation = part_of(fee(item, case.dialect), item.cycle, unused, full, case.dialect)
    else:
        derivation = share_of_billed(billed, item.cycle, unused, case.dialect)
    derivation = at_most_unused(case, item, billed, derivation, left)
    amount = rounded(derivation, case.currency, case.dialect)
    if amount > left:
        derivation, amount = Min((derivation, flat(left))), left
    return DraftLine(
        key=f"{billed.line.key}/credit/{unused.start.isoformat()}",
        kind=LineKind.CREDIT,
        contract=case.contract.key,
        item=item.key,
        plan=billed.line.plan,
        component=item.charge.code,
        span=unused,
        full=full,
        derivation=negated(derivation),
        amount_micros=-amount,
        quantity=item.quantity,
        gives_back=billed.line.key,
        tax_percent=billed.line.tax_percent,
    )
