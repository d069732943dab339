"""Why a bill differs: it is made again under one other rule or fact, until nothing differs.  Pure.

A cause is never guessed from the size of a difference.  Only what makes every field of the document
come out, under the engine's own rules, is named; what nothing makes come out stays unexplained.
Source: BILLING_RULES, Beyond 1.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
)
from itertools import islice
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Proration
from trueup.billing.discounts.model import Coupon, CouponOrder, Discount, DiscountRounding
from trueup.billing.taxes.model import TaxRounding
from trueup.migration.backtest.model import Cause, Used
from trueup.migration.backtest.rules.billing import billed_again, is_metered
from trueup.migration.backtest.rules.comparing import agrees
from trueup.migration.backtest.rules.selling import EVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trueup.migration.backtest.model import Case, Document
    from trueup.migration.backtest.rules.billing import Again

    Alternative = Callable[[Case], Iterator[Case]]

ROUNDINGS: Final = (
    ROUND_HALF_UP,
    ROUND_HALF_EVEN,
    ROUND_HALF_DOWN,
    ROUND_DOWN,
    ROUND_UP,
    ROUND_FLOOR,
    ROUND_CEILING,
)
HUNDRED: Final = 100
TRIES_MAX: Final = 600
"""Bills made to explain one document; so many that every pair of causes gets its turn."""


def explained(case: Case, bill: Callable[[Case], Again] = billed_again) -> tuple[Cause, ...]:
    """The one cause, or the two, under which nothing differs; UNEXPLAINED if there are none.

    bill: how the bill is made again.
    """
    for cause, other in _alternatives(case):
        if agrees(other, bill(other)):
            return (cause,)
    for causes, other in islice(_pairs(case), TRIES_MAX):
        if agrees(other, bill(other)):
            return causes
    return (Cause.UNEXPLAINED,)


def _pairs(case: Case) -> Iterator[tuple[tuple[Cause, ...], Case]]:
    for cause, other in _alternatives(case):
        for second, both in _alternatives(other):
            if second is not cause:
                yield (cause, second), both


def _alternatives(case: Case) -> Iterator[tuple[Cause, Case]]:
    for cause, alternative in ALTERNATIVES:
        for other in alternative(case):
            yield cause, other


# ---- facts that may have been others


def _without_unbilled_usage(case: Case) -> Iterator[Case]:
    kept = tuple(each for each in case.usage if each.is_billed)
    if len(kept) != len(case.usage):
        yield replace(case, usage=kept)


def _with_usage_set_aside(case: Case) -> Iterator[Case]:
    """The quantity that the document states, where reports of use were set aside."""
    item = next((i for i in case.sold.items if i.charge.meter is not None), None)
    start = case.document.period_start
    if item is None or start is None or not case.sold.set_aside.get("usage_event"):
        return
    for line in case.document.lines:
        if line.quantity is not None and line.amount_micros >= 0:
            meter = (item.charge.meter or "").split("+")[0]
            yield replace(case, usage=(Used(meter, line.quantity, start, is_billed=True),))


def _at_other_version(case: Case) -> Iterator[Case]:
    for place, item in enumerate(case.sold.items):
        for charge in item.versions:
            items = list(case.sold.items)
            items[place] = item._replace(charge=charge)
            yield replace(case, sold=replace(case.sold, items=tuple(items)))


def _at_other_quantity(case: Case) -> Iterator[Case]:
    """The quantity that the document states, of a fee that is per unit."""
    quantities = {line.quantity for line in case.document.lines if line.quantity is not None}
    for place, item in enumerate(case.sold.items):
        for quantity in sorted(quantities - {item.quantity}):
            if item.charge.meter is None:
                items = list(case.sold.items)
                items[place] = item._replace(quantity=quantity)
                yield replace(case, sold=replace(case.sold, items=tuple(items)))


def _without_used_up_discounts(case: Case) -> Iterator[Case]:
    used_up = {d.discount_id for d in case.sold.discounts if d.uses_left == 0}
    kept = tuple(d for d in case.discounts if d.discount_id not in used_up)
    if len(kept) != len(case.discounts):
        yield replace(case, discounts=kept)


def _with_discount_set_aside(case: Case) -> Iterator[Case]:
    """What the document took off, where a discount of the subscription was set aside."""
    taken = case.document.discount_micros
    if taken > 0 and case.sold.set_aside.get("discount"):
        coupon = Coupon("set aside", amount_micros=taken, currency=case.document.currency)
        yield replace(case, discounts=(Discount("set aside", coupon, EVER),))


def _before_end_was_known(case: Case) -> Iterator[Case]:
    if case.ends_at is not None:
        yield replace(case, ends_at=None)


def _on_its_day(case: Case) -> Iterator[Case]:
    """Billed when its period falls due, whatever day the source did it on."""
    document = case.document
    due = document.period_end if is_metered(case.sold) else document.period_start
    if case.is_dated and due is not None:
        yield replace(case, at=due, is_dated=False)


def _not_billed_before(case: Case) -> Iterator[Case]:
    start = case.document.period_start
    if start is not None and case.through is not None and case.through > start:
        yield replace(case, through=start)


def _in_main_unit(case: Case) -> Iterator[Case]:
    """A document whose amounts are a hundred times too high: main units read as minor ones."""
    lower = _divided(case.document, HUNDRED)
    if lower is not None:
        yield replace(case, document=lower)


def _divided(document: Document, by: int) -> Document | None:
    """`document` with each amount a `by`-th; None where one of them is no multiple."""
    names = ("subtotal_micros", "discount_micros", "tax_micros", "total_micros")
    amounts = {name: getattr(document, name) for name in names}
    every = [*amounts.values(), *(line.amount_micros for line in document.lines)]
    if not document.total_micros or any(amount % by for amount in every):
        return None
    lines = tuple(line._replace(amount_micros=line.amount_micros // by) for line in document.lines)
    return replace(document, lines=lines, **{name: a // by for name, a in amounts.items()})


# ---- rules that may have been others


def _discount_of_net(case: Case) -> Iterator[Case]:
    gives_back = any(line.amount_micros < 0 for line in case.document.lines)
    if case.discounts and gives_back and not case.nets_credits:
        yield replace(case, nets_credits=True)


def _discount_order(case: Case) -> Iterator[Case]:
    if len(case.discounts) > 1:
        for order in CouponOrder:
            discounts = replace(case.dialect.discounts, order=order)
            yield replace(case, dialect=replace(case.dialect, discounts=discounts))


def _discount_rounding(case: Case) -> Iterator[Case]:
    if case.discounts:
        for place in DiscountRounding:
            for rounding in ROUNDINGS:
                other = replace(case.dialect.discounts, rounding_place=place, rounding=rounding)
                yield replace(case, dialect=replace(case.dialect, discounts=other))


def _rounding(case: Case) -> Iterator[Case]:
    for rounding in ROUNDINGS:
        if rounding != case.dialect.rounding:
            yield replace(case, dialect=replace(case.dialect, rounding=rounding))


def _proration(case: Case) -> Iterator[Case]:
    for unit in Proration:
        if unit is not case.dialect.proration:
            yield replace(case, dialect=replace(case.dialect, proration=unit))


def _tax_place(case: Case) -> Iterator[Case]:
    for place in TaxRounding:
        if place is not case.dialect.taxes.rounding_place:
            taxes = replace(case.dialect.taxes, rounding_place=place)
            yield replace(case, dialect=replace(case.dialect, taxes=taxes))


def _tax_rounding(case: Case) -> Iterator[Case]:
    for rounding in ROUNDINGS:
        if rounding != case.dialect.taxes.rounding:
            taxes = replace(case.dialect.taxes, rounding=rounding)
            yield replace(case, dialect=replace(case.dialect, taxes=taxes))


ALTERNATIVES: Final[Sequence[tuple[Cause, Alternative]]] = (
    (Cause.UNBILLED_USAGE, _without_unbilled_usage),
    (Cause.MISSING_USAGE, _with_usage_set_aside),
    (Cause.DISCOUNT_OF_NET, _discount_of_net),
    (Cause.PRICE_VERSION, _at_other_version),
    (Cause.QUANTITY, _at_other_quantity),
    (Cause.DISCOUNT_USED_UP, _without_used_up_discounts),
    (Cause.MISSING_DISCOUNT, _with_discount_set_aside),
    (Cause.SERVICE_ENDED, _before_end_was_known),
    (Cause.TIMING, _on_its_day),
    (Cause.BILLED_BEFORE, _not_billed_before),
    (Cause.TAX_PLACE, _tax_place),
    (Cause.TAX_ROUNDING, _tax_rounding),
    (Cause.ROUNDING, _rounding),
    (Cause.PRORATION, _proration),
    (Cause.DISCOUNT_ORDER, _discount_order),
    (Cause.DISCOUNT_ROUNDING, _discount_rounding),
    (Cause.WRONG_UNIT, _in_main_unit),
)
"""Facts of the document's time first: they explain most, and cost least to look at."""
