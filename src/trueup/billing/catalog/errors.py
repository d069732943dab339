from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class PlanUnknown(Refusal):
    """A plan that nobody made."""

    code = "plan_unknown"

    def __init__(self, *, plan: str) -> None:
        super().__init__(
            f"There is no plan {plan!r}.",
            fix="List the plans (`trueup plan list`) and name one by its code or id.",
            plan=plan,
        )


class PlanNotOffered(Refusal):
    """A plan that is no longer sold."""

    code = "plan_not_offered"

    def __init__(self, *, plan: str) -> None:
        super().__init__(
            f"The plan {plan!r} is no longer offered.",
            fix="Choose one that is sold; `trueup plan list` shows them.",
            plan=plan,
        )


class PriceNotFound(Refusal):
    """A plan without a price in a currency on a day: nothing is guessed (B25)."""

    code = "price_not_found"

    def __init__(self, *, plan: str, currency: str, at: datetime) -> None:
        super().__init__(
            f"The plan {plan!r} has no price in {currency} at {at:%Y-%m-%d %H:%M %Z}.",
            fix="Add a price version that is effective by then (`trueup plan price`).",
            plan=plan,
            currency=currency,
        )


class PlanKnown(Refusal):
    """A second plan of one code."""

    code = "plan_known"

    def __init__(self, *, plan: str) -> None:
        super().__init__(
            f"There is a plan {plan!r} already.",
            fix="Add a price version to it (`trueup plan price`), or take another code.",
            plan=plan,
        )


class PriceNotAgreeable(Refusal):
    """Another amount for a price that is not one amount."""

    code = "price_not_agreeable"

    def __init__(self, *, charge: str, model: str) -> None:
        super().__init__(
            f"The charge {charge!r} is priced by {model}, not by one amount.",
            fix="Make a plan with the tiers that were agreed, and move the subscription to it.",
            charge=charge,
            model=model,
        )


class PriceNegative(Refusal):
    """A price below zero would pay the customer, period after period."""

    code = "price_negative"

    def __init__(self, *, of: str, term: str, amount: str) -> None:
        super().__init__(
            f"The {term} of {of} cannot be below zero; it is {amount}.",
            fix="Write it as zero or more; a discount is a coupon (`trueup coupon give`), an "
            "amount to give back a pending item (`trueup pending add`).",
            of=of,
            term=term,
            amount=amount,
        )


class ChargeNotOffered(Refusal):
    """A charge named that the plan does not sell then, or none where it sells several."""

    code = "charge_not_offered"

    def __init__(self, *, plan: str, charge: str | None, offered: Sequence[str]) -> None:
        known = ", ".join(offered)
        super().__init__(
            f"The plan {plan!r} sells several charges: {known}."
            if charge is None
            else f"The plan {plan!r} sells no charge {charge!r} then.",
            fix=f"Name one of {known}.",
            plan=plan,
            charge=charge,
            offered=list(offered),
        )
