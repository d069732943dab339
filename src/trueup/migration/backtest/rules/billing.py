"""One bill again, by the engine's own rules: what is owed, what stands beside it, what it comes to.

Nothing here decides how anything is billed: `drafting` does, for live customers and for this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import DraftLine, LineKind, Situation, UsageEvent
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.assembly import Surroundings, assembled
from trueup.billing.drafting.rules.due import lines_due, next_due
from trueup.billing.subscriptions.contract import Contract, Item
from trueup.billing.subscriptions.cycle import Point, Reach
from trueup.billing.subscriptions.rules.recording import instant_of, point_of
from trueup.billing.taxes.model import TaxRate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.drafting.model import DraftInvoice
    from trueup.billing.subscriptions.cycle import Cycle
    from trueup.kernel.clock import Instant
    from trueup.migration.backtest.model import Case, Line, Sold, Used

PPM: Final = 1_000_000
ONE: Final = Decimal(1)
LOOKS_MAX: Final = 24
"""How often the next due moment may owe nothing before none is believed to come."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line we would bill and the one the source billed for it; either may be missing."""

    ours: DraftLine | None
    theirs: Line | None


@dataclass(frozen=True, slots=True)
class Again:
    """A bill made again.

    pairs: lines of the contract.  given: lines of no contract, taken as they are.
    earlier: what is owed of periods before the document's.  due_at: when the first line fell due.
    """

    pairs: tuple[Pair, ...]
    given: tuple[Line, ...]
    earlier: tuple[DraftLine, ...]
    draft: DraftInvoice
    due_at: Instant | None


def billed_again(case: Case) -> Again:
    """The bill of `case`, beside the lines of its document that no contract explains."""
    owed = owed_lines(case)
    starts = _point(case, case.document.period_start)
    earlier = [
        x for x in owed if starts is not None and x.span is not None and x.span.end <= starts
    ]
    lines = [x for x in owed if x not in earlier] if earlier else owed
    pairs, left = matched(lines, case)
    # Where we owe nothing, nothing of the source's is given: it must be explained.
    given = left if lines else ()
    if not lines:
        pairs = tuple(Pair(None, line) for line in left)
    due = due_at(case, lines)
    return Again(pairs, given, tuple(earlier), _assembled(case, pairs, given, due), due)


def given_alone(case: Case) -> Again:
    """The bill of a document without contract: all of its lines as they are."""
    lines = case.document.lines
    return Again((), lines, (), _assembled(case, (), lines, None), None)


def owed_lines(case: Case) -> list[DraftLine]:
    """What the contract of `case` owes at its moment."""
    return lines_due(situation(case))


def next_bill(case: Case) -> tuple[Instant, list[DraftLine]] | None:
    """When the contract owes something from its moment on, and what; None: nothing to come."""
    for _ in range(LOOKS_MAX):
        here = situation(case)
        lines = lines_due(here)
        if lines:
            due = due_at(case, lines)
            return (due or case.at), lines
        following = next_due(here.contract, here.now)
        if following is None:
            return None
        case = replace(case, at=instant_of(following, case.sold.zone))
    return None


def situation(case: Case) -> Situation:
    return Situation(
        contract=contract_of(case),
        billed={},
        usage=tuple(_event(case, each) for each in case.usage) if case.usage else (),
        now=_there(case, case.at),
        currency=case.sold.currency,
        dialect=case.dialect,
    )


def contract_of(case: Case) -> Contract:
    """The contract as the source had billed it, handed over at `case.through`."""
    sold = case.sold
    cycle = cycle_in(case)
    start = _there(case, case.through or sold.begins)
    end = None if case.ends_at is None else max(_there(case, case.ends_at), start)
    key = str(sold.subscription_id)
    return Contract(
        key=key,
        customer=str(sold.customer_id),
        terms=sold.terms,
        quantity=ONE,
        start=start,
        origin=start,
        cycle=cycle,
        items=tuple(
            Item(
                key=f"{key}/{item.position}",
                plan=item.plan,
                charge=item.charge,
                quantity=item.quantity if item.charge.is_per_unit else ONE,
                start=start,
                end=end,
                cycle=cycle,
                costs_full_last_period=not case.dialect.end_date_cuts_price,
            )
            for item in sold.items
        ),
        cancelled=end,
        keeps_prepaid=not case.dialect.credits_at_end,
    )


def cycle_in(case: Case) -> Cycle:
    """The natural periods on the axis of the dialect."""
    return case.sold.cycle if case.dialect.counts_instants else case.sold.cycle.grid


def is_metered(sold: Sold) -> bool:
    """Whether all of it is billed by use."""
    return all(item.charge.meter is not None for item in sold.items)


