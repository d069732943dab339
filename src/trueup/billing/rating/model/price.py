"""A price with its bounds, and what comes of rating it."""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003  msgspec reads these annotations at run time
from typing import TypeAlias

import msgspec

from trueup.billing.rating.derivation import Round  # noqa: TC001  likewise
from trueup.billing.rating.errors import ConversionNotDefined
from trueup.billing.rating.model.matrix import MatrixPrice
from trueup.billing.rating.model.plain import (
    GraduatedPrice,
    Plain,
    UnitPrice,
    VolumePrice,
    check_ordered,
    check_positive,
)
from trueup.kernel.currency import Currency  # noqa: TC001  likewise
from trueup.kernel.money import Money

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
            check_positive("divide_by", self.conversion.divide_by)
            if not isinstance(self.model, UnitPrice | GraduatedPrice | VolumePrice):
                raise ConversionNotDefined(model=self.word)
        check_ordered(self.min_spend, self.max_spend)

    @property
    def word(self) -> str:
        """What the model is called where prices are stored."""
        return str(self.model.__struct_config__.tag)


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
