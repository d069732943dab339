"""Prices, and the conventions by which engines read them differently."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal  # noqa: TC003  msgspec reads these annotations at run time
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import ZERO, CapacityTier, Round, Tier
from trueup.billing.rating.errors import (
    AllowanceNegative,
    ConversionNotDefined,
    MinimumAboveMaximum,
    OpenTierMisplaced,
    SizeNotPositive,
    TierPricedTwice,
    TiersMissing,
    TiersNotAscending,
)
from trueup.kernel.currency import Currency  # noqa: TC001  likewise
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping


class Settling(StrEnum):
    """Which slice of a period pays what is known for the whole period only."""

    LAST = "last"  # the last one, all of it
    EACH = "each"  # each one the difference to what was billed so far; it may be negative (B23)


class Position(StrEnum):
    """Which slice of a period is priced."""

    SINGLE = "single"  # the whole period at once
    FIRST = "first"
    MID = "mid"
    LAST = "last"

    @property
    def is_first(self) -> bool:
        return self is Position.SINGLE or self is Position.FIRST

    @property
    def is_last(self) -> bool:
        return self is Position.SINGLE or self is Position.LAST


@dataclass(frozen=True, slots=True)
class RatingConvention:
    """On what engines differ when they apply the same price.  The defaults are Trueup's own.

    first_tier_fee_at_zero: the first tier's flat amount is due though nothing was used (B21).
    package_rounding: a begun package is a whole one (`up`), none (`down`), or its part (`none`).
    volume_settles, minimum_settles: `Settling`; volume stands for all prices of a whole period.
    last_block_goes_on: units beyond the last tier of blocks cost as in it; else they are refused.
    free_amount_outlasts_events: with bounds per event, a free amount goes on after the free events.
    """

    first_tier_fee_at_zero: bool = True
    package_rounding: str = "up"
    volume_settles: Settling = Settling.LAST
    minimum_settles: Settling = Settling.LAST
    last_block_goes_on: bool = False
    free_amount_outlasts_events: bool = True


STANDARD: Final = RatingConvention()


@dataclass(frozen=True, slots=True)
class Usage:
    """Which part of a period is priced, what came before it, and what the quantity consists of.

    prior_qty, prior_events: billed in earlier slices of the period.
    previously_billed: the net amount of those, main units.
    events: the amount of each event, in order; they sum to the quantity.
    quantities: by meter, for prices of several.  dimensions: what a matrix is asked by.
    discount_percent: taken off before a maximum spend is looked at.
    """

    position: Position = Position.SINGLE
    prior_qty: Decimal = ZERO
    prior_events: int = 0
    previously_billed: Decimal = ZERO
    discount_percent: Decimal = ZERO
    events: tuple[Decimal, ...] = ()
    quantities: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    dimensions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


WHOLE: Final = Usage()


class _Model(
    msgspec.Struct, frozen=True, tag_field="model", omit_defaults=True, forbid_unknown_fields=True
):
    """What every price model is.  Amounts in main units, of any number of decimals (B17)."""


class FlatPrice(_Model, frozen=True, tag="flat"):
    """One amount for a period.  timing: due with the first or with the last slice of it."""

    amount: Decimal
    timing: Timing = Timing.IN_ADVANCE


class UnitPrice(_Model, frozen=True, tag="per_unit"):
    unit: Decimal


class GraduatedPrice(_Model, frozen=True, tag="graduated"):
    """Each tier at its own price.  Raises as `check_tiers`."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        check_tiers(self.tiers)


class VolumePrice(_Model, frozen=True, tag="volume"):
    """All units at the price of the tier they reach.  Raises as `check_tiers`."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        check_tiers(self.tiers)


class PackagePrice(_Model, frozen=True, tag="package"):
    """Raises SizeNotPositive, AllowanceNegative."""

    price: Decimal
    size: Decimal
    free: Decimal = ZERO

    def __post_init__(self) -> None:
        _positive("size", self.size)
        _allowed("free", self.free)


class PercentagePrice(_Model, frozen=True, tag="percentage"):
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
        _allowed("free_events", self.free_events)
        _allowed("free_amount", self.free_amount)
        _ordered(self.per_event_min, self.per_event_max)

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


class BlockPrice(_Model, frozen=True, tag="blocks"):
    """Tiers of blocks; a begun block is a whole one.

    Raises TiersMissing, SizeNotPositive, OpenTierMisplaced.
    """

    tiers: tuple[BlockTier, ...]
    policy: BlockPolicy = BlockPolicy.ALL_TIERS

    def __post_init__(self) -> None:
        if not self.tiers:
            raise TiersMissing
        for tier in self.tiers:
            _positive("size", tier.size)
            if tier.max_blocks is not None:
                _positive("max_blocks", tier.max_blocks)
        if any(tier.max_blocks is None for tier in self.tiers[:-1]):
            raise OpenTierMisplaced(open_tiers=sum(tier.max_blocks is None for tier in self.tiers))


class CapacityPrice(_Model, frozen=True, tag="capacity"):
    """The price of the first tier into which every meter fits.

    Raises TiersMissing, AllowanceNegative.
    """

    tiers: tuple[CapacityTier, ...]

    def __post_init__(self) -> None:
        if not self.tiers:
            raise TiersMissing
        for tier in self.tiers:
            for meter, limit in tier.limits.items():
                _allowed(meter, limit)


class DynamicPrice(_Model, frozen=True, tag="dynamic"):
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


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price for events that have one of the named values in each named dimension."""

    price: Plain
    match: dict[str, tuple[str, ...]] = {}


class MatrixPrice(_Model, frozen=True, tag="matrix"):
    """Prices by any number of dimensions; the cell that names most dimensions wins (B25).

    Ties are refused when the price is defined, by `check_matrix`.
    """

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


Model: TypeAlias = Plain | MatrixPrice


class Conversion(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Metered units to units of the price.  rounding: a word of `rules.exact.MODES`, or `none`."""

    divide_by: Decimal
    rounding: str = "none"
    scale: int = 0


class Price(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A model and the bounds of what a period of it may cost, in main units.

    Raises SizeNotPositive, ConversionNotDefined, MinimumAboveMaximum.
    """

    model: Model
    min_spend: Decimal | None = None
    max_spend: Decimal | None = None
    conversion: Conversion | None = None

    def __post_init__(self) -> None:
        if self.conversion is not None:
            _positive("divide_by", self.conversion.divide_by)
            if not isinstance(self.model, UnitPrice | GraduatedPrice | VolumePrice):
                raise ConversionNotDefined(model=_word(self.model))
        _ordered(self.min_spend, self.max_spend)


class RatedAmount(msgspec.Struct, frozen=True, gc=False):
    """What is charged, and why.  micros: micro-units, whole steps of the currency."""

    micros: int
    currency: Currency
    derivation: Round

    @property
    def amount(self) -> Money:
        return Money(self.micros, self.currency)

    @property
    def is_correction(self) -> bool:
        """Less is owed than was billed: a correction on the original period, not a line (B23)."""
        return self.micros < 0


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


def _word(model: Model) -> str:
    return str(model.__struct_config__.tag)


def _positive(term: str, size: Decimal) -> None:
    if size <= 0:
        raise SizeNotPositive(term=term, size=size)


def _allowed(term: str, value: Decimal | int) -> None:
    if value < 0:
        raise AllowanceNegative(term=term, value=value)


def _ordered(minimum: Decimal | None, maximum: Decimal | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise MinimumAboveMaximum(minimum=minimum, maximum=maximum)
