"""Which discounts an invoice gets, in what order, how much each takes, and off which lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from trueup.billing.discounts.model import (
    ONCE,
    PPM,
    CouponOrder,
    DiscountedLines,
    DiscountRounding,
    DiscountUse,
    Leftover,
    PercentBase,
    UseCount,
)
from trueup.kernel.allocation import allocate
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trueup.billing.discounts.model import (
        Coupon,
        Discount,
        DiscountableLine,
        DiscountConvention,
    )
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency


def discount_lines(
    lines: Sequence[DiscountableLine],
    discounts: Sequence[Discount],
    *,
    currency: Currency,
    at: Instant,
    convention: DiscountConvention,
) -> DiscountedLines:
    """What `discounts` take off an invoice's `lines` at `at`, in the order of `convention`.

    lines: any number, one currency.  discounts: any; those that have ended, are used up or are of
    another currency take nothing and are not listed.  No line goes below zero, and a line that
    gives back is left alone.  Source: B15, B42, B43, B44, B50.
    """
    if not discounts:
        return DiscountedLines((0,) * len(lines), (), 0)
    left = [max(line.amount_micros, 0) for line in lines]
    original = list(left)
    given_back = sum(line.amount_micros for line in lines if line.amount_micros < 0)
    uses = []
    for discount in in_order(discounts, convention.order):
        if not is_live(discount, at=at, currency=currency):
            continue
        eligible = [_covers(discount.coupon, line) for line in lines]
        if not any(eligible):
            continue
        base = original if convention.percent_base is PercentBase.ORIGINAL else left
        bases = [b if ok else 0 for b, ok in zip(base, eligible, strict=True)]
        room = [x if ok else 0 for x, ok in zip(left, eligible, strict=True)]
        parts = _taken(discount, bases, room, sum(left) + given_back, currency, convention)
        left = [x - part for x, part in zip(left, parts, strict=True)]
        uses.append(_used(discount, parts, convention))
    off = tuple(before - after for before, after in zip(original, left, strict=True))
    return DiscountedLines(off, tuple(uses), sum(off))


def in_order(discounts: Iterable[Discount], order: CouponOrder) -> list[Discount]:
    """`discounts` as they are taken; the order given matters to AS_GIVEN only.  Source: B43."""
    given = list(discounts)
    if order is CouponOrder.AS_GIVEN:
        return given
    return sorted(given, key=lambda d: (_rank(d.coupon, order), d.starts_at, d.discount_id))


def _rank(coupon: Coupon, order: CouponOrder) -> int:
    if order is CouponOrder.SPECIFIC_FIRST:
        return 0 if coupon.items else 1 if coupon.plans else 2
    if order is CouponOrder.PERCENT_FIRST:
        return int(not coupon.is_percent)
    if order is CouponOrder.AMOUNT_FIRST:
        return int(coupon.is_percent)
    return 0


def is_live(discount: Discount, *, at: Instant, currency: Currency) -> bool:
    """Whether `discount` can take something off an invoice in `currency` at `at`."""
    has_started = discount.starts_at <= at
    has_ended = discount.ends_at is not None and discount.ends_at <= at
    is_used_up = discount.uses_left == 0 or discount.left_micros == 0
    is_foreign = discount.coupon.currency not in {None, currency.code}
    return has_started and not has_ended and not is_used_up and not is_foreign


def _covers(coupon: Coupon, line: DiscountableLine) -> bool:
    if not coupon.plans and not coupon.items:
        return True
    return line.plan in coupon.plans or line.item in coupon.items


def _taken(
    discount: Discount,
    bases: Sequence[int],
    room: Sequence[int],
    net_left: int,
    currency: Currency,
    convention: DiscountConvention,
) -> list[int]:
    """What `discount` takes off each line: at most its `room`."""
    ppm = discount.coupon.percent_ppm
    if ppm is None:
        # Money given away must not become money owed to the customer: lines that give back
        # lower what an amount can take.
        amount = discount.left_micros or discount.coupon.amount_micros or 0
        return _split(min(amount, sum(room), max(net_left, 0)), room, room, currency)
    share = Decimal(ppm) / PPM
    if convention.rounding_place is DiscountRounding.LINE:
        wanted = [_share_of(base, share, currency, convention) for base in bases]
        return [min(want, most) for want, most in zip(wanted, room, strict=True)]
    total = _share_of(sum(bases), share, currency, convention)
    return _split(min(total, sum(room)), bases, room, currency)


def _share_of(base: int, share: Decimal, currency: Currency, convention: DiscountConvention) -> int:
    return Money(base, currency).times(share, rounding=convention.rounding).micros


def _split(
    amount: int, weights: Sequence[int], room: Sequence[int], currency: Currency
) -> list[int]:
    """`amount` by weight, at most `room` each.  amount: at most the sum of `room`.

    What a full line cannot take goes to the others, so each round fills a line or ends.
    """
    parts = [0] * len(room)
    open_weights = [w if most else 0 for w, most in zip(weights, room, strict=True)]
    while amount:
        dealt = allocate(Money(amount, currency), open_weights)
        for i, share in enumerate(dealt):
            taken = min(share.micros, room[i] - parts[i])
            parts[i] += taken
            amount -= taken
            if parts[i] == room[i]:
                open_weights[i] = 0
    return parts


def _used(discount: Discount, parts: Sequence[int], convention: DiscountConvention) -> DiscountUse:
    amount = sum(parts)
    after = _after(discount, amount, convention)
    counted = (discount.uses_left or 0) - (after.uses_left or 0)
    return DiscountUse(discount.discount_id, amount, tuple(parts), counted, after)


def _after(discount: Discount, amount: int, convention: DiscountConvention) -> Discount:
    """What is left of `discount` once it took `amount` off an invoice.  Source: B43, B44."""
    if not amount and convention.use_count is UseCount.WHEN_USED:
        return discount
    left = discount.left_micros
    if left is not None and convention.leftover is Leftover.CARRIES:
        left -= amount
        return replace(discount, left_micros=left, uses_left=ONCE if left else 0)
    if discount.uses_left is None:
        return discount
    return replace(discount, uses_left=discount.uses_left - 1)


def restored(discount: Discount, use: DiscountUse) -> Discount:
    """`discount` as if the invoice of `use` had not been; for an invoice that is voided.

    discount: as it stands now, which may be after further invoices.  Source: B44.
    """
    coupon = discount.coupon
    uses, left = discount.uses_left, discount.left_micros
    if uses is not None:
        uses = min(uses + use.uses_counted, coupon.uses or uses + use.uses_counted)
    if left is not None and coupon.amount_micros is not None:
        left = min(left + use.amount_micros, coupon.amount_micros)
        # A younger invoice may have taken the rest and the last use; now there is a rest again.
        uses = ONCE if use.amount_micros else uses
    return replace(discount, uses_left=uses, left_micros=left)
