from __future__ import annotations

from trueup.kernel.errors import Refusal


class NothingToBacktest(Refusal):
    """No imported invoice: nothing could be billed again, and nothing is not good news."""

    code = "nothing_to_backtest"

    def __init__(self, *, since: str, until: str) -> None:
        super().__init__(
            f"The books hold no imported invoice issued from {since} until {until}.",
            fix="Load a source with invoices first, or name another window (--since, --until).",
            since=since,
            until=until,
        )


class WindowBackwards(Refusal):
    code = "window_backwards"

    def __init__(self, *, since: str, until: str) -> None:
        super().__init__(
            f"The window ends on {until}, before it starts on {since}.",
            fix="Give --since a day before --until.",
            since=since,
            until=until,
        )
