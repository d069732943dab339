"""Prices of what stands, such as seats: each unit by the time for which it stood (B27).

Units that come stand on those there are, so that they cost what the tiers above ask; units that go
are the last ones.  A tier's flat amount is due in full once it is entered.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from trueup.billing.rating.derivation import ZERO, Fraction, Graduated, Neg, Sum, Volume
from trueup.billing.rating.model import GraduatedPrice, VolumePrice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.calendar.model import Share
    from trueup.billing.drafting.rules.measuring import Measured
    from trueup.billing.rating.derivation import Node, Tier
    from trueup.billing.rating.model import Model, RatingConvention


def standing_price(model: Model, used: Measured, convention: RatingConvention) -> Node | None:
    """What a weighed quantity that stands costs; None: as if it were used, whatever its path."""
    if not used.shares:
        return None
    if isinstance(model, GraduatedPrice):
        return _graduated(model, used, convention)
    if isinstance(model, VolumePrice):
        return _volume(model, used, convention)
    return None


def _graduated(model: GraduatedPrice, used: Measured, convention: RatingConvention) -> Node:
    units = tuple(_without_flat(tier) for tier in model.tiers)
    terms = list(_steps(units, used))
    most = max(_levels(used), default=ZERO)
    if any(tier.flat for tier in model.tiers):
        flats = tuple(_only_flat(tier) for tier in model.tiers)
        is_opened = convention.first_tier_fee_at_zero or most > 0
        terms.append(Graduated(flats, most, first_flat=is_opened))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _steps(units: tuple[Tier, ...], used: Measured) -> Iterator[Node]:
    """Each change of what stands, at the tiers it lies in, for the time that is left."""
    before = ZERO
    for level, (_, left) in zip(_levels(used), used.changes, strict=True):
        if level > before:
            yield _for(Graduated(units, level - before, before, first_flat=False), left)
        elif level < before:
            yield _for(Neg(Graduated(units, before - level, level, first_flat=False)), left)
        before = level


def _for(node: Node, left: Share) -> Node:
    if left.numerator == left.denominator:
        return node
    return Fraction(node, Decimal(left.numerator), Decimal(left.denominator))


def _levels(used: Measured) -> Iterator[Decimal]:
    """What stands after each change; what is taken back of nothing leaves nothing."""
    level = ZERO
    for change, _ in used.changes:
        level += change
        yield max(level, ZERO)


def _volume(model: VolumePrice, used: Measured, convention: RatingConvention) -> Node:
    """All units at the tier that those reach that stand in the end."""
    *_, last = (ZERO, *_levels(used))
    flat_due = convention.first_tier_fee_at_zero or last > 0
    return Volume(model.tiers, last, max(used.divided().quantity, ZERO), flat_due)


def _without_flat(tier: Tier) -> Tier:
    return replace(tier, flat=ZERO)


def _only_flat(tier: Tier) -> Tier:
    return replace(tier, unit=ZERO, rate_percent=None)
