from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kernel.currency import CURRENCIES, currency
from trueup.kernel.errors import Defect
from trueup.kernel.money import AmountBelowStep, CurrencyMismatch, MalformedAmount, Money, sum_money

EUR, JPY, KWD, CLF = currency("EUR"), currency("JPY"), currency("KWD"), currency("CLF")

currencies = st.sampled_from(sorted(CURRENCIES.values(), key=lambda c: c.code))
amounts = st.integers(-(10**15), 10**15)


def eur(cents):
    return Money.from_minor(cents, EUR)


@pytest.mark.parametrize(("minor", "unit", "micros", "written"), [
    (1250, EUR, 12_500_000, "12.50 EUR"),
    (1250, JPY, 1_250_000_000, "1,250 JPY"),
    (1250, KWD, 1_250_000, "1.250 KWD"),
    (1250, CLF, 125_000, "0.1250 CLF"),
    (-123_456_789, EUR, -1_234_567_890_000, "-1,234,567.89 EUR"),
    (0, EUR, 0, "0.00 EUR"),
    (0, JPY, 0, "0 JPY"),
])  # fmt: skip
def test_minor_units_mean_what_the_currency_says(minor, unit, micros, written):
    amount = Money.from_minor(minor, unit)
    assert (amount.micros, amount.steps, str(amount), amount.of_steps(minor)) == (
        micros,
        minor,
        written,
        amount,
    )


@pytest.mark.parametrize(("text", "unit", "micros"), [
    ("12.5", EUR, 12_500_000),
    ("12", EUR, 12_000_000),
    ("-0.000001", EUR, -1),                # a price below a cent is exact
    ("0.0000010", EUR, 1),                 # a trailing zero is no seventh decimal
    (Decimal("1E+3"), JPY, 1_000_000_000),
    (Decimal("0E-20"), EUR, 0),
    (Decimal("1E+30"), EUR, 10**36),       # the largest that is written out
    (Decimal("123456789012345678901234567890.123456"), EUR, 123456789012345678901234567890_123456),
])  # fmt: skip
def test_main_units_are_read_exactly(text, unit, micros):
    assert Money.from_major(text, unit) == Money(micros, unit)


@pytest.mark.parametrize("text", [
    "", "1,50", "1.000,00", " 1", "1_000", "1e3", "+1", ".5", "1.", "NaN", "Infinity", "EUR 1", "१",
    "0.0000001", "1.2345678", Decimal("1E-7"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+31"), Decimal("1E+999999"), Decimal("1E-999999"),
])  # fmt: skip
def test_what_is_no_exact_amount_is_refused_not_rounded(text):
    with pytest.raises(MalformedAmount) as caught:
        Money.from_major(text, EUR)
    assert caught.value.fields == {"amount": str(text), "currency": "EUR"}


@pytest.mark.parametrize("make", [
    lambda: Money(1.0, EUR), lambda: Money(True, EUR), lambda: Money("1", EUR),
    lambda: Money.from_minor(1.5, EUR), lambda: Money.from_minor(True, EUR),
    lambda: Money.from_major(0.1, EUR), lambda: Money.from_major(1, EUR),
    lambda: eur(1).times(0.5, rounding=ROUND_HALF_UP), lambda: eur(1).times(True, rounding=ROUND_HALF_UP),
    lambda: eur(1).times(Decimal("NaN"), rounding=ROUND_HALF_UP), lambda: eur(1).of_steps(1.0),
    lambda: sum_money([]),
])  # fmt: skip
def test_a_float_near_money_is_a_defect(make):
    with pytest.raises(Defect):
        make()


@pytest.mark.parametrize("use", [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b,
    lambda a, b: a >= b, lambda a, b: sum_money([a, b]), lambda a, b: sum_money([a], currency=b.currency),
])  # fmt: skip
def test_currencies_never_mix(use):
    with pytest.raises(CurrencyMismatch):
        use(eur(1), Money.from_minor(1, JPY))


def test_the_same_number_in_another_currency_is_another_amount():
    assert Money(1, EUR) != Money(1, JPY)


@pytest.mark.parametrize(("cents", "factor", "rounding", "expected"), [
    (1000, Decimal("0.0005"), ROUND_HALF_UP, 1),       # half goes away from zero
    (-1000, Decimal("0.0005"), ROUND_HALF_UP, -1),     # on both sides
    (1000, Decimal("0.0005"), ROUND_HALF_EVEN, 0),
    (1000, Decimal("0.00049999999999999999999999999999999999"), ROUND_HALF_UP, 0),   # 28 digits would round up first
    (999, Decimal("0.20"), ROUND_HALF_UP, 200),        # 199.8
    (999, Decimal("0.20"), ROUND_DOWN, 199),
    (333, 3, ROUND_HALF_UP, 999),
    (1, 0, ROUND_HALF_UP, 0),
])  # fmt: skip
def test_a_product_is_rounded_once(cents, factor, rounding, expected):
    assert eur(cents).times(factor, rounding=rounding) == eur(expected)


@pytest.mark.parametrize(("micros", "unit", "quantity", "minor"), [
    (1_250, EUR, Decimal(1000), 125),          # 0.00125 EUR a unit, a thousand of them
    (1_250, EUR, Decimal(3), 0),               # 0.00375
    (1_250, EUR, Decimal(4), 1),               # 0.005
    (333_333, JPY, Decimal("4.5"), 1),         # 1.4999985
    (1_500, KWD, 1, 2),                        # 0.0015
])  # fmt: skip
def test_a_unit_price_below_the_step_rounds_at_the_total(micros, unit, quantity, minor):
    assert Money(micros, unit).times(quantity, rounding=ROUND_HALF_UP) == Money.from_minor(
        minor, unit
    )


def test_an_amount_below_the_step_has_no_steps_and_shows_all_its_decimals():
    amount = Money(12_345_678, EUR)
    assert not amount.is_whole_steps
    assert str(amount) == "12.345678 EUR"
    with pytest.raises(AmountBelowStep) as caught:
        _ = amount.steps
    assert caught.value.fields == {"amount": "12.345678 EUR", "decimals": 2}


def test_an_empty_sum_needs_its_currency():
    assert sum_money([], currency=JPY) == Money.zero(JPY)
    assert sum_money([eur(1), eur(2), eur(-4)]) == eur(-1)


@given(amounts, amounts, amounts, currencies)
def test_money_adds_like_the_integers(a, b, c, unit):
    x, y, z = (Money(n, unit) for n in (a, b, c))
    assert x + y == y + x
    assert (x + y) + z == x + (y + z) == sum_money([x, y, z])
    assert x + Money.zero(unit) == x
    assert x - y == x + -y
    assert x + -x == Money.zero(unit)
    assert (x < y, x <= y, x > y, x >= y) == (a < b, a <= b, a > b, a >= b)


@given(amounts, currencies)
def test_steps_and_micros_tell_the_same_amount(steps, unit):
    amount = Money.from_minor(steps, unit)
    assert amount.is_whole_steps
    assert amount.steps == steps
    assert Money.from_major(str(amount).split()[0].replace(",", ""), unit) == amount


@given(
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=20),
    currencies,
)
def test_a_product_lies_within_half_a_step_of_the_exact_one(micros, factor, unit):
    product = Money(micros, unit).times(factor, rounding=ROUND_HALF_UP)
    assert product.is_whole_steps
    assert abs(product.micros - micros * Fraction(factor)) <= Fraction(unit.step_micros, 2)
