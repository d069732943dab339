"""Which stored rate counts, and what an amount comes to by it.  Pure.

No rate is made up: none is crossed over a third currency, none is carried on for longer than an
authority lets one stand.  Sources: BILLING_RULES B20; Directive 2006/112/EC, articles 91 and 230.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from trueup.billing.calendar.rules.zones import instant_at
from trueup.billing.fx.errors import FxRateMalformed, FxRateMissing
from trueup.billing.fx.model import Exchange, FxRate
from trueup.kernel.currency import CURRENCIES, currency
from trueup.kernel.ids import uuid5_id
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency

STANDS_DAYS: Final = 31
"""How long a rate stands: the longest that a tax authority publishes one for is a month (HMRC)."""
DECIMALS_MAX: Final = 12
DIGITS_MAX: Final = 9
COLUMNS: Final = ("from", "to", "rate", "source", "effective_at")
HALF: Final = Fraction(1, 2)
NAMES: Final = uuid5(NAMESPACE_URL, "https://trueup.dev/fx")


class Rates:
    """Rates on file, to be asked for one at an instant."""

    def __init__(self, rates: Iterable[FxRate] = ()) -> None:
        self._rates: dict[tuple[str, str], list[FxRate]] = defaultdict(list)
        for rate in sorted(rates, key=lambda each: each.effective_at):
            self._rates[rate.base, rate.quote].append(rate)

    def find(self, base: str, quote: str, at: Instant) -> FxRate:
        """The newest rate between the two that is effective at `at`, published either way round.

        Of two as new, the one from `base` to `quote`.  Raises FxRateMissing.
        """
        found = [
            rate
            for pair in ((quote, base), (base, quote))
            if (rate := _newest(self._rates.get(pair, []), at)) is not None
        ]
        newest = max(found, key=lambda rate: rate.effective_at, default=None)
        direct = next((r for r in found if r.base == base), None)
        if direct is not None and newest is not None and direct.effective_at == newest.effective_at:
            newest = direct
        if newest is None or at - newest.effective_at > timedelta(days=STANDS_DAYS):
            raise FxRateMissing(base=base, quote=quote, at=at, days=STANDS_DAYS)
        return newest


def _newest(rates: list[FxRate], at: Instant) -> FxRate | None:
    place = bisect_right(rates, at, key=lambda rate: rate.effective_at)
    return rates[place - 1] if place else None


def exchanged(amount: Money, rate: FxRate) -> Exchange:
    """`amount` in the other currency of `rate`, rounded once to its step, half away from zero."""
    is_inverse = rate.base != amount.currency.code
    to = currency(rate.base if is_inverse else rate.quote)
    factor = Fraction(rate.rate)
    exact = Fraction(amount.micros) / factor if is_inverse else Fraction(amount.micros) * factor
    return Exchange(_rounded(exact, to), rate, is_inverse)


def _rounded(micros: Fraction, to: Currency) -> Money:
    steps = abs(micros) / to.step_micros + HALF
    size = steps.numerator // steps.denominator * to.step_micros
    return Money(-size if micros < 0 else size, to)


def read_rate(fields: Mapping[str, str | None], where: tzinfo = UTC) -> FxRate:
    """A rate as a person or a file writes it; its id follows from its currencies and instant.

    where: whose days `effective_at` means; one stands for its first instant.  Raises
    FxRateMalformed with every problem.
    """
    text = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    base, quote = text["from"].upper(), text["to"].upper()
    problems = [f"{code!r} is no currency" for code in (base, quote) if code not in CURRENCIES]
    if base == quote:
        problems.append(f"{base!r} is exchanged into itself")
    rate, at = _number(text["rate"]), _instant(text["effective_at"], where)
    if rate is None:
        problems.append(f"{text['rate']!r} is no rate")
    if at is None:
        problems.append(f"effective_at {text['effective_at']!r} is no day or instant")
    if not text["source"]:
        problems.append("source is empty")
    if problems or rate is None or at is None:
        raise FxRateMalformed(problems=problems)
    identity = uuid5_id(NAMES, base, quote, at.isoformat())
    return FxRate(identity, base, quote, rate, text["source"], at)


def read_file(lines: Iterable[str], where: tzinfo = UTC) -> list[FxRate]:
    """The rates of a CSV file with the columns of `COLUMNS`.  Raises FxRateMalformed by line."""
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise FxRateMalformed(problems=[f"the columns {', '.join(missing)} are missing"])
    rates, problems = [], []
    for row in reader:
        try:
            rates.append(read_rate(row, where))
        except FxRateMalformed as refusal:
            problems += [f"line {reader.line_num}: {each}" for each in refusal.fields["problems"]]
    if problems:
        raise FxRateMalformed(problems=problems)
    return rates


def _number(text: str) -> Decimal | None:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    if not rate.is_finite() or rate <= 0 or rate >= Decimal(10) ** DIGITS_MAX:
        return None
    return rate if rate == round(rate, DECIMALS_MAX) else None


def _instant(text: str, where: tzinfo) -> Instant | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (read if read.tzinfo else instant_at(read.date(), read.time(), where)).astimezone(UTC)
