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


def instant_of(text: str, where: tzinfo) -> Instant:
    """A date is the start of that local day; with a time it says its own offset.

    Raises CaseMalformed.
    """
    try:
        if len(text) == DATE_CHARACTERS:
            return midnight(date.fromisoformat(text), where)
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise CaseMalformed(where=repr(text), why="it is no date and no instant") from None
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
        return date.fromisoformat(text[:DATE_CHARACTERS])
    except ValueError:
        raise CaseMalformed(where=repr(text), why="it is no date") from None
