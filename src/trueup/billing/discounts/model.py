"""What is taken off before tax, and the conventions of a tenant for it.

Amounts are integers of micro-units; a share is `percent_ppm`, millionths: 200 000 is 20 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trueup.billing.discounts.errors import (
    CouponCurrencyMissing,
    CouponNeedsOneKind,
    CouponUsesOutOfRange,
)

if TYPE_CHECKING:
    from trueup.kernel.clock import Instant

PPM: Final = 1_000_000
ONCE: Final = 1
FOREVER: Final = None


class CouponOrder(StrEnum):
    """Which discount is taken first (B43); within a rank the older one, then the smaller id."""

    SPECIFIC_FIRST = "specific_first"  # items, then plans, then the rest
    OLDEST_FIRST = "oldest_first"
    AS_GIVEN = "as_given"
    PERCENT_FIRST = "percent_first"
    AMOUNT_FIRST = "amount_first"


class PercentBase(StrEnum):
    """What a share is taken of: what others left (two of 10 % are 19 %), or the price."""

    REMAINING = "remaining"
    ORIGINAL = "original"


class DiscountRounding(StrEnum):
    """Where a share is rounded: once on the sum of its lines, or on each of them."""

    INVOICE = "invoice"
    LINE = "line"


class Leftover(StrEnum):
    """What becomes of the rest of an amount that is taken off once only (B44)."""

    CARRIES = "carries"
    EXPIRES = "expires"


class UseCount(StrEnum):
    """Which invoices use up a coupon of n invoices."""

    WHEN_USED = "when_used"
    EVERY_INVOICE = "every_invoice"


class CreditOrder(StrEnum):
    """Which credit is spent first; then the earlier granted, then the smaller id."""

    PRIORITY_FIRST = "priority_first"  # smaller number, then earlier expiry
    EXPIRY_FIRST = "expiry_first"  # earlier expiry, then smaller number
    OLDEST_FIRST = "oldest_first"


@dataclass(frozen=True, slots=True)
class DiscountConvention:
    """Where engines differ.  rounding: a mode of `decimal`.  Source: B14, B43, B44."""

    order: CouponOrder = CouponOrder.SPECIFIC_FIRST
    percent_base: PercentBase = PercentBase.REMAINING
    rounding_place: DiscountRounding = DiscountRounding.INVOICE
    rounding: str = ROUND_HALF_UP
    leftover: Leftover = Leftover.CARRIES
    use_count: UseCount = UseCount.WHEN_USED
    credit_order: CreditOrder = CreditOrder.PRIORITY_FIRST


@dataclass(frozen=True, slots=True)
class Coupon:
    """The terms of a discount.

    uses: on how many invoices; FOREVER is None.  plans, items: codes or ids it is limited to; both
    empty is no limit, and a line that either names is in.  Raises, in this order,
    CouponNeedsOneKind, CouponCurrencyMissing, CouponUsesOutOfRange.
    """

    code: str
    percent_ppm: int | None = None
    amount_micros: int | None = None
    currency: str | None = None
    uses: int | None = FOREVER
    plans: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self._has_one_kind():
            raise CouponNeedsOneKind(coupon=self.code)
        if self.amount_micros is not None and self.currency is None:
            raise CouponCurrencyMissing(coupon=self.code)
        if self.uses is not None and self.uses < ONCE:
            raise CouponUsesOutOfRange(coupon=self.code, uses=self.uses)

    def _has_one_kind(self) -> bool:
        if self.percent_ppm is None:
            return self.amount_micros is not None and self.amount_micros > 0
        return self.amount_micros is None and 0 < self.percent_ppm <= PPM

    @property
    def is_percent(self) -> bool:
        return self.percent_ppm is not None


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon given to a subscription or customer, and what is left of it.

    uses_left: invoices it still counts for; None is for ever.  left_micros: what is left of an
    amount that is taken off once; None where that is not counted.  ends_at: exclusive.
    """

    discount_id: str
    coupon: Coupon
    starts_at: Instant
    ends_at: Instant | None = None
    uses_left: int | None = FOREVER
    left_micros: int | None = None

    @classmethod
    def given(
        cls, discount_id: str, coupon: Coupon, at: Instant, *, ends_at: Instant | None = None
    ) -> Discount:
        """`coupon` with nothing of it used."""
        left = coupon.amount_micros if coupon.uses == ONCE else None
        return cls(discount_id, coupon, at, ends_at, coupon.uses, left)


@dataclass(frozen=True, slots=True)
class DiscountableLine:
    """A line before discounts.  amount_micros: whole steps; negative is given back.

    plan, item: what a coupon may be limited to.
    """

    amount_micros: int
    plan: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class DiscountUse:
    """What a discount took off an invoice.  parts: per line, they sum to `amount_micros`.

    uses_counted: 1 where this invoice used up one of its uses.  after: what is left of the discount
    once this invoice is finalized.
    """

    discount_id: str
    amount_micros: int
    parts: tuple[int, ...]
    uses_counted: int
    after: Discount


@dataclass(frozen=True, slots=True)
class DiscountedLines:
    """All discounts of an invoice.  off: per line, what all of them took; they sum to the total."""

    off: tuple[int, ...]
    uses: tuple[DiscountUse, ...]
    total_micros: int


@dataclass(frozen=True, slots=True)
class SpendableCredit:
    """A credit and what is left of it.  priority: smaller goes first.  expires_at: exclusive."""

    credit_id: str
    remaining_micros: int
    currency: str
    priority: int
    granted_at: Instant
    expires_at: Instant | None = None

    def counts_at(self, at: Instant) -> bool:
        """Whether it was granted by then and has not expired: what is dated so may be settled."""
        return self.granted_at <= at and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class CreditUse:
    credit_id: str
    amount_micros: int
