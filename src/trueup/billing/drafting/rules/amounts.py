"""How each kind of line comes to its amount, as derivations that are rounded once (B14, B17)."""

from __future__ import annotations

from decimal import Decimal
from math import gcd
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Proration
from trueup.billing.drafting.rules.standing import standing_price
from trueup.billing.rating.derivation import (
    ZERO,
    Choice,
    Flat,
    Fraction,
    Max,
    Neg,
    Node,
    Prorate,
    Round,
    Sub,
    Sum,
    Unit,
)
from trueup.billing.rating.model import (
    CapacityPrice,
    FlatPrice,
    MatrixPrice,
    PercentagePrice,
    Price,
    UnitPrice,
    Usage,
)
from trueup.billing.rating.rules.exact import WORDS
from trueup.billing.rating.rules.execution import share_of
from trueup.billing.rating.rules.rating import bounded, priced, rated
from trueup.billing.subscriptions.cycle import share
from trueup.kernel.currency import MICRO_DIGITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.billing.calendar.model import Share
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import BilledLine, DraftLine, Situation
    from trueup.billing.drafting.rules.measuring import Measured
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Cycle, Reach
    from trueup.kernel.currency import Currency

ONE: Final = Decimal(1)


def flat(micros: int) -> Flat:
    """An amount that is given, not computed."""
    return Flat(Decimal(micros).scaleb(-MICRO_DIGITS))


def rounded(node: Node, currency: Currency, dialect: Dialect) -> int:
    """Micro-units of `node`, whole steps of the currency, by the dialect's rounding."""
    return rated(node, currency, dialect.rounding).micros


def fee(item: Item, dialect: Dialect) -> Node:
    """What a whole period of a fee costs."""
    model = item.charge.price.model
    if isinstance(model, FlatPrice):
        return Flat(model.amount)
    if isinstance(model, UnitPrice):
        if item.quantity == ONE:
            return Flat(model.unit)
        return Unit(model.unit, item.quantity)
    return priced(item.charge.price, item.quantity, convention=dialect.rating)


def part_of(node: Node, cycle: Cycle, part: Reach, full: Reach, dialect: Dialect) -> Node:
    """What `part` of the period `full` costs, where all of it costs `node`."""
    if part == full:
        return node
    amount = node.amount if isinstance(node, Flat) else node
    numerator, denominator = share(cycle, part, full, dialect.proration)
    counted = dialect.proration in {Proration.DAY, Proration.SECOND}
    return Prorate(
        amount,
        part.start.isoformat(),
        part.end.isoformat(),
        (full.start.isoformat(), full.end.isoformat()),
        None if counted else numerator,
        None if counted else denominator,
    )


def share_of_billed(billed: BilledLine, cycle: Cycle, unused: Reach, dialect: Dialect) -> Node:
    """The part of a billed line that its unused time is, of the time the line was for."""
    line = billed.line
    if line.span is None or line.full is None:
        return flat(line.amount_micros)
    part, whole = (share(cycle, s, line.full, dialect.proration) for s in (unused, line.span))
    if not whole.numerator:
        return Flat(ZERO)  # a span that weighs nothing, as the 31st in months of 30 days
    return _unused_part(flat(line.amount_micros).amount, line.span, unused, (part, whole), dialect)


