"""What a customer reads, a table for each language.  The same keys and the same terms in each."""

# ruff: noqa: RUF001  signs of arithmetic are what people read
from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Phrases: TypeAlias = "Mapping[str, str]"

ENGLISH: Final[Phrases] = MappingProxyType(
    {
        "decimal_point": ".",
        "grouping": ",",
        "amount": "{number} {currency}",
        "plus": " + ",
        "minus": " − ",
        "and": ", ",
        "negative": "−{x}",
        "nested": "({x})",
        "times": "{quantity} × {price}",
        "of": "{share} of {amount}",
        "days": "{part} of {whole} days",
        "seconds": "{part} of {whole} seconds",
        "fraction": "{num}/{den}",
        "span": "{share} ({start} to {end})",
        "percent": "{rate} %",
        "tier": "{x} ({tier})",
        "up_to": "up to {upper}",
        "above": "above {lower}",
        "from_to": "above {lower} up to {upper}",
        "used": "{qty} used",
        "free": "{free} free",
        "prior": "after {prior}",
        "package": "{packages} × {price} per package of {size} ({terms})",
        "converted": "{quantity} / {divisor}",
        "converted_rounded": "{units} (from {quantity} / {divisor})",
        "within": "within {limit} {meter}",
        "unlimited": "without limit",
        "per_event": "{share} of each of {events} events",
        "per_event_fixed": "{amount} for each",
        "per_event_least": "at least {amount} each",
        "per_event_most": "at most {amount} each",
        "free_events": "the first {free} free",
        "free_amount": "the first {free} free",
        "largest": "the highest of {terms}",
        "smallest": "the lowest of {terms}",
        "matched": "{x} (price for {match})",
        "match": "{dimension} {value}",
        "equals": "{x} = {amount}",
        "rounded": "{x}, rounded to {amount}",
    }
)