def matched(lines: Sequence[DraftLine], case: Case) -> tuple[tuple[Pair, ...], tuple[Line, ...]]:
    """Each of ours with the line of the document that it is, and the document's other lines.

    First those that agree in amount and period, then in period, then whatever charges something.
    """
    left = list(case.document.lines)
    found: dict[str, Line] = {}
    for agrees in (_agrees, _same_time, _charges):
        for line in lines:
            if line.key in found:
                continue
            theirs = next((each for each in left if agrees(case, line, each)), None)
            if theirs is not None:
                found[line.key] = theirs
                left.remove(theirs)
    return tuple(Pair(line, found.get(line.key)) for line in lines), tuple(left)


def reach_of(case: Case, theirs: Line) -> Reach | None:
    """The period of a line on the axis of the dialect."""
    start, end = _point(case, theirs.period_start), _point(case, theirs.period_end)
    return None if start is None or end is None else Reach(start, end)


def _agrees(case: Case, ours: DraftLine, theirs: Line) -> bool:
    return ours.amount_micros == theirs.amount_micros and _same_time(case, ours, theirs)


def _same_time(case: Case, ours: DraftLine, theirs: Line) -> bool:
    return theirs.amount_micros >= 0 and ours.span == reach_of(case, theirs)


def _charges(case: Case, ours: DraftLine, theirs: Line) -> bool:  # noqa: ARG001  one of three questions
    return theirs.amount_micros >= 0


def invoice_of(case: Case, lines: Sequence[DraftLine]) -> DraftInvoice:
    """What `lines` of the contract come to at the moment of `case`; without tax."""
    around = Surroundings(
        currency=case.sold.currency, dialect=case.dialect, at=case.at, discounts=case.discounts
    )
    return assembled(lines, around, {}, {})


def _assembled(
    case: Case, pairs: Sequence[Pair], given: Sequence[Line], due: Instant | None
) -> DraftInvoice:
    common = next((rate for line in case.document.lines if (rate := _rates(line.tax_rate))), ())
    lines: list[DraftLine] = []
    rates: dict[str, tuple[TaxRate, ...]] = {}
    for pair in pairs:
        if pair.ours is not None:
            lines.append(pair.ours)
            rates[pair.ours.key] = _rates(pair.theirs.tax_rate) if pair.theirs else common
    for number, line in enumerate(given):
        added = _given_line(number, line)
        lines.append(added)
        rates[added.key] = _rates(line.tax_rate)
    if case.nets_credits:
        lines = _netted(lines)
    around = Surroundings(
        currency=case.sold.currency,
        dialect=case.dialect,
        at=due or case.at,
        discounts=case.discounts,
    )
    return assembled(lines, around, {}, rates)


def _netted(lines: Sequence[DraftLine]) -> list[DraftLine]:
    """Lines with what gives back taken off the first that charges enough."""
    kept = [line for line in lines if line.amount_micros >= 0]
    for credit in (line for line in lines if line.amount_micros < 0):
        enough = (n for n, line in enumerate(kept) if line.amount_micros >= -credit.amount_micros)
        place = next(enough, None)
        if place is None:
            return list(lines)
        before = kept[place]
        kept[place] = replace(before, amount_micros=before.amount_micros + credit.amount_micros)
    return kept


def _given_line(number: int, line: Line) -> DraftLine:
    return DraftLine(
        key=f"given/{number}",
        kind=LineKind.ADJUSTMENT,
        contract=None,
        item=None,
        plan=None,
        component=None,
        span=None,
        full=None,
        derivation=flat(line.amount_micros),
        amount_micros=line.amount_micros,
    )


def due_at(case: Case, lines: Sequence[DraftLine]) -> Instant | None:
    """When the last of `lines` fell due: at the start of what is in advance, else at its end."""
    in_advance = {
        f"{case.sold.subscription_id}/{item.position}": item.charge.timing is Timing.IN_ADVANCE
        for item in case.sold.items
    }
    points = [
        line.span.start if in_advance.get(line.item or "", True) else line.span.end
        for line in lines
        if line.span is not None
    ]
    return instant_of(max(points), case.sold.zone) if points else None


def _event(case: Case, used: Used) -> UsageEvent:
    at = _there(case, used.occurred_at)
    return UsageEvent(used.meter, at, at, used.quantity)


@lru_cache(maxsize=1024)  # a tenant has a few dozen rates
def _rates(rate: Decimal | None) -> tuple[TaxRate, ...]:
    return () if not rate else (TaxRate("tax", "", int(rate * PPM)),)


def _there(case: Case, instant: Instant) -> Point:
    return point_of(instant, case.sold.zone, counts_instants=case.dialect.counts_instants)


def _point(case: Case, instant: Instant | None) -> Point | None:
    return None if instant is None else _there(case, instant)
