"""Executes a derivation: the same expression, the same cent, today and in ten years."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from trueup.billing.rating.derivation import (
    Capacity,
    CapacityTier,
    Choice,
    Converted,
    Dynamic,
    Flat,
    Fraction,
    Graduated,
    Max,
    Min,
    Neg,
    Node,
    Package,
    Percent,
    PerEvent,
    Prorate,
    Round,
    Sub,
    Sum,
    Tier,
    Unit,
    Volume,
)
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
    times,
    to_scale,
)
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trueup.billing.rating.derivation import Quantity

_READER: Final = msgspec.json.Decoder(Node)
_WRITER: Final = msgspec.json.Encoder()
_MICROSECOND: Final = timedelta(microseconds=1)


def exact(node: Node) -> Ratio:
    """The value of `node`, exactly.  Raises NoPriceFound, QuantityBeyondTiers."""
    return _BY_KIND[type(node)](node)


def write_derivation(node: Node) -> bytes:
    """JSON that `read_derivation` gives back equal."""
    return _WRITER.encode(node)


def read_derivation(text: bytes | str) -> Node:
    """Raises UnreadableDerivation: an unknown operation, term or type is never ignored."""
    try:
        return cast("Node", _READER.decode(text))
    except msgspec.MsgspecError as problem:
        raise UnreadableDerivation(why=str(problem)) from problem


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
) -> list[tuple[Tier, Decimal, bool]]:
    """The tiers that units above `prior` up to `total` enter: tier, units, is its flat amount due.

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
            steps.append((tier, SUBTRACT(top, bottom), has_flat))
        elif has_flat:
            steps.append((tier, ZERO, has_flat))
        if upper is None or upper >= total:
            return steps
        lower = upper
    raise QuantityBeyondTiers(quantity=total, largest=lower)


def tier_of(tiers: Sequence[Tier], quantity: Decimal) -> Tier:
    """The tier that `quantity` reaches, upper ends included (B21).  Raises QuantityBeyondTiers."""
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return tier
    raise QuantityBeyondTiers(quantity=quantity, largest=tiers[-1].up_to or ZERO)


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


def share_of(node: Prorate) -> tuple[int, int]:
    """How many of how many days, or microseconds, are charged."""
    if node.num is not None and node.den is not None:
        return node.num, node.den
    start, end = node.period
    return _length(node.from_, node.to), _length(start, end)


def _length(start: str, end: str) -> int:
    if len(start) == len("2026-01-31"):
        return (date.fromisoformat(end) - date.fromisoformat(start)).days
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // _MICROSECOND


def tier_of_capacity(
    tiers: Sequence[CapacityTier], quantities: Mapping[str, Decimal]
) -> CapacityTier:
    """The first tier whose limits hold for every meter.  Raises NoPriceFound."""
    for tier in tiers:
        if all(quantities.get(meter, ZERO) <= limit for meter, limit in tier.limits.items()):
            return tier
    raise NoPriceFound(dimensions={meter: str(used) for meter, used in quantities.items()})


def _flat(node: Flat) -> Ratio:
    return node.amount, ONE


def _amount(amount: Decimal | Node) -> Ratio:
    return (amount, ONE) if isinstance(amount, Decimal) else exact(amount)


def _prorate(node: Prorate) -> Ratio:
    part, whole = share_of(node)
    check(whole > 0, "a share is of something", whole=whole)
    return times(_amount(node.amount), (Decimal(part), Decimal(whole)))


def _fraction(node: Fraction) -> Ratio:
    check(node.den > 0, "a share is of something", whole=node.den)
    return times(_amount(node.amount), (node.num, node.den))


def _unit(node: Unit) -> Ratio:
    quantity = node.qty
    if isinstance(quantity, Decimal):
        return MULTIPLY(node.price, quantity), ONE
    top, below = quantity_of(quantity)
    return MULTIPLY(node.price, top), below


def _dynamic(node: Dynamic) -> Ratio:
    return MULTIPLY(node.qty, node.multiplier), ONE


def _package(node: Package) -> Ratio:
    top, below = packages(node)
    return MULTIPLY(node.price, top), below


