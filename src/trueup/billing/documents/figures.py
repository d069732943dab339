"""Numbers, amounts and dates in the form of the customer's locale, by CLDR.

The currency's decimals are ISO 4217's, as the amount has them, never CLDR's habit of shops.
"""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval
from babel.numbers import NumberPattern

from trueup.billing.documents.errors import LanguageUnknown
from trueup.billing.documents.terms import in_main_units
from trueup.billing.documents.wording import LANGUAGES, RIGHT_TO_LEFT, language
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from trueup.billing.documents.model import Span
    from trueup.kernel.money import Money

DECIMALS_MAX: Final = 12  # of a unit price or quantity; nothing is rounded on a page
LATIN_DIGITS: Final = "0123456789"
_DIGITS: Final = {"arab": "٠١٢٣٤٥٦٧٨٩"}
_LETTER_PAPER: Final = frozenset({"US", "CA", "MX", "PH", "CO", "CL", "VE"})


@cache
def read_locale(name: str) -> Locale:
    """The locale called `name`, by BCP 47.  Raises LanguageUnknown."""
    language(name)
    try:
        return Locale.parse(name.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise LanguageUnknown(locale=name, known=LANGUAGES) from error


class Figures:
    """How one locale writes figures. Exact: no digit is rounded away."""

    def __init__(self, name: str) -> None:
        """Raises LanguageUnknown."""
        self.locale = read_locale(name)
        self.is_right_to_left = language(name) in RIGHT_TO_LEFT
        self.system = self.locale.default_numbering_system
        self.digits = _DIGITS.get(self.system, LATIN_DIGITS)
        if self.digits == LATIN_DIGITS:
            self.system = "latn"
        self.paper = "us-letter" if self.locale.territory in _LETTER_PAPER else "a4"
        self._patterns: dict[tuple[str, int, int], NumberPattern] = {}
        self._localized = str.maketrans(LATIN_DIGITS, self.digits)

    def number(self, number: Decimal, decimals_min: int = 0) -> str:
        pattern = self._pattern("decimal", decimals_min, DECIMALS_MAX)
        return self._applied(pattern, number)

    def percent(self, rate: Decimal) -> str:
        """`rate`: percent; 19 is 19 %."""
        pattern = self._pattern("percent", 0, DECIMALS_MAX)
        return self._applied(pattern, rate / 100)

    def plain(self, amount: Money) -> str:
        """The amount's digits alone, where a column's head names the currency."""
        digits = amount.currency.exponent
        pattern = self._pattern("decimal", digits, digits)
        return self._applied(pattern, in_main_units(amount.micros))

    def money(self, amount: Money) -> str:
        digits = amount.currency.exponent
        pattern = self._pattern("currency", digits, digits)
        value, code = in_main_units(amount.micros), amount.currency.code
        return self._applied(pattern, value, code)

    def day(self, day: date) -> str:
        return format_date(day, format="long", locale=self.locale).translate(self._localized)

    def short_day(self, day: date) -> str:
        return format_date(day, format="medium", locale=self.locale).translate(self._localized)

    def span(self, span: Span) -> str:
        """First to last day, both in, as the locale writes a range."""
        last = span.end_on - timedelta(days=1)
        if last == span.start_on:
            return format_date(last, locale=self.locale).translate(self._localized)
        text = format_interval(span.start_on, last, "yMMMd", locale=self.locale)
        return str(text).translate(self._localized)

    def _applied(self, pattern: NumberPattern, number: Decimal, currency: str | None = None) -> str:
        # Babel takes signs and separators from the numbering system, and leaves the digits Latin.
        written = pattern.apply(
            number,
            self.locale,
            currency=currency,
            currency_digits=False,
            numbering_system=self.system,
        )
        return str(written).translate(self._localized)

    def _pattern(self, kind: str, at_least: int, at_most: int) -> NumberPattern:
        key = (kind, at_least, at_most)
        if (found := self._patterns.get(key)) is None:
            found = self._patterns[key] = copy(self._base(kind))
            found.frac_prec = (at_least, at_most)
        return found

    def _base(self, kind: str) -> NumberPattern:
        patterns = {
            "currency": self.locale.currency_formats.get("standard"),
            "percent": self.locale.percent_formats.get(None),
            "decimal": self.locale.decimal_formats.get(None),
        }
        base = patterns[kind]
        check(isinstance(base, NumberPattern), "every locale writes numbers", kind=kind)
        return cast("NumberPattern", base)


@cache
def figures(locale: str) -> Figures:
    """How `locale` writes figures.  Raises LanguageUnknown."""
    return Figures(locale)
