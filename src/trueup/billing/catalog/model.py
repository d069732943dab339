from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Interval
from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

__all__ = ["PLAN", "PRICE", "PRODUCT", "Interval", "PriceModel"]


class PriceModel(StrEnum):
    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    PACKAGE = "package"
    PERCENTAGE = "percentage"
    BLOCKS = "blocks"
    CAPACITY = "capacity"
    DYNAMIC = "dynamic"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is sold; its terms never change.

    phases: `{"kind", "count", "unit"}` each; the last may have no length; empty: one without end.
    thresholds: `{"amount", "is_recurring"}` each, amounts in main units as text.
    """

    plan_id: UUID
    product_id: UUID
    name: str
    interval: Interval
    interval_count: int = 1
    trial_days: int = 0
    code: str | None = None
    minimum_commitment_micros: int | None = None
    thresholds: Sequence[Mapping[str, Any]] = ()
    phases: Sequence[Mapping[str, Any]] = ()
    tax_category: str = "standard"
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Price:
    """A version of one charge of a plan; it never changes.

    Fields as the columns of `billing.price`; what is None there has the meaning its comment says.
    model, unit_amount_micros, tiers: as `billing.rating` stores a price.  cost: what it costs us.
    included_meter, included_quantity: usage that a period of the fee pays for; both or neither.
    """

    price_id: UUID
    plan_id: UUID
    currency: str
    model: PriceModel
    meter: str | None = None
    unit_amount_micros: int | None = None
    tiers: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    effective_from: datetime | None = None
    charge: str | None = None
    kind: str | None = None
    timing: str | None = None
    phase: int | None = None
    interval: str | None = None
    interval_count: int | None = None
    aggregation: str | None = None
    is_prorated: bool | None = None
    carries_over: bool = False
    is_per_unit: bool | None = None
    is_private: bool = False
    minimum_micros: int | None = None
    cost: Mapping[str, Any] | None = None
    tax_percent: Decimal | None = None
    included_meter: str | None = None
    included_quantity: Decimal | None = None

    @property
    def charge_code(self) -> str:
        """Its name within the plan."""
        return self.charge or self.meter or BASE


@dataclass(frozen=True, slots=True)
class Catalog:
    """Plans and prices that somebody asked for, by id."""

    plans: Mapping[UUID, Plan] = field(default_factory=dict)
    prices: Mapping[UUID, Price] = field(default_factory=dict)


BASE: Final = "base"
"""The charge of a price that names none and meters nothing."""

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
