"""What kinds and causes are called, and what to do about each: for the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.backtest.model import Cause, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS: Final[Mapping[Kind, str]] = {
    Kind.RENEWAL: "Renewals",
    Kind.RENEWAL_WITH_LINES: "Renewals with lines of no contract",
    Kind.USAGE: "Usage",
    Kind.USAGE_WITH_LINES: "Usage with lines of no contract",
    Kind.TRIAL: "Notices of a trial",
    Kind.CARRIED_OVER: "Sums carried over",
    Kind.MANUAL: "Invoices of no subscription",
    Kind.UNBILLED: "Periods without an invoice",
    Kind.DRAFT: "Drafts of the source",
    Kind.NEXT_BILL: "Next bills",
}
CAUSES: Final[Mapping[Cause, str]] = {
    Cause.UNEXPLAINED: "unexplained",
    Cause.UNBILLED_USAGE: "usage that the source has not billed",
    Cause.MISSING_USAGE: "usage that was set aside",
    Cause.MISSING_DISCOUNT: "a discount that was set aside",
    Cause.MISSING_INVOICE: "an invoice that was set aside",
    Cause.PRICE_VERSION: "another price version",
    Cause.QUANTITY: "a quantity that changed since",
    Cause.DISCOUNT_USED_UP: "a discount that is used up",
    Cause.DISCOUNT_OF_NET: "a discount of what is left after credit lines",
    Cause.DISCOUNT_ORDER: "another order of discounts",
    Cause.DISCOUNT_ROUNDING: "another rounding of discounts",
    Cause.ROUNDING: "another rounding of lines",
    Cause.PRORATION: "another unit of proration",
    Cause.TAX_PLACE: "tax rounded elsewhere",
    Cause.TAX_ROUNDING: "another rounding of tax",
    Cause.TIMING: "another day",
    Cause.SERVICE_ENDED: "billed on after its end",
    Cause.BILLED_BEFORE: "a period that was billed before",
    Cause.TRIAL_NOTICE: "an invoice of nothing, for a trial",
    Cause.CARRIED_OVER: "one sum for several periods",
    Cause.WRONG_UNIT: "amounts a hundred times too high",
    Cause.CONTROL_PRECISION: "the control counts finer than the currency",
    Cause.NOTHING_DUE: "the control names a moment at which nothing is due",
    Cause.SOURCE_BEHIND: "the source itself has not billed it",
}
ADVICE: Final[Mapping[Cause, str]] = {
    Cause.UNEXPLAINED: "find out before anybody is handed over: nothing we know of makes it agree",
    Cause.UNBILLED_USAGE: "bill it there, or agree that it is billed here, or waive it",
    Cause.MISSING_USAGE: "correct what was set aside in the source and load again",
    Cause.MISSING_DISCOUNT: "grant it anew before the customer's next bill",
    Cause.MISSING_INVOICE: "correct what was set aside in the source and load again",
    Cause.PRICE_VERSION: "see which version was sold: the next bill is at the one on file",
    Cause.QUANTITY: "none, if the change is agreed: the next bill is for the quantity on file",
    Cause.DISCOUNT_USED_UP: "none: it counts no more",
    Cause.DISCOUNT_OF_NET: "tell customers whose credits and discounts meet, or credit by note",
    Cause.DISCOUNT_ORDER: "state the order in the pack's [dialect]",
    Cause.DISCOUNT_ROUNDING: "state the rounding in the pack's [dialect]",
    Cause.ROUNDING: "state the rounding in the pack's [dialect]",
    Cause.PRORATION: "state the unit in the pack's [dialect]",
    Cause.TAX_PLACE: "state the place in the pack's [dialect]",
    Cause.TAX_ROUNDING: "state the rounding in the pack's [dialect]",
    Cause.TIMING: "none, if a day more or less is agreed",
    Cause.SERVICE_ENDED: "see whether it ended: the customer may be owed what was billed since",
    Cause.BILLED_BEFORE: "see whether the customer paid twice",
    Cause.TRIAL_NOTICE: "none: we announce a trial without an invoice",
    Cause.CARRIED_OVER: "none: it is an opening figure, not a bill",
    Cause.WRONG_UNIT: "correct the amounts in the source and load again",
    Cause.CONTROL_PRECISION: "none: what is billed is rounded to the currency",
    Cause.NOTHING_DUE: "none: neither side bills anything then",
    Cause.SOURCE_BEHIND: "bill it there first: the hand-over would bill it here",
}


def spoken(causes: Iterable[Cause]) -> str:
    """The causes of a difference as one phrase."""
    return ", and ".join(CAUSES[cause] for cause in causes)


def advised(causes: Iterable[Cause]) -> str:
    return "; ".join(dict.fromkeys(ADVICE[cause] for cause in causes))
