from __future__ import annotations

from trueup.kernel.errors import Refusal


class PaymentKnown(Refusal):
    """A payment with a reference that was recorded before."""

    code = "payment_known"

    def __init__(self, *, reference: str) -> None:
        super().__init__(
            f"A payment with the reference {reference!r} is recorded already.",
            fix="Nothing, if it is the same payment; else give it a reference of its own.",
            reference=reference,
        )


class PaymentAlike(Refusal):
    """A second payment that nothing tells from the first."""

    code = "payment_alike"

    def __init__(self, *, invoice: str, amount: str) -> None:
        super().__init__(
            f"A payment of {amount} for {invoice} is recorded on that day already.",
            fix="Nothing, if it is the same payment; else give its --reference, or --again.",
            invoice=invoice,
            amount=amount,
        )


class PaymentNotPositive(Refusal):
    code = "payment_not_positive"

    def __init__(self, *, amount: str) -> None:
        super().__init__(
            f"A payment is more than nothing, not {amount}.",
            fix="Record what came in; what is given back is a refund, what was billed too much a "
            "credit note (`trueup bill credit`).",
            amount=amount,
        )


class PaymentUnfit(Refusal):
    """A payment for an invoice that takes none."""

    code = "payment_unfit"

    def __init__(self, *, invoice: str, status: str) -> None:
        super().__init__(
            f"Invoice {invoice} is {status} and takes no payment.",
            fix="Record it for an open invoice of the customer.",
            invoice=invoice,
            status=status,
        )
