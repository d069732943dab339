from __future__ import annotations

from enum import StrEnum
from typing import Final

from trueup.billing.calendar.model import Interval
from trueup.kernel.columns import Columns

__all__ = ["PLAN", "PRICE", "PRODUCT", "Interval", "PriceModel"]


class PriceModel(StrEnum):
    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    PACKAGE = "package"


PRODUCT: Final = Columns(
    "billing.product", required=("product_id", "name", "is_active"), free_text=("name",)
)
PLAN: Final = Columns(
    "billing.plan",
    required=(
        "plan_id",
        "product_id",
        "name",
        "interval",
        "interval_count",
        "trial_days",
        "is_active",
    ),
    optional=("created_at",),
    free_text=("name",),
)
PRICE: Final = Columns(
    "billing.price",
    required=("price_id", "plan_id", "currency", "model"),
    optional=("meter", "unit_amount_micros", "tiers", "effective_from"),
)
