from __future__ import annotations

from trueup.kernel.errors import Refusal


class CouponNeedsOneKind(Refusal):
    """A coupon that takes off both a share and an amount, or neither, or nothing at all."""

    code = "coupon_needs_one_kind"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"Coupon {coupon!r} must take off either a share up to 100 % or a positive amount.",
            fix="Give a share above 0 % and up to 100 % (`--percent`), or an amount above zero "
            "(`--amount`).",
            coupon=coupon,
        )


class CouponCurrencyMissing(Refusal):
    """A coupon of an amount that does not say in which money."""

    code = "coupon_currency_missing"

    def __init__(self, *, coupon: str) -> None:
        super().__init__(
            f"Coupon {coupon!r} takes off an amount but names no currency.",
            fix="Name the currency of the amount.",
            coupon=coupon,
        )


class CouponUsesOutOfRange(Refusal):
    """A coupon that could be used less than once."""

    code = "coupon_uses_out_of_range"

    def __init__(self, *, coupon: str, uses: int) -> None:
        super().__init__(
            f"Coupon {coupon!r} cannot be used {uses} times.",
            fix="Give at least one use, or none at all for a coupon that never ends.",
            coupon=coupon,
            uses=uses,
        )
