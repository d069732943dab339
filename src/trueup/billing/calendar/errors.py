from __future__ import annotations

from trueup.kernel.errors import Refusal


class CadenceImpossible(Refusal):
    """A cadence that never comes round: no positive number of units, or of what is sold once."""

    code = "cadence_impossible"

    def __init__(self, *, unit: str, count: int) -> None:
        super().__init__(
            f"Nothing can recur every {count} times one {unit}.",
            fix="Give at least one day, week, month, quarter or year, and at most a hundred years.",
            unit=unit,
            count=count,
        )


class CycleDayImpossible(Refusal):
    """A cycle day that its cadence does not have."""

    code = "cycle_day_impossible"

    def __init__(self, *, cycle_day: int, unit: str) -> None:
        super().__init__(
            f"Day {cycle_day} is no cycle day of a cadence of the unit {unit}.",
            fix="Give 1 to 31 for months, quarters and years, 1 (Monday) to 7 for weeks, "
            "none for days.",
            cycle_day=cycle_day,
            unit=unit,
        )


class TimeZoneUnknown(Refusal):
    """A time zone that the tz database does not name."""

    code = "time_zone_unknown"

    def __init__(self, *, time_zone: str) -> None:
        super().__init__(
            f"There is no time zone {time_zone!r}.",
            fix="Give a name of the tz database, as Europe/Paris.",
            time_zone=time_zone,
        )


class DatesBackwards(Refusal):
    """A span of dates that would end before it starts."""

    code = "dates_backwards"

    def __init__(self, *, start: str, end: str) -> None:
        super().__init__(
            f"A span that starts on {start} cannot end on {end}.",
            fix="Give an end on or after the start.",
            start=start,
            end=end,
        )