def _unused_part(
    amount: Decimal, span: Reach, unused: Reach, counted: tuple[Share, Share], dialect: Dialect
) -> Node:
    """The part of `amount` that `unused` is of `span`, as days or time if it counts to the same.

    counted: how much of one full period each is.
    """
    part, whole = counted
    by_itself = dialect.proration in {Proration.DAY, Proration.SECOND}
    told = Prorate(
        amount,
        unused.start.isoformat(),
        unused.end.isoformat(),
        (span.start.isoformat(), span.end.isoformat()),
        None if by_itself else part.numerator,
        None if by_itself else whole.numerator,
    )
    top, below = part.numerator * whole.denominator, whole.numerator * part.denominator
    num, den = share_of(told)
    if num * below == top * den:
        return told
    step = gcd(top, below)
    return Fraction(amount, Decimal(top // step), Decimal(below // step))


def usage_price(item: Item, used: Measured, window: Reach, full: Reach, dialect: Dialect) -> Node:
    """What a window's usage costs."""
    price = _usage_price(item, used, dialect)
    if used.divisor != 1 and isinstance(item.charge.price.model, UnitPrice):
        return price  # weighed by time as it is
    if item.charge.is_prorated and not item.charge.carries_over:
        return part_of(price, item.cycle, window, full, dialect)
    return price


def _usage_price(item: Item, used: Measured, dialect: Dialect) -> Node:
    price = item.charge.price
    if isinstance(price.model, MatrixPrice):
        return bounded(_by_cell(price.model, used, dialect), price, convention=dialect.rating)
    return _by_quantity(price, used, dialect)


def _by_cell(model: MatrixPrice, used: Measured, dialect: Dialect) -> Node:
    """What the events of each cell come to together, as one quantity of its price (B25)."""
    parts = []
    for there in used.grouped(lambda event: id(model.cell_for(event.dimensions))):
        cell = model.cell_for(there.events[0].dimensions)
        match = {
            name: ", ".join(sorted({event.dimensions[name] for event in there.events}))
            for name in model.dimensions
            if name in cell.match
        }
        parts.append(Choice(match, _by_quantity(Price(cell.price), there, dialect)))
    return Sum(tuple(parts)) if parts else Flat(ZERO)


def _by_quantity(price: Price, used: Measured, dialect: Dialect) -> Node:
    model = price.model
    standing = standing_price(model, used, dialect.rating) if price.conversion is None else None
    if standing is not None:
        return bounded(standing, price, convention=dialect.rating)
    if used.divisor != 1 and isinstance(model, UnitPrice):
        whole = priced(price, used.quantity, convention=dialect.rating)
        return Fraction(whole, ONE, Decimal(used.divisor))
    used = used.divided()
    if isinstance(model, CapacityPrice):
        if not used.events:
            return Flat(ZERO)
        return priced(price, used.quantity, Usage(quantities=used.by_meter), dialect.rating)
    if isinstance(model, PercentagePrice):
        events = tuple(e.quantity for e in used.events)
        return priced(price, used.quantity, Usage(events=events), dialect.rating)
    return priced(price, used.quantity, convention=dialect.rating)


def difference(price: Node, before: Sequence[DraftLine]) -> Node:
    """What `price` is more than the lines that billed part of it."""
    if not before:
        return price
    return Sub(price, tuple(flat(line.amount_micros) for line in before))


def minimum_of(
    minimum: Decimal, cycle: Cycle, window: Reach, full: Reach, dialect: Dialect
) -> Node:
    """The part of a minimum that falls to `window`."""
    return part_of(Flat(minimum), cycle, window, full, dialect)


def shortfall(
    least: Node, counted: Sequence[DraftLine], currency: Currency, dialect: Dialect
) -> Node:
    """What the counted lines are short of `least`, which is rounded by itself; never below zero."""
    lines = tuple(flat(line.amount_micros) for line in counted if line.amount_micros)
    missing = Sub(Round(least, currency.exponent, WORDS[dialect.rounding]), lines)
    return Max((Flat(ZERO), missing))


def less_billed(price: Node, billed: Sequence[Node], case: Situation) -> Node:
    """`price` less what was billed ahead for what it takes over, each rounded; never below 0."""
    if not billed:
        return price
    scale, mode = case.currency.exponent, WORDS[case.dialect.rounding]
    rest = Sub(Round(price, scale, mode), tuple(Round(node, scale, mode) for node in billed))
    return Max((Flat(ZERO), rest))


def negated(node: Node) -> Node:
    return Neg(node)
