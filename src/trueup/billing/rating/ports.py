"""What sentences need of whoever knows a customer's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from trueup.kernel.currency import Currency


class Figures(Protocol):
    """Writes figures as one locale does.  Exact: no digit is rounded away."""

    def number(self, number: Decimal) -> str: ...

    def percent(self, rate: Decimal) -> str:
        """`rate`: percent; 19 is 19 %."""
        ...

    def money(self, amount: Decimal, currency: Currency) -> str:
        """All digits of `amount`, in main units, at least as many as the currency has."""
        ...

    def span(self, start: str, end: str) -> str:
        """A half-open span of ISO days or instants, as people say it."""
        ...

    def plural(self, number: Decimal) -> str:
        """The category of CLDR that decides the form of a word after `number`: `one`, `other`."""
        ...
