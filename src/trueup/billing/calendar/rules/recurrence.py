"""A grid seen as instants: dates stepped in the customer's zone, at one local time of day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.calendar.model import MIDNIGHT, Anchor, Cadence, Grid, Recurrence
from trueup.billing.calendar.rules import stepping
from trueup.billing.calendar.rules.zones import instant_at, local_date, midnight
from trueup.kernel.period import Period

if TYPE_CHECKING:
    from datetime import tzinfo

    from trueup.kernel.clock import Instant


def recurrence_from(cadence: Cadence, anchor: Instant, zone: tzinfo) -> Recurrence:
    """The recurrence of which `anchor` is boundary 0, at its local time of day."""
    local = anchor.astimezone(zone)
    return Recurrence(Grid(cadence, Anchor.on(local.date())), zone, local.time())


def boundary(recurrence: Recurrence, n: int) -> Instant:
    on = stepping.boundary(recurrence.grid, n)
    if recurrence.at == MIDNIGHT:
        return midnight(on, recurrence.zone)
    return instant_at(on, recurrence.at, recurrence.zone)


def index_at(recurrence: Recurrence, instant: Instant) -> int:
    """The number of the period that contains the instant: boundary(n) <= it < boundary(n + 1)."""
    n = stepping.index_at(recurrence.grid, local_date(instant, recurrence.zone))
    # At midnight the date alone decides. At other times the day of a boundary has both sides, and
    # where a zone skipped whole days, as many boundaries lie at the change: one round for each.
    while boundary(recurrence, n) > instant:
        n -= 1
    return n


def period(recurrence: Recurrence, n: int) -> Period:
    """Raises PeriodBackwards if the zone skipped it whole, as Samoa did 30 December 2011."""
    return Period(boundary(recurrence, n), boundary(recurrence, n + 1))


def period_containing(recurrence: Recurrence, instant: Instant) -> Period:
    return period(recurrence, index_at(recurrence, instant))


def next_boundary(recurrence: Recurrence, instant: Instant, *, inclusive: bool = False) -> Instant:
    """The first boundary after `instant`; with `inclusive`, at or after it."""
    n = index_at(recurrence, instant)
    if inclusive and boundary(recurrence, n) == instant:
        return instant
    return boundary(recurrence, n + 1)


def previous_boundary(
    recurrence: Recurrence, instant: Instant, *, inclusive: bool = False
) -> Instant:
    """The last boundary before `instant`; with `inclusive`, at or before it."""
    n = index_at(recurrence, instant)
    last = boundary(recurrence, n)
    return boundary(recurrence, n - 1) if last == instant and not inclusive else last
