from __future__ import annotations

from decimal import Decimal

from trueup.kernel.currency import MICRO_DIGITS
from trueup.kernel.errors import Refusal


class CaseMalformed(Refusal):
    """A case file that cannot be read as one."""

    code = "case_malformed"

    def __init__(self, *, where: str, why: str) -> None:
        super().__init__(
            f"{where} cannot be simulated: {why}.",
            fix="Write it in the schema of docs/guides/simulate.md.",
            where=where,
            why=why,
        )


class NotExpressible(Refusal):
    """A case that asks for something the billing engine has no words for."""

    code = "not_expressible"

    def __init__(self, *, what: str) -> None:
        super().__init__(
            f"The billing engine cannot express {what}.",
            fix="Leave it out, or say the same with the fields of the schema.",
            what=what,
        )


class PlanNotDescribed(NotExpressible):
    """An order for a plan that the case does not describe."""

    code = "plan_not_described"

    def __init__(self, *, plan: str) -> None:
        super().__init__(what=f"the plan {plan!r}, which the case does not describe")


class PlanOfOtherCurrency(Refusal):
    """A plan priced in a currency that is not the account's (B20)."""

    code = "plan_of_other_currency"

    def __init__(self, *, plan: str, currency: str, own: str) -> None:
        super().__init__(
            f"The plan {plan!r} is priced in {currency}, and the account is billed in {own}.",
            fix=f"Order a plan priced in {own}.",
            plan=plan,
            currency=currency,
            own=own,
        )


class MoreThanOpen(Refusal):
    """More taken back of an invoice than it came to, or than was paid."""

    code = "more_than_open"

    def __init__(self, *, what: str, asked: int, most: int) -> None:
        wanted, left = (f"{Decimal(micros).scaleb(-MICRO_DIGITS):f}" for micros in (asked, most))
        super().__init__(
            f"A {what} of {wanted} is more than the {left} that is left.",
            fix="Take back what is left at most.",
            what=what,
            asked=asked,
            most=most,
        )
