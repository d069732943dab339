"""Executes a derivation: the same expression, the same cent, today and in ten years."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from trueup.billing.rating.derivation import (
    Capacity,
    Choice,
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
    Unit,
    Unused,
    Volume,
)
from trueup.billing.rating.errors import UnreadableDerivation
from trueup.billing.rating.rules.exact import (
    ADD,
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
from trueup.billing.rating.rules.tiers import (
    mode_of,
    packages,
    quantity_of,
    reached,
    tier_of_capacity,
    unit_price,
    used_in_all,
    walked,
)
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def _unused(node: Unused) -> Ratio:
    check(node.included > 0, "a share is of something", whole=node.included)
    return times(_amount(node.amount), (node.left, node.included))


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
    tiers = node.tiers
    steps, below = walked(node)
    total = ZERO
    for index, units, has_flat in steps:
        tier = tiers[index]
        if units:
            total = ADD(total, MULTIPLY(units, unit_price(tier)))
        if has_flat and tier.flat:
            total = ADD(total, tier.flat if below == ONE else MULTIPLY(tier.flat, below))
    return total, below


def _volume(node: Volume) -> Ratio:
    tier = reached(node)
    quantity = used_in_all(node) if node.billed_qty is None else (node.billed_qty, ONE)
    cost = times((unit_price(tier), ONE), quantity)
    return added(cost, (tier.flat, ONE)) if node.flat_due and tier.flat else cost


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
        Unused: _unused,
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
