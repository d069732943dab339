"""Which tax category and rate a stored line is in, and what each of them comes to.  Pure.

A native invoice keeps the decision as a fact (B46).  An imported one keeps its source's rates;
where that kept a tax without its rate, the rate is the one of fewest decimals that gives the tax to
the cent, if only one does.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trueup.billing.documents.model import TaxCategory, TaxGroup
from trueup.billing.taxes.model import TaxAction
from trueup.kernel.allocation import allocate
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.documents.model import Allowance, Line
    from trueup.kernel.currency import Currency

NOTHING: Final = Decimal(0)
HUNDRED: Final = 100
DECIMALS_MAX: Final = 4
"""Of a rate in percent; no country has more."""
UNTAXED: Final[Mapping[str, TaxCategory]] = MappingProxyType(
    {
        TaxAction.REVERSE_CHARGE: TaxCategory.REVERSE_CHARGE,
        TaxAction.NO_CHARGE: TaxCategory.OUTSIDE_SCOPE,
        TaxAction.EXEMPT: TaxCategory.EXEMPT,
    }
)


class Tax(NamedTuple):
    """rate: percent."""

    category: TaxCategory
    rate: Decimal


NO_TAX: Final = Tax(TaxCategory.OUTSIDE_SCOPE, NOTHING)


def tax_of(
    fact: Mapping[str, Any] | None, rate: Decimal | None, net: Money, tax: Money
) -> Tax | None:
    """The tax of a line.  rate: the fraction it keeps, if any.  None: no rate explains its tax."""
    if fact is not None and (category := UNTAXED.get(fact["action"])) is not None:
        return Tax(category, NOTHING)
    if rate is not None:
        percent = _plain(rate * HUNDRED)
        return Tax(TaxCategory.STANDARD if percent else TaxCategory.ZERO_RATED, percent)
    if not tax.micros:
        return NO_TAX
    return _implied(net, tax)


def _implied(net: Money, tax: Money) -> Tax | None:
    if not net.micros:
        return None
    exact = Decimal(tax.micros * HUNDRED) / Decimal(net.micros)
    for decimals in range(DECIMALS_MAX + 1):
        step = Decimal(1).scaleb(-decimals)
        rate = exact.quantize(step, ROUND_HALF_UP)
        fits = [r for r in (rate - step, rate, rate + step) if r > 0 and _gives(r, net, tax)]
        if fits:
            # Of several, nobody can say which was charged.
            return Tax(TaxCategory.STANDARD, _plain(rate)) if fits == [rate] else None
    return None


def _gives(rate: Decimal, net: Money, tax: Money) -> bool:
    return net.times(rate / HUNDRED, rounding=ROUND_HALF_UP) == tax


def _plain(rate: Decimal) -> Decimal:
    """Without zeros at the end, and never as 1E+1."""
    short = rate.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def tax_groups(
    lines: Sequence[Line],
    taxes: Sequence[int],
    allowances: Sequence[Allowance],
    tax: Money,
    legends: Mapping[TaxCategory, str],
) -> tuple[TaxGroup, ...]:
    """What each category at each rate comes to, in order of first appearance.

    taxes: of each line.  A document of one group bears its whole tax there.
    """
    currency = tax.currency
    kept = [Tax(line.tax_category, line.tax_rate) for line in lines]
    nets, sums = dict.fromkeys(kept, 0), dict.fromkeys(kept, 0)
    for key, line, own in zip(kept, lines, taxes, strict=True):
        nets[key] += line.net.micros
        sums[key] += own
    for each in allowances:
        nets[Tax(each.tax_category, each.tax_rate)] -= each.amount.micros
    if len(sums) == 1:
        sums = dict.fromkeys(sums, tax.micros)
    return tuple(
        TaxGroup(
            key.category,
            key.rate,
            Money(nets[key], currency),
            Money(sums[key], currency),
            legends.get(key.category, ""),
        )
        for key in nets
    )


def spread(amount: Money, lines: Sequence[Line]) -> dict[Tax, Money]:
    """`amount` over the groups of `lines`, by what they come to."""
    weights: dict[Tax, int] = {}
    for line in lines:
        key = Tax(line.tax_category, line.tax_rate)
        weights[key] = weights.get(key, 0) + line.net.micros
    positive = {key: max(weight, 0) for key, weight in weights.items()}
    if not any(positive.values()):
        return dict.fromkeys(list(weights)[:1], amount)
    return dict(zip(positive, allocate(amount, list(positive.values())), strict=True))


def spread_tax(tax: Money, lines: Sequence[Line]) -> list[int]:
    """The tax of a document over its lines, by what each would bear."""
    weights = [max(int(line.net.micros * line.tax_rate), 0) for line in lines]
    if not any(weights):
        return [tax.micros, *[0] * (len(lines) - 1)]
    return [part.micros for part in allocate(tax, weights)]


def zero(currency: Currency) -> Money:
    return Money(0, currency)
