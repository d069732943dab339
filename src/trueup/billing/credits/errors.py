from __future__ import annotations

from trueup.kernel.errors import Refusal


class CreditNotPositive(Refusal):
    code = "credit_not_positive"

    def __init__(self, *, amount_micros: int) -> None:
        super().__init__(
            "A credit is more than nothing.",
            fix="Grant a positive amount; what a customer owes is billed by an invoice.",
            amount_micros=amount_micros,
        )


class CreditExpired(Refusal):
    """A credit that would end before it begins."""

    code = "credit_expired"

    def __init__(self, *, granted_at: object, expires_at: object) -> None:
        super().__init__(
            f"The credit would expire on {expires_at}, not after {granted_at}, when it is granted.",
            fix="Give a later day of expiry, or none.",
            granted_at=str(granted_at),
            expires_at=str(expires_at),
        )
