from __future__ import annotations

from enum import StrEnum
from typing import Final

from trueup.kernel.columns import Columns


class SubscriptionStatus(StrEnum):
    PENDING = "pending"
    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CollectionMethod(StrEnum):
    CHARGE_AUTOMATICALLY = "charge_automatically"
    SEND_INVOICE = "send_invoice"


SUBSCRIPTION: Final = Columns(
    "billing.subscription",
    required=(
        "subscription_id",
        "customer_id",
        "status",
        "currency",
        "cancel_at_period_end",
        "collection_method",
        "net_days",
    ),
    optional=(
        "started_at",
        "trial_end_at",
        "current_period_start",
        "current_period_end",
        "charged_through_at",
        "anchor_day",
        "cancel_at",
        "cancelled_at",
        "ended_at",
        "paused_at",
    ),
)
SUBSCRIPTION_ITEM: Final = Columns(
    "billing.subscription_item",
    required=("subscription_id", "position", "price_id", "quantity"),
)
DISCOUNT: Final = Columns(
    "billing.discount",
    required=("discount_id", "subscription_id", "coupon_code"),
    optional=(
        "percent_bp",
        "amount_micros",
        "currency",
        "periods_remaining",
        "starts_at",
        "ends_at",
    ),
    free_text=("coupon_code",),
)
