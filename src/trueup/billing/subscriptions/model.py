from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo
    from decimal import Decimal
    from uuid import UUID

    from trueup.billing.subscriptions.contract import Contract


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


class OrderKind(StrEnum):
    """What is asked of a subscription."""

    START = "start"
    CHANGE = "change"
    CHANGE_QUANTITY = "change_quantity"
    ADD = "add"
    REMOVE = "remove"
    CANCEL = "cancel"
    UNCANCEL = "uncancel"
    PAUSE = "pause"
    RESUME = "resume"
    CHANGE_CYCLE = "change_cycle"
    CHANGE_PRICE = "change_price"
    TAKE_BACK = "take_back"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A row of `billing.subscription_item`; item_key without the subscription's part.

    cycle: None is the subscription's own.
    """

    position: int
    price_id: UUID
    quantity: Decimal
    item_key: str
    served_from: datetime
    served_until: datetime | None = None
    until_if_kept: datetime | None = None
    is_changed: bool = False
    is_last_whole: bool = False
    replaces: str | None = None
    cycle: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A row of `billing.subscription` with those that belong to it: what a contract is made of.

    cycle: its natural periods, as the column's comment says.  usage_watched_at: when it was looked
    at last whether usage makes something due by itself; None: it cannot.
    former_plans: those that were left and had a minimum commitment, oldest first.
    """

    subscription_id: UUID
    customer_id: UUID
    plan_id: UUID
    status: SubscriptionStatus
    currency: str
    quantity: Decimal
    time_zone: str
    started_at: datetime
    phases_from: datetime
    cycle: Mapping[str, Any]
    items: tuple[ItemRecord, ...]
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY
    net_days: int = 0
    legal_entity_id: UUID | None = None
    dialect: str | None = None
    bundle: str | None = None
    trial_end_at: datetime | None = None
    cancel_at: datetime | None = None
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    paused_at: datetime | None = None
    final_bill_at: datetime | None = None
    settles_from: datetime | None = None
    keeps_prepaid: bool = False
    former_plans: tuple[UUID, ...] = ()
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    charged_through_at: datetime | None = None
    next_bill_at: datetime | None = None
    last_billed_at: datetime | None = None
    usage_watched_at: datetime | None = None
    is_steady: bool = False
    is_joint: bool = False
    orders: int = 0

    @property
    def counts_instants(self) -> bool:
        """Whether it lives on instants instead of local days: it is prorated by the second."""
        running = self.cycle
        while "after" in running:
            running = running["after"]
        return "at" in running


@dataclass(frozen=True, slots=True)
class Subscription:
    """A record and the contract it stands for.  prices: of each item, by the item's key."""

    record: Record
    contract: Contract
    zone: tzinfo
    prices: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What was ordered, by whom, when, and from when it counts.

    terms: the order as JSON.  replaced: what `rules.taking_back` needs to undo it, while its time
    lies ahead.
    """

    kind: OrderKind
    ordered_at: datetime
    effective_at: datetime
    terms: Mapping[str, Any]
    ordered_by: str | None = None
    replaced: Mapping[str, Any] | None = None


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
