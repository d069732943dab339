"""Dates and instants as a case writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.rules.zones import midnight, zone
from trueup.billing.simulation.errors import CaseMalformed

if TYPE_CHECKING:
    from datetime import tzinfo

    from trueup.kernel.clock import Instant

DATE_CHARACTERS: Final = len("2024-01-31")
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2999
"""Whatever is counted on from there by what a case may say still is a date."""


def instant_of(text: str, where: tzinfo) -> Instant:
    """A date is the start of that local day; with a time it says its own offset.

    Raises CaseMalformed.
    """
    try:
        if len(text) == DATE_CHARACTERS:
            return midnight(_within(date.fromisoformat(text), text), where)
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise CaseMalformed(where=repr(text), why="it is no date and no instant") from None
    _within(instant, text)
    if instant.tzinfo is None:
        return instant.replace(tzinfo=where)
    return instant


def zone_of(name: str) -> tzinfo:
    return zone(name)


def has_time(text: str) -> bool:
    return len(text) > DATE_CHARACTERS


def day_of(text: str) -> date:
    """The date of a text, whatever the time.  Raises CaseMalformed."""
    try:
        return _within(date.fromisoformat(text[:DATE_CHARACTERS]), text)
    except ValueError:
        raise CaseMalformed(where=repr(text), why="it is no date") from None


def _within(day: date, text: str) -> date:
    if day.year > YEAR_MAX or day.year < YEAR_MIN:
        raise CaseMalformed(where=repr(text), why=f"it is not of {YEAR_MIN} to {YEAR_MAX}")
    return day
