"""Coupons given to subscriptions; what they take off, bill runs find out (B14, B43, B44)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.discounts.model import ONCE
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.errors import CouponTooFine
from trueup.billing.subscriptions.service import get

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.discounts.model import Discount
    from trueup.db import Tx

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


def given(tx: Tx, subscription_id: UUID) -> list[Any]:
    """Coupons of a subscription, the oldest first, used up ones too."""
    return store.discounts_of(tx, subscription_id)
