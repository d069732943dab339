"""From a price and a quantity to an amount with its derivation.

Order within a slice: the price, the discount, the maximum spend, the minimum spend, one rounding.
Source: BILLING_RULES B14, B17, B22, B23; docs/money.md §2.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from typing import TYPE_CHECKING

from trueup.billing.rating.derivation import NOTHING, Flat, Max, Min, Percent, Round, Sub
from trueup.billing.rating.model import STANDARD, WHOLE, RatedAmount, Settling
from trueup.billing.rating.rules.exact import SCALE, SUBTRACT, WORDS, to_scale
from trueup.billing.rating.rules.execution import exact
from trueup.billing.rating.rules.pricing import asked, settles_whole
from trueup.kernel.currency import MICRO_DIGITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from trueup.billing.rating.derivation import Node
    from trueup.billing.rating.model import Price, RatingConvention, Usage
    from trueup.kernel.currency import Currency


def rate(
    price: Price,
    quantity: Decimal,
    *,
    currency: Currency,
    usage: Usage = WHOLE,
    convention: RatingConvention = STANDARD,
    rounding: str = ROUND_HALF_UP,
) -> RatedAmount:
    """What is charged for `quantity` in one slice of a period, rounded once to the currency's step.

    rounding: a mode of `decimal`; ROUND_HALF_UP is half away from zero.
    Raises NoPriceFound, QuantityNegative, EventsMissing, QuantityBeyondTiers.
    """
    return rated(priced(price, quantity, usage, convention), currency, rounding)


def priced(
    price: Price,
    quantity: Decimal,
    usage: Usage = WHOLE,
    convention: RatingConvention = STANDARD,
) -> Node:
    """The derivation of `rate` before it is rounded, for callers that prorate it first."""
    return bounded(asked(price, quantity, usage, convention), price, usage, convention)


def bounded(
    node: Node, price: Price, usage: Usage = WHOLE, convention: RatingConvention = STANDARD
) -> Node:
    """What `price` asks, less its discount and within its bounds."""
    if usage is WHOLE and price.max_spend is None and price.min_spend is None:
        return node
    if usage.discount_percent:
        node = Sub(node, (Percent(usage.discount_percent, node),))
    if usage.previously_billed and _is_difference(price, usage, convention):
        node = Sub(node, (Flat(usage.previously_billed),))
    if price.max_spend is not None:
        node = Max((NOTHING, Min((node, _left(price.max_spend, usage)))))
    if price.min_spend is not None and _minimum_is_due(usage, convention):
        node = Max((node, _left(price.min_spend, usage)))
    return node


def rated(node: Node, currency: Currency, rounding: str = ROUND_HALF_UP) -> RatedAmount:
    """`node` rounded once to the step of `currency`.  rounding: a mode of `decimal`."""
    scale = currency.exponent
    value = to_scale(exact(node), scale, rounding)
    micros = int(SCALE(value, MICRO_DIGITS))
    return RatedAmount(micros, currency, Round(node, scale, WORDS[rounding]))


def shortfall(least: Node, billed: Sequence[Node]) -> Node:
    """What lines that are `billed` lack of a minimum spend or commitment; never negative."""
    return Max((NOTHING, Sub(least, tuple(billed))))


def _is_difference(price: Price, usage: Usage, convention: RatingConvention) -> bool:
    return convention.volume_settles is Settling.EACH and settles_whole(price.model, usage)


def _minimum_is_due(usage: Usage, convention: RatingConvention) -> bool:
    return usage.position.is_last or convention.minimum_settles is Settling.EACH


def _left(bound: Decimal, usage: Usage) -> Flat:
    """What of a bound on the whole period is left after earlier slices."""
    return Flat(SUBTRACT(bound, usage.previously_billed))
