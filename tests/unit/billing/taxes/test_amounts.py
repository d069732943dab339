"""Amounts of tax: the cent of every rounding, and the laws that hold for all of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.taxes.model import (
    PPM,
    InclusiveRounding,
    PriceMode,
    TaxableLine,
    TaxConvention,
    TaxRate,
    TaxRounding,
)
from trueup.billing.taxes.rules.amounts import _tax_mixed, tax_amounts, tax_lines
from trueup.kernel.currency import currency

EUR = currency("EUR")
CURRENCIES = [EUR, currency("JPY"), currency("KWD")]
VAT = {
    percent: TaxRate.from_percent(percent)
    for percent in ("0", "4", "5", "7", "10", "19", "20", "21", "25")
}
GST = TaxRate.from_percent("5", name="GST", jurisdiction="CA")
QST = TaxRate.from_percent("9.975", name="QST", jurisdiction="CA-QC")
OLD_QST = TaxRate("QST", "CA-QC", 95_000, is_compound=True)  # until 2012 it was levied on GST too

percents = st.sampled_from(["0", "0.0001", "5", "8.875", "9.975", "19", "25.5", "100"])
rates = st.builds(
    TaxRate,
    name=st.sampled_from(["VAT", "GST", "PST"]),
    jurisdiction=st.sampled_from(["DE", "CA", "US-NY"]),
    rate_ppm=st.integers(0, 1_000_000),
    is_compound=st.booleans(),
)
stacks = st.lists(rates, max_size=3, unique=True).map(tuple)
conventions = st.builds(
    TaxConvention,
    rounding_place=st.sampled_from(TaxRounding),
    rounding=st.sampled_from(["ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP"]),
    inclusive_rounding=st.sampled_from(InclusiveRounding),
)
units = st.sampled_from(CURRENCIES)
modes = st.sampled_from(PriceMode)
step_counts = st.lists(st.integers(-(10**9), 10**9), max_size=6)


def cents(*amounts: int) -> list[int]:
    return [amount * EUR.step_micros for amount in amounts]


def in_cents(micros: tuple[int, ...]) -> list[int]:
    return [amount // EUR.step_micros for amount in micros]


@pytest.mark.parametrize(("place", "lines", "rate", "line_taxes"), [
    (TaxRounding.LINE,     (6833, 6833), "20", [1367, 1367]),       # 13.666 twice: 27.34
    (TaxRounding.CATEGORY, (6833, 6833), "20", [1367, 1366]),       # 27.332 once: the earlier line takes the cent
    (TaxRounding.INVOICE,  (6833, 6833), "20", [1367, 1366]),       # Lago: 27.33
    (TaxRounding.CATEGORY, (997,), "21", [209]),
    (TaxRounding.CATEGORY, (10, 10, 10), "5", [1, 1, 0]),           # 0.5 each, 1.5 together
    (TaxRounding.LINE,     (10, 10, 10), "5", [1, 1, 1]),
    (TaxRounding.CATEGORY, (1000, -300), "19", [190, -57]),         # what is given back gives tax back
    (TaxRounding.CATEGORY, (-10,), "5", [-1]),                      # half away from zero, below it too
    (TaxRounding.CATEGORY, (0, 0), "19", [0, 0]),
    (TaxRounding.LINE,     (), "19", []),
])  # fmt: skip
def test_b45_where_tax_is_rounded_is_a_setting(place, lines, rate, line_taxes):
    convention = TaxConvention(rounding_place=place)
    taxed = tax_amounts(cents(*lines), (VAT[rate],), currency=EUR, convention=convention)
    assert in_cents(taxed.line_taxes) == line_taxes
    assert taxed.tax_micros == sum(taxed.line_taxes)


def test_b45_a_category_of_en_16931_is_its_lines_times_its_rate():
    """BR-CO-17: taxable times rate, two decimals; BR-CO-14: the tax is the sum of categories."""
    lines = [
        TaxableLine(amount, (VAT[rate],))
        for amount, rate in zip(cents(333, 333, 333, 501), ["19", "7", "19", "7"], strict=True)
    ]
    taxed = tax_lines(lines, currency=EUR, convention=TaxConvention())
    assert [(s.rate.rate_ppm, s.taxable_micros, s.tax_micros) for s in taxed.subtotals] == [
        (190_000, 6_660_000, 1_270_000),  # 6.66 at 19 %: 1.2654
        (70_000, 8_340_000, 580_000),  # 8.34 at 7 %: 0.5838
    ]
    assert in_cents(taxed.line_taxes) == [64, 23, 63, 35]
    assert taxed.tax_micros == 1_850_000


def test_rounded_once_for_the_invoice_two_rates_can_cost_a_cent_less():
    """0.005 + 0.005: a cent together, two cents apart."""
    lines = [TaxableLine(cents(10)[0], (VAT["5"],)), TaxableLine(cents(5)[0], (VAT["10"],))]
    apart = tax_lines(lines, currency=EUR, convention=TaxConvention())
    once = tax_lines(
        lines, currency=EUR, convention=TaxConvention(rounding_place=TaxRounding.INVOICE)
    )
    assert apart.tax_micros == cents(2)[0]
    assert once.tax_micros == cents(1)[0]
    assert in_cents(once.line_taxes) == [1, 0]
    assert sum(s.tax_micros for s in once.subtotals) == once.tax_micros


@pytest.mark.parametrize(("gross", "percent", "first", "net", "tax"), [
    (299, "4", InclusiveRounding.NET, 288, 11),
    (299, "4", InclusiveRounding.TAX, 287, 12),
    (11900, "19", InclusiveRounding.TAX, 10000, 1900),
    (-299, "4", InclusiveRounding.NET, -288, -11),
    (1, "25", InclusiveRounding.TAX, 1, 0),
    (500, "0", InclusiveRounding.NET, 500, 0),
])  # fmt: skip
def test_a_price_with_tax_inside_splits_exactly(gross, percent, first, net, tax):
    taxed = tax_amounts(
        cents(gross),
        (VAT[percent],),
        currency=EUR,
        convention=TaxConvention(inclusive_rounding=first),
        price_mode=PriceMode.INCLUSIVE,
    )
    assert in_cents(taxed.line_nets) == [net]
    assert in_cents(taxed.line_taxes) == [tax]
    assert taxed.gross_micros == cents(gross)[0]


@pytest.mark.parametrize(("stack", "parts", "bases"), [
    ((GST, QST), [500, 998], [10000, 10000]),          # Quebec since 2013: side by side, 9.975
    ((GST, OLD_QST), [500, 998], [10000, 10500]),      # before: 9.5 % of 105.00, 9.975 too
])  # fmt: skip
def test_several_jurisdictions_each_levy_their_own(stack, parts, bases):
    taxed = tax_amounts(cents(10000), stack, currency=EUR, convention=TaxConvention())
    assert in_cents(taxed.parts[0]) == parts
    assert [s.taxable_micros for s in taxed.subtotals] == cents(*bases)


def test_taxes_inside_a_price_come_out_in_proportion():
    """100.00 holds 5 % and 9.975 % of 86.98: 4.35 and 8.67, with the net the price again."""
    taxed = tax_amounts(
        cents(10000), (GST, QST), currency=EUR, convention=TaxConvention(), price_mode=PriceMode.INCLUSIVE,
    )  # fmt: skip
    assert in_cents(taxed.line_nets) == [8698]
    assert in_cents(taxed.parts[0]) == [435, 867]


def test_prices_with_and_without_tax_meet_on_one_invoice():
    lines = [
        TaxableLine(cents(11900)[0], (VAT["19"],), PriceMode.INCLUSIVE),
        TaxableLine(cents(10000)[0], (VAT["19"],)),
        TaxableLine(cents(500)[0], ()),
    ]
    taxed = tax_lines(lines, currency=EUR, convention=TaxConvention())
    assert in_cents(taxed.line_nets) == [10000, 10000, 500]
    assert in_cents(taxed.line_taxes) == [1900, 1900, 0]
    assert [s.taxable_micros for s in taxed.subtotals] == cents(20000)


def test_currencies_round_to_their_own_step():
    """B16: 19 % of 99 yen are 19 yen, of 0.099 dinar 0.019."""
    for code, step in (("JPY", 1_000_000), ("KWD", 1_000)):
        taxed = tax_amounts(
            [99 * step], (VAT["19"],), currency=currency(code), convention=TaxConvention()
        )
        assert taxed.tax_micros == 19 * step


@given(step_counts, stacks, modes, units, conventions)
def test_b15_parts_lines_and_subtotals_sum_to_the_tax(steps, stack, mode, unit, convention):
    amounts = [count * unit.step_micros for count in steps]
    taxed = tax_amounts(amounts, stack, currency=unit, convention=convention, price_mode=mode)
    assert sum(taxed.line_taxes) == taxed.tax_micros
    assert sum(s.tax_micros for s in taxed.subtotals) == taxed.tax_micros
    assert [sum(parts) for parts in taxed.parts] == list(taxed.line_taxes)
    assert sum(taxed.line_nets) == taxed.net_micros
    assert all(tax % unit.step_micros == 0 for parts in taxed.parts for tax in parts)


@given(step_counts, stacks, units, conventions)
def test_tax_inside_a_price_never_changes_the_price(steps, stack, unit, convention):
    amounts = [count * unit.step_micros for count in steps]
    taxed = tax_amounts(
        amounts, stack, currency=unit, convention=convention, price_mode=PriceMode.INCLUSIVE
    )
    both = zip(taxed.line_nets, taxed.line_taxes, strict=True)
    assert [net + tax for net, tax in both] == amounts
    assert taxed.gross_micros == sum(amounts)


@given(step_counts, stacks, modes, units, conventions)
def test_each_part_is_within_two_steps_of_the_exact_tax(steps, stack, mode, unit, convention):
    """One step for the deal among taxes, one for the deal among lines."""
    amounts = [count * unit.step_micros for count in steps]
    taxed = tax_amounts(amounts, stack, currency=unit, convention=convention, price_mode=mode)
    for amount, parts in zip(amounts, taxed.parts, strict=True):
        for exact, part in zip(exact_taxes(amount, stack, mode), parts, strict=True):
            assert abs(exact - part) < 2 * unit.step_micros


def exact_taxes(amount: int, stack: tuple[TaxRate, ...], mode: PriceMode) -> list[Fraction]:
    """By the definition, independently of the rules: each tax of a net of one."""
    of_one: list[Fraction] = []
    for rate in stack:
        base = 1 + sum(of_one, Fraction(0)) if rate.is_compound else Fraction(1)
        of_one.append(base * rate.rate_ppm / PPM)
    net = (
        amount / (1 + sum(of_one, Fraction(0))) if mode is PriceMode.INCLUSIVE else Fraction(amount)
    )
    return [net * share for share in of_one]


@given(step_counts, percents, modes, units, conventions)
def test_plain_integers_and_exact_fractions_agree(steps, percent, mode, unit, convention):
    """The fast way of one tax is the slow way of several."""
    stack = (TaxRate.from_percent(percent),)
    amounts = [count * unit.step_micros for count in steps]
    lines = [TaxableLine(amount, stack, mode) for amount in amounts]
    fast = tax_lines(lines, currency=unit, convention=convention)
    slow = _tax_mixed(lines, unit.step_micros, convention)
    assert fast.line_taxes == slow.line_taxes
    assert fast.line_nets == slow.line_nets
    assert fast.parts == slow.parts
    assert not steps or fast.subtotals == slow.subtotals


@given(
    step_counts, st.lists(rates, min_size=2, max_size=3, unique=True).map(tuple), units, conventions
)
def test_independent_taxes_and_exact_fractions_agree(steps, stack, unit, convention):
    amounts = [count * unit.step_micros for count in steps]
    lines = [TaxableLine(amount, stack) for amount in amounts]
    fast = tax_lines(lines, currency=unit, convention=convention)
    slow = _tax_mixed(lines, unit.step_micros, convention)
    assert fast.parts == slow.parts
    assert fast.line_taxes == slow.line_taxes
    assert not steps or fast.subtotals == slow.subtotals


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), stacks, modes), max_size=5), conventions)
def test_the_same_lines_always_get_the_same_tax(rows, convention):
    lines = [TaxableLine(count * EUR.step_micros, stack, mode) for count, stack, mode in rows]
    once = tax_lines(lines, currency=EUR, convention=convention)
    assert tax_lines(list(lines), currency=EUR, convention=convention) == once
    assert sum(once.line_taxes) == once.tax_micros == sum(s.tax_micros for s in once.subtotals)


@given(
    st.lists(
        st.tuples(st.integers(-(10**6), 10**6), st.lists(rates, max_size=1).map(tuple)), max_size=6
    ),
    st.lists(rates, min_size=1, max_size=2),
    conventions,
)
def test_lines_of_one_tax_each_and_exact_fractions_agree(rows, shared, convention):
    """Some lines share a rate with another, some bear none."""
    rows += [(count, (rate,)) for count, rate in zip((999, 1, -50), shared * 2, strict=False)]
    lines = [TaxableLine(count * EUR.step_micros, stack) for count, stack in rows]
    fast = tax_lines(lines, currency=EUR, convention=convention)
    assert fast == _tax_mixed(lines, EUR.step_micros, convention)


def test_taxes_beside_each_other_leave_the_amounts_before_tax_as_they_are():
    """B45: each is taken of the line, none of the other; Quebec since 2013."""
    taxed = tax_amounts(cents(1000, -300), (GST, QST), currency=EUR, convention=TaxConvention())
    assert taxed.line_nets == tuple(cents(1000, -300))
    assert taxed.net_micros == sum(cents(700))
    assert [in_cents(part) for part in taxed.parts] == [[50, 100], [-15, -30]]
    assert taxed.tax_micros == sum(cents(105))
