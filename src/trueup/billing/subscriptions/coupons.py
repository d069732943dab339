"""Coupons given to subscriptions; what they take off, bill runs find out (B14, B43, B44)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.discounts.model import ONCE
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.errors import (
    CouponAlike,
    CouponOver,
    CouponTooFine,
    CouponUnknown,
)
from trueup.billing.subscriptions.service import get

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.discounts.model import Discount
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

PPM_IN_BP: Final = 100


def give(tx: Tx, subscription_id: UUID, discount: Discount) -> None:
    """Give a coupon to a subscription; bills from `discount.starts_at` on are less by it.

    Raises SubscriptionUnknown, CouponTooFine for a share finer than a hundredth of a per cent.
    """
    get(tx, subscription_id)
    coupon = discount.coupon
    share, rest = divmod(coupon.percent_ppm or 0, PPM_IN_BP)
    if rest:
        raise CouponTooFine(coupon=coupon.code)
    limits = {"plans": sorted(coupon.plans), "charges": sorted(coupon.items)}
    values = {
        "discount_id": discount.discount_id,
        "subscription_id": subscription_id,
        "coupon_code": coupon.code,
        "percent_bp": share or None,
        "amount_micros": coupon.amount_micros,
        "currency": coupon.currency,
        "periods_remaining": discount.uses_left,
        "starts_at": discount.starts_at,
        "ends_at": discount.ends_at,
        "left_micros": discount.left_micros,
        "limits": json.dumps(limits) if coupon.plans or coupon.items else None,
        "is_once": coupon.uses == ONCE,
    }
    store.insert_discount(tx, values)


def check_new(tx: Tx, subscription_id: UUID, discount: Discount) -> None:
    """Not the code of one that the subscription has for the same time.  Raises CouponAlike.

    One that is used up counts on its own first day alone, and none after its end.
    """
    if store.has_discount_alike(tx, subscription_id, discount):
        raise CouponAlike(coupon=discount.coupon.code)


def take_back(tx: Tx, discount_id: UUID, at: Instant) -> None:
    """End a coupon that was given; bills from `at` on are not less by it, those before stay.

    A draft of that day or a later one is issued without it.  Raises CouponUnknown, CouponOver.
    """
    held = get_coupon(tx, discount_id)
    is_used = held.periods_remaining == 0 or held.left_micros == 0
    is_used_up = is_used and not store.is_on_draft(tx, discount_id)
    if is_used_up or (held.ends_at is not None and held.ends_at <= at):
        raise CouponOver(coupon=held.coupon_code)
    store.end_discount(tx, discount_id, at)


def given(tx: Tx, subscription_id: UUID | None, limit: int = 50) -> list[Any]:
    """Coupons of a subscription or of all, the newest first, used up ones too."""
    return store.discounts(tx, subscription_id, limit)


def get_coupon(tx: Tx, discount_id: UUID) -> Any:
    """A coupon that was given, with whose it is.  Raises CouponUnknown."""
    held = store.find_discount(tx, discount_id)
    if held is None:
        raise CouponUnknown(coupon=str(discount_id))
    return held
