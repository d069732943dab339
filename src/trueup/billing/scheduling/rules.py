"""When a schedule's next run begins.  Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.rules.zones import instant_at, zone
from trueup.billing.scheduling.model import Every

if TYPE_CHECKING:
    from trueup.billing.scheduling.model import Daily
    from trueup.kernel.clock import Instant

DAY: Final = timedelta(days=1)
DAYS_AROUND: Final = range(-1, 3)
"""A zone's day may begin a day off UTC's; the day after next is there if a change skips a time."""


def following(rhythm: Every | Daily, set_at: Instant, after: Instant) -> Instant:
    """The first moment of `rhythm` later than `after`, however many were missed before it.

    Raises TimeZoneUnknown.
    """
    if isinstance(rhythm, Every):
        return set_at + ((after - set_at) // rhythm.span + 1) * rhythm.span
    where = zone(rhythm.time_zone)
    today = after.astimezone(where).date()
    moments = {instant_at(today + n * DAY, at, where) for n in DAYS_AROUND for at in rhythm.times}
    return min(moment for moment in moments if moment > after)
