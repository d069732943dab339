from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_MAX: Final = 10
VALUE_MAX: Final = 120
NOTHING_COUNTED: Final = "Nothing of its batch was counted."


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a reported event.  row: counted from 0 in what was given."""

    row: int
    field: str
    value: object
    wanted: str


class UsageEventMalformed(Refusal):
    """Events that lack something, or say it so that it cannot be counted."""

    code = "usage_event_malformed"

    def __init__(self, *, problems: Sequence[Problem], event_id: str | None) -> None:
        first = problems[0]
        more = f" {len(problems) - 1} more are malformed." if len(problems) > 1 else ""
        super().__init__(
            f"Usage event {event_id!r} has {first.value!r} as its {first.field}.{more}",
            fix=f"Give {first.wanted}. {NOTHING_COUNTED}",
            event_id=event_id,
            problems=list(problems),
        )
        self.problems = tuple(problems)


class UsageSourceMalformed(Refusal):
    """A name that could not keep its ids apart from another's."""

    code = "usage_source_malformed"

    def __init__(self, *, source: str) -> None:
        super().__init__(
            f"{source[:VALUE_MAX]!r} does not name a source of usage.",
            fix="Give it 1 to 200 characters that can be seen.",
            source=source[:VALUE_MAX],
        )


class UsageEventChanged(Refusal):
    """Events sent again under the same id with other content; what was counted first stands."""

    code = "usage_event_changed"

    def __init__(self, *, events: Sequence[str]) -> None:
        super().__init__(
            f"{len(events)} usage events came before with other content: {_shown(events)}.",
            fix="Send a correction as an event with an id of its own and a negative quantity. "
            + NOTHING_COUNTED,
            events=list(events),
        )
        self.events = tuple(events)


class UsageOfUnknownSubscription(Refusal):
    """Events of subscriptions that this tenant does not have."""

    code = "usage_of_unknown_subscription"

    def __init__(self, *, subscriptions: Sequence[str]) -> None:
        super().__init__(
            f"Usage of {len(subscriptions)} subscriptions that do not exist: "
            f"{_shown(subscriptions)}.",
            fix=f"Create the subscription first, or mend its id. {NOTHING_COUNTED}",
            subscriptions=list(subscriptions),
        )
        self.subscriptions = tuple(subscriptions)


class UsageLineRefused(Refusal):
    """A line of a file that cannot be counted; the batches before it are."""

    code = "usage_line_refused"

    def __init__(self, *, line: int, field: str, value: object, reason: str, fix: str) -> None:
        said = value if value is None else str(value)[:VALUE_MAX]
        super().__init__(
            f"Line {line}, {field}: {said!r}. {reason}".rstrip(),
            fix=f"{fix} Then run it again: nothing is counted twice.",
            line=line,
            field=field,
            value=said,
        )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN_MAX]) + (", …" if len(names) > SHOWN_MAX else "")
