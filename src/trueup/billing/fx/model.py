from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from trueup.kernel.clock import Instant
    from trueup.kernel.money import Money


@dataclass(frozen=True, slots=True)
class FxRate:
    """`rate` units of `quote` are worth one of `base`, from `effective_at` on, as `source` says."""

    fx_rate_id: UUID
    base: str
    quote: str
    rate: Decimal
    source: str
    effective_at: Instant


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an amount is in another currency, and by which rate.

    is_inverse: the rate was published the other way round, and the amount divided by it.
    """

    amount: Money
    rate: FxRate
    is_inverse: bool
