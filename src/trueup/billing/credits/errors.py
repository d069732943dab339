from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from trueup.kernel.money import Money


class CreditNotPositive(Refusal):
    code = "credit_not_positive"

    def __init__(self, *, amount_micros: int) -> None:
        super().__init__(
            "A credit is more than nothing.",
            fix="Grant a positive amount; what a customer owes is billed by an invoice.",
            amount_micros=amount_micros,
        )


class CreditAlike(Refusal):
    """A second grant that nothing tells from the first."""

    code = "credit_alike"

    def __init__(self, *, amount: Money) -> None:
        super().__init__(
            f"A credit of {amount.format()} was granted to the customer on that day already.",
            fix="Nothing, if it is the same one (`trueup credit list`); else give --again.",
            amount=amount.format(),
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


class CreditUnfit(Refusal):
    """Credit for an invoice that takes none."""

    code = "credit_unfit"

    def __init__(self, *, invoice: str, status: str) -> None:
        super().__init__(
            f"Invoice {invoice} is {status}, and nothing is due on it that credit could settle.",
            fix="Apply credit to an issued invoice that is not paid (`trueup bill list --status "
            "open`); a draft takes it as it is issued.",
            invoice=invoice,
            status=status,
        )


class SpendingNotPositive(Refusal):
    code = "spending_not_positive"

    def __init__(self, *, amount: Money) -> None:
        super().__init__(
            f"What is spent of a credit is more than nothing, not {amount.format()}.",
            fix="Write a positive amount; without one it is all that can be.",
            amount=amount.format(),
        )


class CreditAppliedAlike(Refusal):
    """The same amount applied a second time, which nothing tells from the first."""

    code = "credit_applied_alike"

    def __init__(self, *, invoice: str, amount: Money) -> None:
        super().__init__(
            f"Credit of {amount.format()} was applied to {invoice} today already.",
            fix="Nothing, if that is the one; give --again if as much more is meant.",
            invoice=invoice,
            amount=amount.format(),
        )


class CreditAboveDue(Refusal):
    code = "credit_above_due"

    def __init__(self, *, invoice: str, due: Money, asked: Money) -> None:
        super().__init__(
            f"On invoice {invoice} {due.format()} is due, not {asked.format()}.",
            fix="Apply at most that; without an amount it is all that is due and left.",
            invoice=invoice,
            due=due.format(),
            asked=asked.format(),
        )


class CreditShort(Refusal):
    """More spent than is left."""

    code = "credit_short"

    def __init__(self, *, left: Money, asked: Money) -> None:
        super().__init__(
            f"{left.format()} of credit is left for this, not {asked.format()}.",
            fix="Spend at most that; without an amount it is all of it.",
            left=left.format(),
            asked=asked.format(),
        )


class NothingToSpend(Refusal):
    code = "nothing_to_spend"

    def __init__(self, *, invoice: str, currency: str) -> None:
        super().__init__(
            f"The customer of invoice {invoice} has no credit in {currency} that counts now.",
            fix="Look at `trueup credit list`: what is spent, has ended, or is of another "
            "currency settles nothing.",
            invoice=invoice,
            currency=currency,
        )


class NothingToPayOut(Refusal):
    """No credit that is the customer's own money."""

    code = "nothing_to_pay_out"

    def __init__(self, *, customer: str, currency: str) -> None:
        super().__init__(
            f"{customer} has no credit in {currency} that is money of theirs: paid too much, or "
            "given back by an invoice or a credit note.",
            fix="What was granted or came from another system is spent on invoices "
            "(`trueup credit apply`); `trueup credit list` shows it.",
            customer=customer,
            currency=currency,
        )


class CreditNotMoney(Refusal):
    """A pay-out of a credit that is not the customer's own money."""

    code = "credit_not_money"

    def __init__(self, *, credit: str, why: str) -> None:
        super().__init__(
            f"Credit {credit} is not paid out: it {why}.",
            fix="Spend it on an invoice (`trueup credit apply`).",
            credit=credit,
        )


class NotPaidIn(Refusal):
    """More paid out than ever came in and was not given back (B57)."""

    code = "not_paid_in"

    def __init__(self, *, customer: str, left: Money, asked: Money) -> None:
        super().__init__(
            f"Of what {customer} paid, {left.format()} was not given back, less than "
            f"{asked.format()}.",
            fix="Pay out at most that; what no money came in for is spent on invoices "
            "(`trueup credit apply`).",
            customer=customer,
            left=left.format(),
            asked=asked.format(),
        )


class PayOutUnknown(Refusal):
    """A pay-out to take back that nobody recorded."""

    code = "pay_out_unknown"

    def __init__(self, *, reference: str) -> None:
        super().__init__(
            f"There is no pay-out with the reference {reference!r}.",
            fix="Name one by its reference; `trueup credit payouts` lists them.",
            reference=reference,
        )


class PayOutUndone(Refusal):
    """A pay-out that was taken back before."""

    code = "pay_out_undone"

    def __init__(self, *, reference: str) -> None:
        super().__init__(
            f"The pay-out with the reference {reference!r} was taken back already.",
            fix="Nothing; `trueup credit list` shows what the customer has to spend.",
            reference=reference,
        )


class PayOutKnown(Refusal):
    """A pay-out with a reference that was recorded before."""

    code = "pay_out_known"

    def __init__(self, *, reference: str) -> None:
        super().__init__(
            f"A pay-out with the reference {reference!r} is recorded already.",
            fix="Nothing, if it is the same one; else give it a reference of its own.",
            reference=reference,
        )
