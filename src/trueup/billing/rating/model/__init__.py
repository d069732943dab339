"""Prices, and the conventions by which engines read them differently."""

from __future__ import annotations

from trueup.billing.rating.derivation import CapacityTier, Tier
from trueup.billing.rating.model.convention import (
    STANDARD,
    WHOLE,
    Position,
    RatingConvention,
    Settling,
    Usage,
)
from trueup.billing.rating.model.matrix import Cell, MatrixPrice
from trueup.billing.rating.model.plain import (
    BlockPolicy,
    BlockPrice,
    BlockTier,
    CapacityPrice,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    PackagePrice,
    PercentagePrice,
    Plain,
    UnitPrice,
    VolumePrice,
)
from trueup.billing.rating.model.price import Conversion, Model, Price, RatedAmount

__all__ = [
    "STANDARD",
    "WHOLE",
    "BlockPolicy",
    "BlockPrice",
    "BlockTier",
    "CapacityPrice",
    "CapacityTier",
    "Cell",
    "Conversion",
    "DynamicPrice",
    "FlatPrice",
    "GraduatedPrice",
    "MatrixPrice",
    "Model",
    "PackagePrice",
    "PercentagePrice",
    "Plain",
    "Position",
    "Price",
    "RatedAmount",
    "RatingConvention",
    "Settling",
    "Tier",
    "UnitPrice",
    "Usage",
    "VolumePrice",
]
