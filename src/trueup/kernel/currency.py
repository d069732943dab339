from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import Refusal
from trueup.kernel.iso4217 import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

MICRO_DIGITS: Final = 6
MICROS: Final = 10**MICRO_DIGITS


class UnknownCurrency(Refusal):
    """A code that ISO 4217 does not list as active money."""

    code = "unknown_currency"

    def __init__(self, *, currency: str) -> None:
        super().__init__(
            f"{currency!r} is not an active ISO 4217 currency.",
            fix="Use the three capital letters of an active currency, such as EUR.",
            currency=currency,
        )


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and its smallest step: `exponent` digits after the point (0, 2, 3 or 4)."""

    code: str
    exponent: int
    name: str

    @property
    def step_micros(self) -> int:
        """The smallest amount a document may carry, in micro-units: 10 000 for EUR."""
        return int(10 ** (MICRO_DIGITS - self.exponent))


CURRENCIES: Final[Mapping[str, Currency]] = MappingProxyType(
    {code: Currency(code, exponent, name) for code, exponent, name in ROWS}
)


def currency(code: str) -> Currency:
    """The active currency called `code`, three capital letters.  Raises UnknownCurrency."""
    found = CURRENCIES.get(code)
    if found is None:
        raise UnknownCurrency(currency=code)
    return found
