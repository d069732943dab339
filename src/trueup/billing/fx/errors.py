from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.kernel.clock import Instant

SHOWN_MAX = 10


class FxRateMissing(Refusal):
    """No stored rate says what an amount is in another currency; none is guessed (B20)."""

    code = "fx_rate_missing"

    def __init__(self, *, base: str, quote: str, at: Instant, days: int) -> None:
        super().__init__(
            f"No rate between {base} and {quote} is on file for {at:%Y-%m-%d %H:%M} UTC "
            f"or the {days} days before.",
            fix=f"Add the one that counts: `trueup fx add {base} {quote} RATE --source … --at …`.",
            base=base,
            quote=quote,
            at=at,
        )


class FxRateConflict(Refusal):
    """Two rates for the same two currencies and instant."""

    code = "fx_rate_conflict"

    def __init__(self, *, rates: Sequence[str]) -> None:
        shown = "; ".join(rates[:SHOWN_MAX])
        super().__init__(
            f"Another rate is on file for that instant: {shown}.",
            fix="A rate never changes; a better one gets an instant of its own.",
            rates=list(rates),
        )


class FxRateMalformed(Refusal):
    """What was given is no rate of exchange."""

    code = "fx_rate_malformed"

    def __init__(self, *, problems: Sequence[str]) -> None:
        shown = "; ".join(problems[:SHOWN_MAX])
        more = len(problems) - SHOWN_MAX
        super().__init__(
            f"{shown}{f'; and {more} more' if more > 0 else ''}.",
            fix="Give both currencies, rate, source and since when it counts; a rate is positive, "
            "below 1 000 000 000 with at most 12 decimals, between two currencies of ISO 4217.",
            problems=list(problems),
        )
