"""What an order of a customer comes to, worked out before anything is stored.  Pure.

`timeline` knows spans; this knows plans, dates and the dialect's conventions, and asks it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import (
    Anchor,
    Cadence,
    Grid,
    Interval,
    Recurrence,
    Timing,
)
from trueup.billing.calendar.rules.alignment import calendar_aligned, next_cycle_day
from trueup.billing.calendar.rules.recurrence import recurrence_from
from trueup.billing.calendar.rules.zones import instant_at, local_date
from trueup.billing.dialect.model import Start
from trueup.billing.rating.rules.execution import exact
from trueup.billing.rating.rules.rating import priced
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.cycle import (
    anchored_anew,
    period_at,
    starting_at,
    with_cadence,
)
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.rules.phases import first_fee_of, phase_edges
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from datetime import tzinfo

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms

DAY: Final = timedelta(days=1)
MONTHLY: Final = Cadence(Interval.MONTH)


@dataclass(frozen=True, slots=True)
class Opening:
    """A new subscription as it was asked for.

    billing_from: from when fees are due, if not from the start.  anchor: where its periods hang, if
    not where the dialect says.  cycle_day: the day of the month, for an anchor of the account.
    tried_from: when the customer who comes back had the plan first, where trials are given once.
    """

    key: str
    customer: str
    terms: Terms
    start: Point
    quantity: Decimal = Decimal(1)
    billing_from: Point | None = None
    anchor: Start | None = None
    cycle_day: int | None = None
    end: Point | None = None
    bundle: str | None = None
    tried_from: Point | None = None


def opened(opening: Opening, dialect: Dialect, where: tzinfo) -> Contract:
    """The contract that `opening` asks for."""
    terms, start = opening.terms, opening.start
    edges = phase_edges(terms, start)
    trial_end = trial_end_of(opening)
    first_paid = max(first_fee_of(terms, edges, start), trial_end or start)
    first_fee = max(first_paid, opening.billing_from or start)
    if opening.billing_from is not None and opening.billing_from > start:
        trial_end = opening.billing_from
    order = timeline.Order(
        key=opening.key,
        customer=opening.customer,
        terms=terms,
        start=start,
        cycle=_cycle(opening, dialect, where, first_paid, first_fee),
        quantity=opening.quantity,
        phase_edges=edges,
        trial_end=trial_end,
        end=opening.end,
        end_cuts_price=dialect.end_date_cuts_price,
        bundle=opening.bundle,
    )
    return timeline.open_contract(order)


def trial_end_of(opening: Opening) -> Point | None:
    """When its free trial ends; None without one, or if it was over before."""
    days = opening.terms.trial_days
    end = (opening.tried_from or opening.start) + DAY * days
    return end if days and end > opening.start else None


def changed(
    contract: Contract, terms: Terms, effective: Point, dialect: Dialect, settlement: Settlement
) -> Contract:
    """`contract` under `terms` from `effective`, settled so (B32).  Raises ServiceEnded.

    A customer is tried out once: the new plan's trial is no second one, but counts from the first
    day of all (B34).
    """
    cycle = contract.cycle if terms.cadence is None else with_cadence(contract.cycle, terms.cadence)
    is_other = dialect.new_cadence_starts_anew and cycle != contract.cycle
    ends_trial = dialect.change_ends_trial and is_tried_out(contract, effective)
    if settlement is Settlement.RESET or is_other or ends_trial:
        cycle = starting_at(cycle, effective)
    elif dialect.anchors_anew:
        cycle = anchored_anew(cycle, effective)
    return timeline.change_terms(
        contract,
        terms,
        effective,
        phase_edges(terms, contract.origin),
        cycle,
        keeps_unchanged=dialect.keeps_unchanged,
        bills_once=dialect.bills_once_on_change,
        trial_end=trial_end_after(contract, terms, effective, dialect),
        settlement=settlement,
    )


def trial_end_after(
    contract: Contract, terms: Terms, effective: Point, dialect: Dialect
) -> Point | None:
    """When a free trial ends that goes on under `terms`; None where it is over with the change."""
    end = contract.start + DAY * terms.trial_days
    return end if end > effective and not dialect.change_ends_trial else None


def is_tried_out(contract: Contract, on: Point) -> bool:
    """Whether a free trial that is no phase of its plan still runs."""
    return contract.start + DAY * contract.terms.trial_days > on


def going_on(contract: Contract, now: Point) -> Contract:
    """`contract` without a cancellation that is still to come: who orders anew stays (B35)."""
    is_to_come = contract.cancelled is not None and contract.cancelled > now
    return ending.uncancel(contract, now) if is_to_come and contract.ordered_items else contract


def quantity_changed(
    contract: Contract, quantity: Decimal, effective: Point, now: Point
) -> Contract:
    """`contract` with another quantity; a cancellation that is agreed stays agreed.

    Raises ServiceEnded.
    """
    if contract.cancelled is None or contract.cancelled <= now:
        return timeline.change_quantity(contract, quantity, effective)
    kept = timeline.change_quantity(ending.uncancel(contract, now), quantity, effective)
    return ending.cancel(
        kept,
        contract.cancelled,
        final_bill=contract.final_bill,
        keeps_prepaid=contract.keeps_prepaid,
        cuts_price=not any(
            item.costs_full_last_period and item.end == contract.cancelled
            for item in contract.items
        ),
    )


def cancelled(contract: Contract, effective: Point, dialect: Dialect, *, is_now: bool) -> Contract:
    """`contract` ended at `effective`, settled as the dialect does (B31, B35).

    is_now: at once, where the day itself may still count.
    """
    final = None
    if is_now and dialect.bills_last_day:
        final, effective = effective, effective + DAY
    return ending.cancel(
        contract,
        max(effective, contract.start),
        final_bill=final,
        keeps_prepaid=not dialect.credits_at_end,
        cuts_price=dialect.end_date_cuts_price,
    )


def end_of_period(contract: Contract, now: Point, *, arrears_end_now: bool = False) -> Point:
    """When the running period of its fees ends.

    arrears_end_now: at once, where all of them are in arrears: nothing is paid that is left.
    """
    fees = [
        item
        for item in contract.items
        if item.charge.kind is ChargeKind.RECURRING and (item.end is None or item.end > now)
    ]
    if arrears_end_now and all(item.charge.timing is Timing.IN_ARREARS for item in fees):
        return now
    running = [item for item in fees if item.start <= now]
    if not running and fees:
        return fees[0].start
    return period_at(running[0].cycle if running else contract.cycle, now).end


def on_cycle_day(cycle: Grid | Recurrence, start: Point, day: int) -> tuple[Cycle, Point]:
    """`cycle` on another day of the month, and the first boundary on it from `start` on.

    By instants, boundaries keep their time of day.  Raises CycleDayImpossible.
    """
    if isinstance(cycle, Grid):
        first = next_cycle_day(start, day)
        return Grid(cycle.cadence, Anchor(first.year, first.month, day)), first
    check(isinstance(start, datetime), "a cycle of instants turns at an instant", start=start)
    on = local_date(start, cycle.zone)  # type: ignore[arg-type]  # checked in the line above
    first = next_cycle_day(on, day)
    if instant_at(first, cycle.at, cycle.zone) < start:
        first = next_cycle_day(on + DAY, day)
    grid = Grid(cycle.grid.cadence, Anchor(first.year, first.month, day))
    return replace(cycle, grid=grid), instant_at(first, cycle.at, cycle.zone)


def _cycle(
    opening: Opening, dialect: Dialect, where: tzinfo, first_paid: Point, first_fee: Point
) -> Cycle:
    """The natural periods of a new subscription.

    first_paid: where a trial ends, else the start.  first_fee: or when billing is to begin later.
    """
    cadence = opening.terms.cadence or MONTHLY
    kind = opening.anchor or dialect.start
    own = first_paid if dialect.trial_moves_anchor else opening.start
    if dialect.counts_instants:
        return _cycle_of_instants(cadence, kind, max(own, opening.billing_from or own), where)
    if opening.cycle_day is not None:
        first = next_cycle_day(first_fee, opening.cycle_day)
        return Grid(cadence, Anchor(first.year, first.month, opening.cycle_day))
    if kind is Start.CALENDAR:
        return calendar_aligned(cadence, opening.start)
    return Grid(cadence, Anchor.on(own if kind is Start.ANNIVERSARY else first_fee))


def _cycle_of_instants(cadence: Cadence, kind: Start, own: Point, where: tzinfo) -> Recurrence:
    check(isinstance(own, datetime), "a cycle of instants turns at an instant", start=own)
    if kind is Start.CALENDAR:
        return Recurrence(calendar_aligned(cadence, local_date(own, where)), where)  # type: ignore[arg-type]  # checked above
    return recurrence_from(cadence, own, where)  # type: ignore[arg-type]  # checked above


def fees_of(terms: Terms) -> Decimal:
    """What the recurring fees of the last phase cost for one unit, to tell up from down."""
    fees = [c for c in terms.phases[-1].charges if c.kind is ChargeKind.RECURRING]
    return sum((_amount(charge) for charge in fees), Decimal(0))


def _amount(charge: Charge) -> Decimal:
    ratio = exact(priced(charge.price, Decimal(1)))
    return Decimal(ratio[0]) / Decimal(ratio[1])
