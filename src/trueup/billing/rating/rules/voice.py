"""Who tells a derivation: phrases of a language, and figures of a locale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from trueup.billing.rating.phrases import Phrases
    from trueup.billing.rating.ports import Figures
    from trueup.kernel.currency import Currency


class Voice(NamedTuple):
    """One language, one locale, one currency."""

    phrases: Phrases
    figures: Figures
    currency: Currency

    def say(self, phrase: str, **terms: str) -> str:
        return self.phrases[phrase].format(**terms)

    def counted(self, phrase: str, count: Decimal, **terms: str) -> str:
        """`phrase` in the form that `count` asks for."""
        form = f"{phrase}_{self.figures.plural(count)}"
        return self.say(form if form in self.phrases else phrase, **terms)

    def number(self, value: Decimal) -> str:
        return self.figures.number(value)

    def percent(self, rate: Decimal) -> str:
        return self.figures.percent(rate)

    def money(self, amount: Decimal) -> str:
        return self.figures.money(amount, self.currency)

    def list(self, terms: Iterable[str]) -> str:
        return self.phrases["and"].join(terms)

    def nested(self, text: str) -> str:
        return self.say("nested", x=text)
