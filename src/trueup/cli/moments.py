"""Days and instants as people write and read them.

A day is nobody's until its zone is known, and the zone is that of whom the command is about: of a
subscription, of a customer, or of the legal entity where it is about all of them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from trueup.billing.calendar.rules.zones import instant_at, local_date, midnight, zone

if TYPE_CHECKING:
    from datetime import tzinfo

When: TypeAlias = date
"""A day, a time of day in a zone yet to be named (a datetime without one), or an instant."""

AS_A_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}($|T)")
AS_WRITTEN: Final = "write a day, such as 2026-02-01, or 2026-02-01T09:30+01:00"
NOWHERE: Final = "UTC"


def when(text: str) -> When:
    """`2026-02-01` is a day; `2026-02-01T09:30` a local time; with an offset it is an instant."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        why = f" ({problem})" if AS_A_DAY.match(text) else ""
        raise typer.BadParameter(f"{text!r} is no day or instant{why}; {AS_WRITTEN}") from None


def instant_of(written: When, where: tzinfo | str) -> datetime:
    """The instant that was meant, in UTC: of a day the first one in the zone `where` (B4, B5).

    A local time that a change of clocks skips stands for the instant as long after the change; of
    one that comes twice the first is meant.  Raises TimeZoneUnknown.
    """
    there = zone(where) if isinstance(where, str) else where
    if not isinstance(written, datetime):
        return midnight(written, there).astimezone(UTC)
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    return instant_at(written.date(), written.time(), there)


def today(now: datetime, where: tzinfo | str) -> datetime:
    """The first instant of the day on which it is `now` in the zone `where`."""
    return instant_of(local_date(now, _there(where)), where)


def day(instant: datetime | None, where: tzinfo | str | None) -> str:
    """The day on which it is in the zone `where`; nothing if there is no instant."""
    return "" if instant is None else local_date(instant, _there(where)).isoformat()


def minute(instant: datetime | None, where: tzinfo | str | None) -> str:
    """Day, time and zone, such as `2026-02-01 09:30 CET`."""
    if instant is None:
        return ""
    return f"{instant.astimezone(_there(where)):%Y-%m-%d %H:%M %Z}"


def point(of: date | None, where: tzinfo | str | None) -> str:
    """A point of a contract: a local day, or an instant of one that is prorated by the second."""
    if isinstance(of, datetime):
        return day(of, where) if _is_midnight(of, where) else minute(of, where)
    return "" if of is None else of.isoformat()


def _is_midnight(instant: datetime, where: tzinfo | str | None) -> bool:
    return instant.astimezone(_there(where)).time() == time()


def _there(where: tzinfo | str | None) -> tzinfo:
    return zone(where or NOWHERE) if where is None or isinstance(where, str) else where


def option(*names: str, help: str) -> typer.models.OptionInfo:  # noqa: A002  as typer calls it
    """An option that takes a day or an instant."""
    made: typer.models.OptionInfo = typer.Option(
        *names, parser=when, metavar="WHEN", help=help, show_default=False
    )
    return made


FROM_WHEN: Final = "From when it counts: a day of {whose} time zone, or an instant with its offset; now by default."  # noqa: E501  a sentence

AtOfSubscription = Annotated[
    When | None, option("--at", help=FROM_WHEN.format(whose="the subscription's"))
]
FROM_DAY: Final = "From when on it counts: a day of {whose} time zone, or an instant with its offset; all of today by default."  # noqa: E501  a sentence
FromDayOfSubscription = Annotated[
    When | None, option("--at", help=FROM_DAY.format(whose="the subscription's"))
]
FromDayOfCustomer = Annotated[
    When | None, option("--at", help=FROM_DAY.format(whose="the customer's"))
]
AtOfCustomer = Annotated[When | None, option("--at", help=FROM_WHEN.format(whose="the customer's"))]
AtOfIssuer = Annotated[
    When | None, option("--at", help=FROM_WHEN.format(whose="the legal entity's"))
]
Until = Annotated[
    When | None,
    option(
        "--until",
        help="What is due by then: a day of the legal entity's time zone (its first instant), or "
        "an instant with its offset; now by default.",
    ),
]