def _graduated(node: Graduated) -> Ratio:
    top, below = quantity_of(node.qty)
    prior, _ = quantity_of(node.prior)
    tiers = node.tiers if below == ONE else _stretched(node.tiers, below)
    total = ZERO
    for tier, units, has_flat in walk(tiers, prior, ADD(prior, top), opens=node.first_flat):
        if units:
            total = ADD(total, MULTIPLY(units, unit_price(tier)))
        if has_flat and tier.flat:
            total = ADD(total, tier.flat)
    return total, below


def _stretched(tiers: Sequence[Tier], factor: Decimal) -> tuple[Tier, ...]:
    """Tiers for quantities that are `factor` times too large, with a sum that is, too."""
    return tuple(
        Tier(
            up_to=None if tier.up_to is None else MULTIPLY(tier.up_to, factor),
            unit=tier.unit,
            flat=MULTIPLY(tier.flat, factor),
            rate_percent=tier.rate_percent,
        )
        for tier in tiers
    )


def _volume(node: Volume) -> Ratio:
    top, below = quantity_of(node.qty)
    tiers = node.tiers if below == ONE else _stretched(node.tiers, below)
    tier = tier_of(tiers, top)
    billed = top if node.billed_qty is None else MULTIPLY(node.billed_qty, below)
    cost = MULTIPLY(billed, unit_price(tier))
    return ADD(cost, tier.flat) if node.flat_due else cost, below


def _capacity(node: Capacity) -> Ratio:
    return tier_of_capacity(node.tiers, node.quantities).price, ONE


def _percent(node: Percent) -> Ratio:
    top, below = _amount(node.of)
    return SCALE(MULTIPLY(top, node.rate_percent), -2), below


def _per_event(node: PerEvent) -> Ratio:
    rate = SCALE(node.rate_percent, -2)
    total, events, amount = ZERO, node.free_events, node.free_amount
    for value, count in node.events:
        for _ in range(count):
            paid, events, amount = _after_allowance(node, value, events, amount)
            if paid is not None:
                cost = ADD(MULTIPLY(paid, rate), node.fixed)
                total = ADD(total, _within(cost, node.least, node.most))
    return total, ONE


def _after_allowance(
    node: PerEvent, value: Decimal, events: int, amount: Decimal
) -> tuple[Decimal | None, int, Decimal]:
    """What of an event is charged, None if it is free; what is left of the allowances after it."""
    has_events = events > 0 or not node.free_events or node.amount_outlasts
    if amount > 0 and has_events:
        if value < amount:
            return None, events - 1, SUBTRACT(amount, value)
        return SUBTRACT(value, amount), 0, ZERO
    if events > 0 and not node.free_amount:
        return None, events - 1, amount
    return value, 0, ZERO


def _within(cost: Decimal, least: Decimal | None, most: Decimal | None) -> Decimal:
    if least is not None and cost < least:
        cost = least
    return most if most is not None and cost > most else cost


def _sum(node: Sum) -> Ratio:
    total: Ratio = (ZERO, ONE)
    for term in node.terms:
        total = added(total, exact(term))
    return total


def _sub(node: Sub) -> Ratio:
    total = exact(node.from_)
    for term in node.less:
        total = added(total, negated(exact(term)))
    return total


def _neg(node: Neg) -> Ratio:
    return negated(exact(node.x))


def _round(node: Round) -> Ratio:
    return to_scale(exact(node.x), node.scale, mode_of(node.mode)), ONE


def _max(node: Max) -> Ratio:
    values = [exact(term) for term in node.terms]
    largest = values[0]
    for value in values[1:]:
        if is_below(largest, value):
            largest = value
    return largest


def _min(node: Min) -> Ratio:
    values = [exact(term) for term in node.terms]
    smallest = values[0]
    for value in values[1:]:
        if is_below(value, smallest):
            smallest = value
    return smallest


def _choice(node: Choice) -> Ratio:
    return exact(node.x)


_BY_KIND: Final[Mapping[type, Callable[[Any], Ratio]]] = MappingProxyType(
    {
        Flat: _flat,
        Prorate: _prorate,
        Fraction: _fraction,
        Unit: _unit,
        Dynamic: _dynamic,
        Package: _package,
        Graduated: _graduated,
        Volume: _volume,
        Capacity: _capacity,
        Percent: _percent,
        PerEvent: _per_event,
        Sum: _sum,
        Sub: _sub,
        Neg: _neg,
        Round: _round,
        Max: _max,
        Min: _min,
        Choice: _choice,
    }
)
