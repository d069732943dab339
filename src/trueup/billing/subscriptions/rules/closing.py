"""What is left with a customer who is closed, in words.  Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.currency import CURRENCIES
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SERVED: Final = "subscription"
WORDS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        SERVED: ("subscription that is not over", "subscriptions that are not over", ""),
        "open": ("open invoice", "open invoices", "due"),
        "draft": ("draft", "drafts", "to be issued"),
        "pending_item": ("pending item", "pending items", "to be billed"),
        "credit": ("credit", "credits", "left"),
    }
)
"""One of a kind, several of it, and what its amount is."""


def left_told(left: Sequence[Any]) -> str:
    """`2 open invoices (58.00 EUR due) and 1 credit (5.00 EUR left)`.

    left: at least one row with kind, currency, count and micros.
    """
    told = [_told(each) for each in left]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))


def _told(each: Any) -> str:
    one, several, amount = WORDS[each.kind]
    counted = f"{each.count} {one if each.count == 1 else several}"
    if each.currency is None:
        return counted
    return f"{counted} ({Money(each.micros, CURRENCIES[each.currency]).format()} {amount})"
