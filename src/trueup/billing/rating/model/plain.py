"""The price models, each frozen and refused where it could be read in two ways."""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003  msgspec reads these annotations at run time
from enum import StrEnum
from typing import TypeAlias

import msgspec

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import ZERO, CapacityTier, Tier
from trueup.billing.rating.errors import (
    AllowanceNegative,
    MinimumAboveMaximum,
    OpenTierMisplaced,
    SizeNotPositive,
    TierPricedTwice,
    TiersMissing,
    TiersNotAscending,
)


class PriceModel(
    msgspec.Struct, frozen=True, tag_field="model", omit_defaults=True, forbid_unknown_fields=True
):
    """What every price model is.  Amounts in main units, of any number of decimals (B17)."""


class FlatPrice(PriceModel, frozen=True, tag="flat"):
    """One amount for a period.  timing: due with the first or with the last slice of it."""

    amount: Decimal
    timing: Timing = Timing.IN_ADVANCE


class UnitPrice(PriceModel, frozen=True, tag="per_unit"):
    unit: Decimal


class GraduatedPrice(PriceModel, frozen=True, tag="graduated"):
    """Each tier at its own price.  Raises as `check_tiers`."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        check_tiers(self.tiers)


class VolumePrice(PriceModel, frozen=True, tag="volume"):
    """All units at the price of the tier they reach.  Raises as `check_tiers`."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        check_tiers(self.tiers)


class PackagePrice(PriceModel, frozen=True, tag="package"):
    """Raises SizeNotPositive, AllowanceNegative."""

    price: Decimal
    size: Decimal
    free: Decimal = ZERO

    def __post_init__(self) -> None:
        check_positive("size", self.size)
        check_allowed("free", self.free)


class PercentagePrice(PriceModel, frozen=True, tag="percentage"):
    """A share of each event's amount, a fee for each event, within bounds per event.

    Raises AllowanceNegative, MinimumAboveMaximum.  Source: BILLING_RULES B26.
    """

    rate_percent: Decimal
    fixed_per_event: Decimal = ZERO
    free_events: int = 0
    free_amount: Decimal = ZERO
    per_event_min: Decimal | None = None
    per_event_max: Decimal | None = None

    def __post_init__(self) -> None:
        check_allowed("free_events", self.free_events)
        check_allowed("free_amount", self.free_amount)
        check_ordered(self.per_event_min, self.per_event_max)

    @property
    def has_bounds(self) -> bool:
        return self.per_event_min is not None or self.per_event_max is not None


class BlockTier(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`max_blocks` blocks of `size` units at `price` each; None: any number."""

    size: Decimal
    price: Decimal
    max_blocks: Decimal | None = None


class BlockPolicy(StrEnum):
    ALL_TIERS = "all_tiers"  # quantities fill tier after tier
    TOP_TIER = "top_tier"  # all of the quantity is priced at the tier it reaches


class BlockPrice(PriceModel, frozen=True, tag="blocks"):
    """Tiers of blocks; a begun block is a whole one.

    Raises TiersMissing, SizeNotPositive, OpenTierMisplaced.
    """

    tiers: tuple[BlockTier, ...]
    policy: BlockPolicy = BlockPolicy.ALL_TIERS

    def __post_init__(self) -> None:
        if not self.tiers:
            raise TiersMissing
        for tier in self.tiers:
            check_positive("size", tier.size)
            if tier.max_blocks is not None:
                check_positive("max_blocks", tier.max_blocks)
        if any(tier.max_blocks is None for tier in self.tiers[:-1]):
            raise OpenTierMisplaced(open_tiers=sum(tier.max_blocks is None for tier in self.tiers))


class CapacityPrice(PriceModel, frozen=True, tag="capacity"):
    """The price of the first tier into which every meter fits.

    Raises TiersMissing, AllowanceNegative.
    """

    tiers: tuple[CapacityTier, ...]

    def __post_init__(self) -> None:
        if not self.tiers:
            raise TiersMissing
        for tier in self.tiers:
            for meter, limit in tier.limits.items():
                check_allowed(meter, limit)


class DynamicPrice(PriceModel, frozen=True, tag="dynamic"):
    """The metered amount times a factor."""

    multiplier: Decimal


Plain: TypeAlias = (
    FlatPrice
    | UnitPrice
    | GraduatedPrice
    | VolumePrice
    | PackagePrice
    | PercentagePrice
    | BlockPrice
    | CapacityPrice
    | DynamicPrice
)


def check_tiers(tiers: tuple[Tier, ...]) -> None:
    """Raises TiersMissing, OpenTierMisplaced, TiersNotAscending, TierPricedTwice, in this order."""
    if not tiers:
        raise TiersMissing
    open_tiers = sum(tier.up_to is None for tier in tiers)
    if open_tiers != 1 or tiers[-1].up_to is not None:
        raise OpenTierMisplaced(open_tiers=open_tiers)
    after = ZERO
    for tier in tiers[:-1]:
        if tier.up_to is not None and tier.up_to <= after:
            raise TiersNotAscending(up_to=tier.up_to, after=after)
        after = tier.up_to or after
    if any(tier.unit and tier.rate_percent is not None for tier in tiers):
        raise TierPricedTwice


def check_positive(term: str, size: Decimal) -> None:
    if size <= 0:
        raise SizeNotPositive(term=term, size=size)


def check_allowed(term: str, value: Decimal | int) -> None:
    if value < 0:
        raise AllowanceNegative(term=term, value=value)


def check_ordered(minimum: Decimal | None, maximum: Decimal | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise MinimumAboveMaximum(minimum=minimum, maximum=maximum)
