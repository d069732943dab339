"""How much tax: prices with and without it, several taxes, compound ones, rounded where agreed.

Two ways lead to the same figures. Lines under one tax each, which is nearly every invoice, stay in
plain integers; everything else is counted in exact fractions of the currency's step. Property tests
hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from trueup.billing.taxes.model import (
    PPM,
    InclusiveRounding,
    PriceMode,
    TaxableLine,
    TaxedLines,
    TaxRounding,
    TaxSubtotal,
)
from trueup.billing.taxes.rules.apportionment import apportioned
from trueup.billing.taxes.rules.rounding import quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.taxes.model import TaxConvention, TaxRate
    from trueup.kernel.currency import Currency


def tax_lines(
    lines: Sequence[TaxableLine], *, currency: Currency, convention: TaxConvention
) -> TaxedLines:
    """The taxes of an invoice's `lines`, rounded as `convention` says; parts always sum.

    lines: any number, one currency, whole steps, after discounts.  Source: B15, B42, B45.
    """
    first = lines[0] if lines else TaxableLine(0, ())
    if all(line.rates == first.rates and line.price_mode is first.price_mode for line in lines):
        amounts = [line.amount_micros for line in lines]
        return tax_amounts(
            amounts,
            first.rates,
            currency=currency,
            convention=convention,
            price_mode=first.price_mode,
        )
    if convention.rounding_place is not TaxRounding.INVOICE and all(
        len(line.rates) <= 1 and line.price_mode is PriceMode.EXCLUSIVE for line in lines
    ):
        return _tax_by_rate(lines, currency.step_micros, convention)
    return _tax_mixed(lines, currency.step_micros, convention)


def tax_amounts(
    amounts: Sequence[int],
    rates: tuple[TaxRate, ...],
    *,
    currency: Currency,
    convention: TaxConvention,
    price_mode: PriceMode = PriceMode.EXCLUSIVE,
) -> TaxedLines:
    """The taxes of lines that all bear the same `rates`: what a bill run calls.

    amounts: micro-units, whole steps, one currency, after discounts.
    """
    if not rates:
        net, none = sum(amounts), (0,) * len(amounts)
        return TaxedLines(tuple(amounts), ((),) * len(amounts), none, (), net, 0)
    if len(rates) == 1:
        return _tax_one_rate(amounts, rates[0], price_mode, currency.step_micros, convention)
    if _are_independent(rates, price_mode, convention):
        taxed = [
            _tax_one_rate(amounts, rate, price_mode, currency.step_micros, convention)
            for rate in rates
        ]
        return _side_by_side(amounts, taxed)
    lines = [TaxableLine(amount, rates, price_mode) for amount in amounts]
    return _tax_mixed(lines, currency.step_micros, convention)


def _are_independent(
    rates: Sequence[TaxRate], price_mode: PriceMode, convention: TaxConvention
) -> bool:
    """Whether each tax can be taken without looking at the others."""
    return (
        price_mode is PriceMode.EXCLUSIVE
        and convention.rounding_place is not TaxRounding.INVOICE
        and not any(rate.is_compound for rate in rates)
        and len(set(rates)) == len(rates)
    )


def _side_by_side(amounts: Sequence[int], taxed: Sequence[TaxedLines]) -> TaxedLines:
    parts = tuple(zip(*(one.line_taxes for one in taxed), strict=True))
    line_taxes = tuple(map(sum, parts))
    return TaxedLines(
        line_nets=tuple(amounts),
        parts=parts,
        line_taxes=line_taxes,
        subtotals=tuple(one.subtotals[0] for one in taxed),
        net_micros=sum(amounts),
        tax_micros=sum(line_taxes),
    )


# ---- one tax a line


def _tax_by_rate(lines: Sequence[TaxableLine], step: int, convention: TaxConvention) -> TaxedLines:
    """Lines of one tax each, or none: the lines of a rate have nothing to do with the others."""
    numbers_by_rate: dict[TaxRate, list[int]] = {}
    for number, line in enumerate(lines):
        for rate in line.rates:
            numbers_by_rate.setdefault(rate, []).append(number)
    parts: list[tuple[int, ...]] = [()] * len(lines)
    subtotals: list[TaxSubtotal] = []
    for rate, numbers in numbers_by_rate.items():
        amounts = [lines[number].amount_micros for number in numbers]
        taxed = _tax_one_rate(amounts, rate, PriceMode.EXCLUSIVE, step, convention)
        subtotals += taxed.subtotals
        for number, part in zip(numbers, taxed.parts, strict=True):
            parts[number] = part
    nets, taxes = tuple(line.amount_micros for line in lines), tuple(map(sum, parts))
    return TaxedLines(nets, tuple(parts), taxes, tuple(subtotals), sum(nets), sum(taxes))


def _tax_one_rate(
    amounts: Sequence[int],
    rate: TaxRate,
    price_mode: PriceMode,
    step: int,
    convention: TaxConvention,
) -> TaxedLines:
    ppm = rate.rate_ppm
    is_inclusive = price_mode is PriceMode.INCLUSIVE
    scale = (PPM + ppm if is_inclusive else PPM) * step
    is_net_first = is_inclusive and convention.inclusive_rounding is InclusiveRounding.NET
    rounding = convention.rounding
    if len(amounts) == 1 or convention.rounding_place is TaxRounding.LINE:
        taxes = [
            _steps_of_tax(amount, ppm, scale, step, rounding, is_net_first=is_net_first)
            for amount in amounts
        ]
    else:
        total = _steps_of_tax(sum(amounts), ppm, scale, step, rounding, is_net_first=is_net_first)
        taxes = _spread(total, [amount * ppm for amount in amounts], scale)
    line_taxes = tuple([tax * step for tax in taxes])
    tax_micros = sum(line_taxes)
    line_nets = tuple(amounts)
    if is_inclusive:
        line_nets = tuple([a - tax for a, tax in zip(amounts, line_taxes, strict=True)])
    net = sum(line_nets)
    parts = tuple([(tax,) for tax in line_taxes])
    subtotal = TaxSubtotal(rate, net, tax_micros)
    return TaxedLines(line_nets, parts, line_taxes, (subtotal,), net, tax_micros)


def _steps_of_tax(
    amount: int, ppm: int, scale: int, step: int, rounding: str, *, is_net_first: bool
) -> int:
    if is_net_first:
        return amount // step - quotient(amount * (scale // step - ppm), scale, rounding)
    return quotient(amount * ppm, scale, rounding)


def _spread(whole: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """`apportioned` for shares over one denominator, in integers."""
    floors, rests = [], []
    for numerator in numerators:
        floor, rest = divmod(numerator, denominator)
        floors.append(floor)
        rests.append(rest)
    spare = whole - sum(floors)
    if spare:
        for i in sorted(range(len(rests)), key=lambda i: (-rests[i], i))[:spare]:
            floors[i] += 1
    return floors


# ---- several taxes


@dataclass(frozen=True, slots=True)
class _Cell:
    """One tax on one line.  exact: in steps of the currency, before rounding."""

    line: int
    place: int
    rate: TaxRate
    exact: Fraction


def _tax_mixed(lines: Sequence[TaxableLine], step: int, convention: TaxConvention) -> TaxedLines:
    taxes = [[0] * len(line.rates) for line in lines]
    cells = [cell for number, line in enumerate(lines) for cell in _cells(number, line, step)]
    units: dict[object, list[_Cell]] = {}
    for cell in cells:
        unit = _unit(cell, lines[cell.line], convention.rounding_place)
        units.setdefault(unit, []).append(cell)
    for unit_cells in units.values():
        whole = _rounded(unit_cells, lines, step, convention)
        for cell, tax in _settled(whole, unit_cells):
            taxes[cell.line][cell.place] = tax * step
    return _assembled(lines, taxes)


def _cells(number: int, line: TaxableLine, step: int) -> list[_Cell]:
    """The exact taxes of a line: a compound tax is levied on the price and the taxes before it."""
    factors: list[Fraction] = []
    for rate in line.rates:
        base = 1 + sum(factors) if rate.is_compound else Fraction(1)
        factors.append(base * Fraction(rate.rate_ppm, PPM))
    net = Fraction(line.amount_micros, step)
    if line.price_mode is PriceMode.INCLUSIVE:
        net /= 1 + sum(factors)
    return [
        _Cell(number, place, rate, net * factor)
        for place, (rate, factor) in enumerate(zip(line.rates, factors, strict=True))
    ]


def _unit(cell: _Cell, line: TaxableLine, place: TaxRounding) -> object:
    """What is rounded together with `cell`.

    Taxes inside one price are rounded together, or net and taxes would not sum to it.
    """
    is_inclusive = line.price_mode is PriceMode.INCLUSIVE
    if place is TaxRounding.LINE:
        return (cell.line,) if is_inclusive else (cell.line, cell.place)
    if place is TaxRounding.CATEGORY:
        return line.rates if is_inclusive else cell.rate
    return line.price_mode


def _rounded(
    cells: Sequence[_Cell], lines: Sequence[TaxableLine], step: int, convention: TaxConvention
) -> int:
    exact = sum((cell.exact for cell in cells), Fraction(0))
    numbers = {cell.line for cell in cells}
    is_inclusive = lines[cells[0].line].price_mode is PriceMode.INCLUSIVE
    if is_inclusive and convention.inclusive_rounding is InclusiveRounding.NET:
        gross = sum(lines[number].amount_micros for number in numbers) // step
        net = gross - exact
        return gross - quotient(net.numerator, net.denominator, convention.rounding)
    return quotient(exact.numerator, exact.denominator, convention.rounding)


def _settled(whole: int, cells: Sequence[_Cell]) -> list[tuple[_Cell, int]]:
    """`whole` steps dealt to taxes first, then to lines, so that both sums are within a step."""
    by_rate: dict[TaxRate, list[_Cell]] = {}
    for cell in cells:
        by_rate.setdefault(cell.rate, []).append(cell)
    sums = [sum((cell.exact for cell in group), Fraction(0)) for group in by_rate.values()]
    dealt: list[tuple[_Cell, int]] = []
    for total, group in zip(apportioned(whole, sums), by_rate.values(), strict=True):
        dealt += zip(group, apportioned(total, [cell.exact for cell in group]), strict=True)
    return dealt


def _assembled(lines: Sequence[TaxableLine], taxes: Sequence[Sequence[int]]) -> TaxedLines:
    line_taxes = tuple(sum(parts) for parts in taxes)
    line_nets = tuple(
        line.amount_micros - (tax if line.price_mode is PriceMode.INCLUSIVE else 0)
        for line, tax in zip(lines, line_taxes, strict=True)
    )
    sums: dict[TaxRate, tuple[int, int]] = {}
    for line, net, parts in zip(lines, line_nets, taxes, strict=True):
        for place, (rate, tax) in enumerate(zip(line.rates, parts, strict=True)):
            base = net + (sum(parts[:place]) if rate.is_compound else 0)
            taxable, taxed = sums.get(rate, (0, 0))
            sums[rate] = (taxable + base, taxed + tax)
    return TaxedLines(
        line_nets=line_nets,
        parts=tuple(tuple(parts) for parts in taxes),
        line_taxes=line_taxes,
        subtotals=tuple(TaxSubtotal(rate, *both) for rate, both in sums.items()),
        net_micros=sum(line_nets),
        tax_micros=sum(line_taxes),
    )
