"""The periods of a schedule: a partial first one, whole ones, a partial last one; which are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from trueup.billing.calendar.model import BillingPeriod, Grid, Schedule, Span, Stub, Timing
from trueup.billing.calendar.rules.stepping import boundary, index_at, step

if TYPE_CHECKING:
    from collections.abc import Iterator


def billing_period_containing(schedule: Schedule, on: date) -> BillingPeriod | None:
    """The period billed for `on`, or None where the schedule does not reach."""
    if on < schedule.start or (schedule.end is not None and on >= schedule.end):
        return None
    return _billing_period(schedule, index_at(schedule.grid, on))


def billing_periods(schedule: Schedule, until: date) -> Iterator[BillingPeriod]:
    """Every period that starts before `until`, in order, without gap or overlap."""
    until = until if schedule.end is None else min(until, schedule.end)
    n = index_at(schedule.grid, schedule.start)
    while max(boundary(schedule.grid, n), schedule.start) < until:  # n grows, so the dates do
        yield _billing_period(schedule, n)
        n += 1


def due_periods(
    schedule: Schedule, run_on: date, timing: Timing, *, after: date | None = None
) -> list[BillingPeriod]:
    """What a run on that date bills, oldest first; each period once if `after` moves on (B11).

    In advance: periods that have begun.  In arrears: those that have ended, be it by the end of
    the schedule.  after: charged through; periods that start before it are left out.
    """
    following = date.fromordinal(run_on.toordinal() + 1)
    begun = billing_periods(_from(schedule, after), following)
    return [billed for billed in begun if timing is Timing.IN_ADVANCE or billed.span.end <= run_on]


def _from(schedule: Schedule, after: date | None) -> Schedule:
    if after is None or after <= schedule.start:
        return schedule
    if schedule.end is not None and after > schedule.end:
        after = schedule.end
    return replace(schedule, start=after)


def realigned(schedule: Schedule, on: date, grid: Grid) -> tuple[Schedule, Schedule]:
    """The schedule until `on` and the one of another grid from there: no gap, no overlap (B10).

    on: from the schedule's start to its end.
    """
    return replace(schedule, end=on), replace(schedule, start=on, grid=grid)


def _billing_period(schedule: Schedule, n: int) -> BillingPeriod:
    natural = Span(boundary(schedule.grid, n), boundary(schedule.grid, n + 1))
    start = max(natural.start, schedule.start)
    end = natural.end if schedule.end is None else min(natural.end, schedule.end)
    billed = Span(start, end)
    if billed == natural:
        return BillingPeriod(billed, natural)
    return BillingPeriod(billed, _full_period(schedule, billed, natural))


def _full_period(schedule: Schedule, billed: Span, natural: Span) -> Span:
    """The imagined period that the partial one `billed` is a part of, as `Stub` says."""
    cadence, is_first = schedule.grid.cadence, billed.start > natural.start
    if schedule.stub is Stub.COUNTED_FROM_EDGE and is_first:
        return Span(step(billed.end, cadence, -1), billed.end)
    if schedule.stub is Stub.COUNTED_FROM_EDGE or (
        schedule.stub is Stub.COUNTED_FROM_START and is_first
    ):
        return Span(billed.start, step(billed.start, cadence, 1))
    return natural
