"""What a price asks for a quantity, before bounds and rounding: one rule per model."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import (
    NOTHING,
    Capacity,
    Choice,
    Converted,
    Dynamic,
    Flat,
    Graduated,
    Neg,
    Package,
    Sum,
    Unit,
    Volume,
)
from trueup.billing.rating.errors import QuantityBeyondTiers, QuantityNegative
from trueup.billing.rating.model import (
    BlockPolicy,
    BlockPrice,
    CapacityPrice,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    Settling,
    UnitPrice,
    VolumePrice,
)
from trueup.billing.rating.rules.exact import ADD, MULTIPLY, SUBTRACT, ZERO
from trueup.billing.rating.rules.percentage import by_events
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from trueup.billing.rating.derivation import Node, Quantity
    from trueup.billing.rating.model import (
        BlockTier,
        Conversion,
        Model,
        Price,
        RatingConvention,
        Usage,
    )

WHOLE_PERIOD: Final = (VolumePrice, CapacityPrice)


def asked(price: Price, quantity: Decimal, usage: Usage, convention: RatingConvention) -> Node:
    """What `price` asks for this slice, exactly; of a whole-period price see `settles_whole`.

    quantity: of this slice; a negative one takes back what earlier slices counted.
    Raises NoPriceFound, QuantityNegative, EventsMissing, QuantityBeyondTiers.
    """
    model = price.model
    if quantity < 0 and ADD(usage.prior_qty, quantity) < 0:
        raise QuantityNegative(quantity=ADD(usage.prior_qty, quantity))
    if price.conversion is not None:
        return _converted(model, quantity, price.conversion, usage, convention)
    return _BY_MODEL[type(model)](model, quantity, usage, convention)


def settles_whole(model: Model, usage: Usage) -> bool:
    """Whether a price is known for a whole period only, so that slices settle it (B22, B23)."""
    if isinstance(model, MatrixPrice):
        return settles_whole(model.cell_for(usage.dimensions).price, usage)
    if isinstance(model, BlockPrice):
        return model.policy is BlockPolicy.TOP_TIER
    return isinstance(model, WHOLE_PERIOD)


def _converted(
    model: Model,
    quantity: Decimal,
    conversion: Conversion,
    usage: Usage,
    convention: RatingConvention,
) -> Node:
    """Each slice is converted and rounded by itself, and so is what came before it."""
    now = _in_units(quantity, conversion)
    prior = _in_units(usage.prior_qty, conversion) if usage.prior_qty else ZERO
    if isinstance(model, UnitPrice):
        return Unit(model.unit, now)
    if isinstance(model, GraduatedPrice):
        if quantity >= 0:
            return Graduated(model.tiers, now, prior, _opens(quantity, usage, convention))
        total = _in_units(ADD(usage.prior_qty, quantity), conversion)
        back = _in_units(quantity.copy_abs(), conversion)
        return _given_back(model, back, total, convention)
    if isinstance(model, VolumePrice):
        return _volume_of(model, now, prior, usage, convention)
    raise Defect("only prices of counted units convert them", model=model)


def _in_units(quantity: Decimal, conversion: Conversion) -> Converted:
    return Converted(quantity, conversion.divide_by, conversion.rounding, conversion.scale)


def _flat(model: FlatPrice, _quantity: Decimal, usage: Usage, _: RatingConvention) -> Node:
    position = usage.position
    is_due = position.is_first if model.timing is Timing.IN_ADVANCE else position.is_last
    return Flat(model.amount) if is_due else NOTHING


def _unit(model: UnitPrice, quantity: Decimal, _usage: Usage, _: RatingConvention) -> Node:
    return Unit(model.unit, quantity)


def _graduated(
    model: GraduatedPrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    if quantity >= 0:
        return Graduated(
            model.tiers, quantity, usage.prior_qty, _opens(quantity, usage, convention)
        )
    total = ADD(usage.prior_qty, quantity)
    return _given_back(model, quantity.copy_abs(), total, convention)


def _given_back(
    model: GraduatedPrice, quantity: Quantity, total: Quantity, convention: RatingConvention
) -> Node:
    """What was used falls to `total`: the tiers above it are given back, with flat amounts (B23).

    The first tier's flat amount stays where it is due without usage.
    """
    return Neg(Graduated(model.tiers, quantity, total, not convention.first_tier_fee_at_zero))


def _opens(quantity: Decimal, usage: Usage, convention: RatingConvention) -> bool:
    """Whether the first tier's flat amount is due in this slice, given that nothing is prior.

    Due at zero usage it comes with the first slice, else with the first that uses anything.
    """
    if convention.first_tier_fee_at_zero:
        return usage.position.is_first
    return quantity > 0


def _volume(
    model: VolumePrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    return _volume_of(model, quantity, usage.prior_qty, usage, convention)


def _volume_of(
    model: VolumePrice,
    quantity: Quantity,
    prior: Quantity,
    usage: Usage,
    convention: RatingConvention,
) -> Node:
    if _waits(usage, convention):
        return NOTHING
    flat_due = convention.first_tier_fee_at_zero or _is_used(quantity, usage)
    return Volume(model.tiers, quantity, flat_due=flat_due, prior=prior)


def _is_used(quantity: Quantity, usage: Usage) -> bool:
    used = quantity.qty if isinstance(quantity, Converted) else quantity
    return bool(ADD(usage.prior_qty, used))


def _waits(usage: Usage, convention: RatingConvention) -> bool:
    return convention.volume_settles is Settling.LAST and not usage.position.is_last


def _package(
    model: PackagePrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    return Package(
        model.price, model.size, quantity, model.free, usage.prior_qty, convention.package_rounding
    )


def _dynamic(model: DynamicPrice, quantity: Decimal, _usage: Usage, _: RatingConvention) -> Node:
    return Dynamic(quantity, model.multiplier)


def _capacity(
    model: CapacityPrice, _quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    if _waits(usage, convention):
        return NOTHING
    return Capacity(model.tiers, dict(usage.quantities))


def _blocks(
    model: BlockPrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    total = ADD(usage.prior_qty, quantity)
    if model.policy is BlockPolicy.TOP_TIER:
        if _waits(usage, convention):
            return NOTHING
        tier = _top_tier(model.tiers, total, convention)
        return Package(tier.price, tier.size, total)
    parts, lower = [], ZERO
    reach = max(total, usage.prior_qty)  # what is taken back lies above the new total
    for tier in model.tiers:
        upper = _upper_end(model.tiers, tier, lower, convention)
        now, before = _between(total, lower, upper), _between(usage.prior_qty, lower, upper)
        if now != before:
            parts.append(Package(tier.price, tier.size, SUBTRACT(now, before), prior=before))
        if upper is None or reach <= upper:
            return parts[0] if len(parts) == 1 else Sum(tuple(parts))
        lower = upper
    raise QuantityBeyondTiers(quantity=reach, largest=lower)


def _top_tier(
    tiers: tuple[BlockTier, ...], total: Decimal, convention: RatingConvention
) -> BlockTier:
    lower = ZERO
    for tier in tiers:
        upper = _upper_end(tiers, tier, lower, convention)
        if upper is None or total <= upper:
            return tier
        lower = upper
    raise QuantityBeyondTiers(quantity=total, largest=lower)


def _upper_end(
    tiers: tuple[BlockTier, ...], tier: BlockTier, lower: Decimal, convention: RatingConvention
) -> Decimal | None:
    if tier.max_blocks is None or (tier is tiers[-1] and convention.last_block_goes_on):
        return None
    return ADD(lower, MULTIPLY(tier.size, tier.max_blocks))


def _between(quantity: Decimal, lower: Decimal, upper: Decimal | None) -> Decimal:
    """How much of `quantity` lies above `lower` and up to `upper`."""
    top = quantity if upper is None or quantity < upper else upper
    return SUBTRACT(top, lower) if top > lower else ZERO


def _matrix(
    model: MatrixPrice, quantity: Decimal, usage: Usage, convention: RatingConvention
) -> Node:
    cell = model.cell_for(usage.dimensions)
    asked_of_cell = _BY_MODEL[type(cell.price)](cell.price, quantity, usage, convention)
    match = {name: usage.dimensions[name] for name in model.dimensions if name in cell.match}
    return Choice(match, asked_of_cell)


_BY_MODEL: Final[Mapping[type, Callable[[Any, Decimal, Usage, RatingConvention], Node]]] = (
    MappingProxyType(
        {
            FlatPrice: _flat,
            UnitPrice: _unit,
            GraduatedPrice: _graduated,
            VolumePrice: _volume,
            PackagePrice: _package,
            PercentagePrice: by_events,
            BlockPrice: _blocks,
            CapacityPrice: _capacity,
            DynamicPrice: _dynamic,
            MatrixPrice: _matrix,
        }
    )
)
