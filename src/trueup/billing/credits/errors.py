from __future__ import annotations

from datetime import UTC, datetime

from trueup.kernel.errors import Refusal


class CreditNotPositive(Refusal):
    code = "credit_not_positive"

    def __init__(self, *, amount_micros: int) -> None:
        super().__init__(
            "A credit is more than nothing.",
            fix="Grant a positive amount; what a customer owes is billed by an invoice.",
            amount_micros=amount_micros,
        )


class CreditAhead(Refusal):
    """A credit of later: what is granted is in the books at once."""

    code = "credit_ahead"

    def __init__(self, *, granted_at: datetime) -> None:
        super().__init__(
            f"A credit is granted now or was granted earlier, not on {_said(granted_at)}.",
            fix="Leave its day out, or grant it when that day has come.",
            granted_at=str(granted_at),
        )


class CreditExpired(Refusal):
    """A credit that would end before it begins."""

    code = "credit_expired"

    def __init__(self, *, granted_at: datetime, expires_at: datetime) -> None:
        super().__init__(
            f"The credit would end on {_said(expires_at)}, not after {_said(granted_at)}, when it "
            "is granted.",
            fix="Give a later day of expiry, or none.",
            granted_at=str(granted_at),
            expires_at=str(expires_at),
        )


class CreditUnknown(Refusal):
    code = "credit_unknown"

    def __init__(self, *, credit: str) -> None:
        super().__init__(
            f"There is no credit {credit}.",
            fix="Name one by its id; `trueup credit list` shows them.",
            credit=credit,
        )


class CreditNotGoodwill(Refusal):
    """A credit that is the customer's own money: paid too much, or given back by a document."""

    code = "credit_not_goodwill"

    def __init__(self, *, credit: str) -> None:
        super().__init__(
            f"Credit {credit} was not granted but is the customer's own money.",
            fix="Leave it; what came of an invoice or a note is undone by that document.",
            credit=credit,
        )


class CreditSpent(Refusal):
    code = "credit_spent"

    def __init__(self, *, credit: str) -> None:
        super().__init__(
            f"Nothing is left of credit {credit}.",
            fix="What it settled stays settled; bill a customer who owes more by an invoice.",
            credit=credit,
        )


def _said(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
