"""A billed line as a sentence for a customer: how its amount came about, its discount and its tax.

The same words for a draft, a simulation and a document; figures, days and plurals by CLDR.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from babel.dates import format_datetime

from trueup.billing.documents import figures as pages
from trueup.billing.documents.model import Span
from trueup.billing.documents.wording import language
from trueup.billing.drafting.model import LineKind
from trueup.billing.rating.derivation import Neg
from trueup.billing.rating.phrases import all_phrases
from trueup.billing.rating.rules.voice import Voice
from trueup.billing.rating.rules.wording import explain_amount
from trueup.kernel.currency import MICRO_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from babel.numbers import NumberPattern

    from trueup.billing.rating.derivation import Node
    from trueup.kernel.currency import Currency

LEADS: Final[Mapping[LineKind, str]] = MappingProxyType(
    {
        LineKind.CREDIT: "lead_credit",
        LineKind.MINIMUM: "lead_minimum",
        LineKind.COMMITMENT: "lead_commitment",
        LineKind.ADJUSTMENT: "lead_adjustment",
        LineKind.ACCOUNT_CREDIT: "lead_account_credit",
    }
)
_DAY: Final = len("2026-01-31")


@dataclass(frozen=True, slots=True)
class TaxShare:
    """A line's part of the tax.  rate_percent: None where several rates or none were stated."""

    micros: int
    rate_percent: Decimal | None = None


NO_TAX: Final = TaxShare(0)


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to tell of a line.  amount_micros: before its discount; negative gives back."""

    derivation: Node
    amount_micros: int
    kind: LineKind | None = None
    off_micros: int = 0
    tax: TaxShare = NO_TAX


def tell(story: Story, locale: str, currency: Currency, zone: tzinfo = UTC) -> str:
    """The line in words.  zone: whose days instants are told in.

    Raises LanguageUnknown, and as `rating.rules.execution.exact`.
    """
    who, shown = voice(locale, currency, zone), _unsigned(story)
    parts = [_amount(shown, who)]
    if shown.off_micros:
        parts.append(who.say("discount", amount=_money(-shown.off_micros, who)))
    if shown.tax.micros:
        parts.append(_tax(shown, who))
    return who.phrases["then"].join(parts)


def tell_amount(story: Story, locale: str, currency: Currency, zone: tzinfo = UTC) -> str:
    """How the line's amount came about, without its kind's name, discount and tax.

    Raises as `tell`.
    """
    shown = _unsigned(story)
    who = voice(locale, currency, zone)
    return explain_amount(shown.derivation, _major(shown.amount_micros), who)


def voice(locale: str, currency: Currency, zone: tzinfo = UTC) -> Voice:
    """Who tells derivations to a customer.  Raises LanguageUnknown."""
    return Voice(all_phrases()[language(locale)], spoken(locale, zone), currency)


def _amount(story: Story, who: Voice) -> str:
    lead = None if story.kind is None else LEADS.get(story.kind)
    text = explain_amount(story.derivation, _major(story.amount_micros), who)
    if lead is None:
        return text
    return who.say("lead", lead=who.phrases[lead], x=text)


def _unsigned(story: Story) -> Story:
    """A credit without its sign: its name says that it is given back, a sign would say it twice."""
    node = story.derivation
    if story.kind is not LineKind.CREDIT or not isinstance(node, Neg):
        return story
    return replace(
        story,
        derivation=node.x,
        amount_micros=-story.amount_micros,
        off_micros=-story.off_micros,
        tax=replace(story.tax, micros=-story.tax.micros),
    )


def _tax(story: Story, who: Voice) -> str:
    amount = _money(story.tax.micros, who)
    if story.tax.rate_percent is None:
        return who.say("tax", amount=amount)
    base = _money(story.amount_micros - story.off_micros, who)
    rate = who.percent(story.tax.rate_percent)
    return who.say("tax_at", rate=rate, base=base, amount=amount)


def _major(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-MICRO_DIGITS)


def _money(micros: int, who: Voice) -> str:
    return who.money(_major(micros))


class SpokenFigures:
    """Figures of sentences: a page's, and prices below a cent, instants and plurals."""

    def __init__(self, locale: str, zone: tzinfo) -> None:
        """Raises LanguageUnknown."""
        self._page = pages.figures(locale)
        self._zone = zone
        self._localized = str.maketrans(pages.LATIN_DIGITS, self._page.digits)
        self._prices: dict[int, NumberPattern] = {}

    def number(self, number: Decimal) -> str:
        return self._page.number(number)

    def percent(self, rate: Decimal) -> str:
        return self._page.percent(rate)

    def money(self, amount: Decimal, currency: Currency) -> str:
        pattern = self._prices.get(currency.exponent)
        if pattern is None:
            pattern = copy(cast("NumberPattern", self._page.locale.currency_formats["standard"]))
            pattern.frac_prec = (currency.exponent, pages.DECIMALS_MAX)
            self._prices[currency.exponent] = pattern
        written = pattern.apply(
            amount,
            self._page.locale,
            currency=currency.code,
            currency_digits=False,
            numbering_system=self._page.system,
        )
        return str(written).translate(self._localized)

    def span(self, start: str, end: str) -> str:
        """Instants that are midnights of the zone are told as the days they begin."""
        if len(start) == _DAY:
            return self._page.span(Span(date.fromisoformat(start), date.fromisoformat(end)))
        first, last = self._local(start), self._local(end)
        if first.time() == last.time() == time() and first.date() < last.date():
            return self._page.span(Span(first.date(), last.date()))
        return f"{self._moment(first)} – {self._moment(last)}"  # noqa: RUF001  a dash of typography

    def plural(self, number: Decimal) -> str:
        return str(self._page.locale.plural_form(number))

    def _local(self, instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(self._zone)

    def _moment(self, moment: datetime) -> str:
        text = format_datetime(moment, "medium", tzinfo=self._zone, locale=self._page.locale)
        zone = moment.tzname() or ""
        if moment.utcoffset() == timedelta(0):
            zone = "UTC"
        return f"{text.translate(self._localized)} {zone}"


@cache
def spoken(locale: str, zone: tzinfo) -> SpokenFigures:
    """Raises LanguageUnknown."""
    return SpokenFigures(locale, zone)
