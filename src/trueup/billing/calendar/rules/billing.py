"""The periods of a schedule: a partial first one, whole ones, a partial last one; which are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from trueup.billing.calendar.model import BillingPeriod, Grid, Schedule, Span, Stub, Timing
from trueup.billing.calendar.rules.stepping import (
    boundary,
    index_at,
    period,
    period_containing,
    step,
)

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
    """What a run on that date bills, oldest first, each missed period by itself (B11).

    In advance: periods that have begun.  In arrears: those that have ended, be it with the
    schedule.  after: charged through; what lies before it is left out, so that nothing is billed
    twice.  As many periods as were missed: the caller says how many are too many.
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

    Raises DatesBackwards unless `on` lies from the schedule's start to its end.
    """
    after = replace(schedule, start=on, grid=grid)
    return replace(schedule, end=on), after


def full_period(grid: Grid, part: Span, stub: Stub) -> Span:
    """The natural period that `part` is a part of, imagined as `stub` says (B7, B8).

    part: within one period of the grid; itself, if it is all of it.
    """
    natural = period_containing(grid, part.start)
    if part == natural or stub is Stub.ANCHORED:
        return natural
    is_first = part.start > natural.start
    if stub is Stub.COUNTED_FROM_EDGE and is_first:
        return Span(step(part.end, grid.cadence, -1), part.end)
    if stub is Stub.COUNTED_FROM_START and not is_first:
        return natural
    return Span(part.start, step(part.start, grid.cadence, 1))


def _billing_period(schedule: Schedule, n: int) -> BillingPeriod:
    natural = period(schedule.grid, n)
    start = max(natural.start, schedule.start)
    end = natural.end if schedule.end is None else min(natural.end, schedule.end)
    billed = Span(start, end)
    if billed == natural:
        return BillingPeriod(billed, natural)
    return BillingPeriod(billed, full_period(schedule.grid, billed, schedule.stub))
