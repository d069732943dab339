"""Where a quantity falls: units of a price, tiers, packages, capacities."""

from __future__ import annotations

from decimal import ROUND_UP
from typing import TYPE_CHECKING

from trueup.billing.rating.derivation import Converted, Tier
from trueup.billing.rating.errors import NoPriceFound, QuantityBeyondTiers, UnreadableDerivation
from trueup.billing.rating.rules.exact import (
    ADD,
    MODES,
    MULTIPLY,
    ONE,
    SCALE,
    SUBTRACT,
    ZERO,
    Ratio,
    added,
    is_below,
    negated,
    to_scale,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from trueup.billing.rating.derivation import (
        CapacityTier,
        Graduated,
        Package,
        Quantity,
        Volume,
    )


def quantity_of(quantity: Quantity) -> Ratio:
    """A quantity in units of its price."""
    if not isinstance(quantity, Converted):
        return quantity, ONE
    if quantity.rounding == "none":
        return quantity.qty, quantity.divide_by
    share = (quantity.qty, quantity.divide_by)
    return to_scale(share, quantity.scale, mode_of(quantity.rounding)), ONE


def mode_of(word: str) -> str:
    """The mode of `decimal` that a derivation's word names.  Raises UnreadableDerivation."""
    mode = MODES.get(word)
    if mode is None:
        raise UnreadableDerivation(why=f"{word!r} is no rounding")
    return mode


def walk(
    tiers: Sequence[Tier], prior: Decimal, total: Decimal, *, opens: bool
) -> list[tuple[int, Decimal, bool]]:
    """The tiers that units above `prior` up to `total` enter: index, units, is its flat amount due.

    opens: the first tier's flat amount is due, if nothing is prior.  Another tier's is due once, in
    the slice that passes the tier's lower end (B22).  Raises QuantityBeyondTiers.
    """
    steps = []
    lower = ZERO
    for index, tier in enumerate(tiers):
        upper = tier.up_to
        top = total if upper is None or upper > total else upper
        bottom = max(prior, lower)
        has_flat = prior <= lower < total if index else opens and not prior
        if top > bottom:
            steps.append((index, SUBTRACT(top, bottom), has_flat))
        elif has_flat:
            steps.append((index, ZERO, has_flat))
        if upper is None or upper >= total:
            return steps
        lower = upper
    raise QuantityBeyondTiers(quantity=total, largest=lower)


def walked(node: Graduated) -> tuple[list[tuple[int, Decimal, bool]], Decimal]:
    """The steps of `walk`, and the denominator by which their units are to be divided."""
    top, below = quantity_of(node.qty)
    prior, _ = quantity_of(node.prior)
    tiers = node.tiers if below == ONE else _stretched(node.tiers, below)
    return walk(tiers, prior, ADD(prior, top), opens=node.first_flat), below


def used_in_all(node: Volume) -> Ratio:
    return (
        added(quantity_of(node.prior), quantity_of(node.qty))
        if node.prior
        else quantity_of(node.qty)
    )


def reached(node: Volume) -> Tier:
    """The tier that the quantity reaches, its upper end included (B21).

    Raises QuantityBeyondTiers.
    """
    quantity = used_in_all(node)
    for tier in node.tiers:
        if tier.up_to is None or not is_below((tier.up_to, ONE), quantity):
            return tier
    raise QuantityBeyondTiers(quantity=quantity[0], largest=node.tiers[-1].up_to or ZERO)


def unit_price(tier: Tier) -> Decimal:
    return tier.unit if tier.rate_percent is None else SCALE(tier.rate_percent, -2)


def packages(node: Package) -> Ratio:
    """How many packages `qty` begins after `prior`, free units taken off the first ones (B24)."""
    before = _packages_up_to(node, node.prior)
    return added(_packages_up_to(node, ADD(node.prior, node.qty)), negated(before))


def _packages_up_to(node: Package, quantity: Decimal) -> Ratio:
    paid = SUBTRACT(quantity, node.free)
    if paid <= 0:
        return ZERO, ONE
    if node.rounding == "none":
        return paid, node.size
    mode = ROUND_UP if node.rounding == "up" else mode_of(node.rounding)
    return to_scale((paid, node.size), 0, mode), ONE


def tier_of_capacity(
    tiers: Sequence[CapacityTier], quantities: Mapping[str, Decimal]
) -> CapacityTier:
    """The first tier whose limits hold for every meter.  Raises NoPriceFound."""
    for tier in tiers:
        if all(quantities.get(meter, ZERO) <= limit for meter, limit in tier.limits.items()):
            return tier
    raise NoPriceFound(dimensions={meter: str(used) for meter, used in quantities.items()})


def _stretched(tiers: Sequence[Tier], factor: Decimal) -> tuple[Tier, ...]:
    """The ends of tiers for quantities that are `factor` times too large."""
    return tuple(
        Tier(None if tier.up_to is None else MULTIPLY(tier.up_to, factor)) for tier in tiers
    )
