"""On what engines differ when they apply the same price, and what a price is applied to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.rating.derivation import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


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
