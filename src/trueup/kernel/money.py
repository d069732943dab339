"""Money: an integer count of micro-units and its currency. No floats, no hidden rounding.

A micro-unit is a millionth of the currency's main unit, so that a unit price below a cent is exact.
An amount on an issued document is a whole number of steps; a step is the currency's smallest unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Final

from trueup.kernel.currency import MICRO_DIGITS, MICROS, Currency
from trueup.kernel.errors import Defect, Refusal, check

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS_WITH_POINT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LARGEST_POWER: Final = 30


class CurrencyMismatch(Refusal):
    """Two currencies met in one sum or comparison."""

    code = "currency_mismatch"

    def __init__(self, *, left: str, right: str) -> None:
        super().__init__(
            f"An amount in {left} and one in {right} cannot be added or compared.",
            fix="Keep one total per currency.",
            left=left,
            right=right,
        )


class MalformedAmount(Refusal):
    """A text or number that is no exact amount; nothing is guessed or rounded."""

    code = "malformed_amount"

    def __init__(self, *, amount: str, currency: str) -> None:
        super().__init__(
            f"{amount!r} is not an amount of {currency} with at most {MICRO_DIGITS} decimals.",
            fix="Write digits with a point, such as 12.50, without signs of currency or grouping.",
            amount=amount,
            currency=currency,
        )


class AmountBelowStep(Refusal):
    """An amount finer than the currency's smallest unit where whole units are needed."""

    code = "amount_below_step"

    def __init__(self, *, amount: str, decimals: int) -> None:
        super().__init__(
            f"{amount} is not a whole number of its currency's smallest unit.",
            fix=f"Give it with at most {decimals} decimals.",
            amount=amount,
            decimals=decimals,
        )


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency.

    Adding, subtracting and ordering need the same currency.  Raises CurrencyMismatch.
    Source: docs/money.md.
    """

    micros: int
    currency: Currency

    def __post_init__(self) -> None:
        # bool is an int to Python and a float slips through arithmetic; neither is an amount.
        check(type(self.micros) is int, "an amount is an integer of micro-units", is_=self.micros)

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        return cls(0, currency)

    @classmethod
    def from_minor(cls, minor: int, currency: Currency) -> Money:
        """`minor`: the currency's smallest unit; 1250 is 12.50 EUR, 1250 JPY, 1.250 KWD."""
        check(type(minor) is int, "minor units are an integer", is_=minor)
        return cls(minor * currency.step_micros, currency)

    @classmethod
    def from_major(cls, amount: Decimal | str, currency: Currency) -> Money:
        """`amount`: main units, exact to a micro-unit.  Raises MalformedAmount; never rounds."""
        check(isinstance(amount, Decimal | str), "an amount is a Decimal or text", is_=amount)
        micros = _exact_micros(amount)
        if micros is None:
            raise MalformedAmount(amount=str(amount), currency=currency.code)
        return cls(micros, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + self._same(other).micros, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - self._same(other).micros, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.micros, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.micros < self._same(other).micros

    def __le__(self, other: Money) -> bool:
        return self.micros <= self._same(other).micros

    def __gt__(self, other: Money) -> bool:
        return self.micros > self._same(other).micros

    def __ge__(self, other: Money) -> bool:
        return self.micros >= self._same(other).micros

    def __str__(self) -> str:
        return self.format()

    @property
    def is_whole_steps(self) -> bool:
        return self.micros % self.currency.step_micros == 0

    @property
    def steps(self) -> int:
        """How many of the currency's smallest unit: cents of EUR.  Raises AmountBelowStep."""
        if not self.is_whole_steps:
            raise AmountBelowStep(amount=self.format(), decimals=self.currency.exponent)
        return self.micros // self.currency.step_micros

    def of_steps(self, steps: int) -> Money:
        """`steps` smallest units of this amount's currency."""
        return Money.from_minor(steps, self.currency)

    def times(self, factor: Decimal | int, *, rounding: str) -> Money:
        """This amount times `factor`, rounded once to the currency's step.

        rounding: a mode of `decimal`; ROUND_HALF_UP is half away from zero.
        Exact before that rounding, however long the factor.
        """
        is_exact = type(factor) is int or (isinstance(factor, Decimal) and factor.is_finite())
        check(is_exact, "a factor is an integer or a finite Decimal", is_=factor)
        amount, times = Decimal(self.micros), Decimal(factor)
        # The default context keeps 28 digits and would round once more, silently.
        digits = len(amount.as_tuple().digits) + len(times.as_tuple().digits)
        with localcontext(prec=digits):
            steps = (amount * times).scaleb(self.currency.exponent - MICRO_DIGITS)
            return self.of_steps(int(steps.to_integral_value(rounding=rounding)))

    def format(self) -> str:
        """For people: `-1,234.50 EUR`. Shows all decimals of an amount below the step."""
        whole, micros = divmod(abs(self.micros), MICROS)
        fraction = f"{micros:0{MICRO_DIGITS}d}"
        if self.is_whole_steps:
            fraction = fraction[: self.currency.exponent]
        sign = "-" if self.micros < 0 else ""
        return f"{sign}{whole:,}{'.' if fraction else ''}{fraction} {self.currency.code}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency.code, right=other.currency.code)
        return other


def sum_money(amounts: Iterable[Money], *, currency: Currency | None = None) -> Money:
    """Sum of `amounts`, one currency.  Raises CurrencyMismatch.

    amounts: at least one, unless `currency` says what nothing is counted in.
    """
    rest = iter(amounts)
    total = next(rest, None) if currency is None else Money.zero(currency)
    if total is None:
        raise Defect("a sum of no amounts has no currency")
    for amount in rest:
        total += amount
    return total


def _exact_micros(amount: Decimal | str) -> int | None:
    """Micro-units of `amount` in main units, or None where it is no amount or needs rounding."""
    if isinstance(amount, str) and not _DIGITS_WITH_POINT.fullmatch(amount):
        return None
    number = Decimal(amount)
    # Bounded before it is scaled: 1E+999999999 would otherwise be written out in full.
    if not number.is_finite() or number.adjusted() > _LARGEST_POWER:
        return None
    with localcontext(prec=len(number.as_tuple().digits) + _LARGEST_POWER + MICRO_DIGITS):
        micros = number.scaleb(MICRO_DIGITS)
        whole = micros.to_integral_value()
        return int(whole) if whole == micros else None
