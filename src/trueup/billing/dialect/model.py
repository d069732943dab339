"""The billing dialect: every convention on which billing engines differ, as settings of a contract.

A migrated customer is billed as before because these are data, never constants in a rule.
Sources: BILLING_RULES (introduction, B6-B8, B31, B32, B38, B43, B45); docs/dialects.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from enum import StrEnum

from trueup.billing.calendar.model import Proration, Stub
from trueup.billing.discounts.model import DiscountConvention
from trueup.billing.rating.model import RatingConvention
from trueup.billing.taxes.model import TaxConvention


class CreditForm(StrEnum):
    """How money for unused service is given back."""

    LINE = "line"  # a negative line beside the new charges
    CREDIT_NOTE = "credit_note"  # a note against the invoice that charged it


class CreditBasis(StrEnum):
    """Of what a credit is the unused part."""

    BILLED = "billed"  # of the line that was billed, over that line's own span
    LIST_PRICE = "list_price"  # of the full price over the full period, at most what was billed


class Shortfall(StrEnum):
    """What becomes of an invoice whose lines give back more than they charge."""

    BALANCED = "balanced"  # a line puts the rest on the account, so that the total is zero
    NEGATIVE = "negative"  # the total stays negative and the account's credit rises by it


class CreditUse(StrEnum):
    """How credit of the account shows on the invoice that uses it."""

    LINE = "line"  # as a line; the total falls
    APPLIED = "applied"  # beside the lines; the total falls
    SETTLED = "settled"  # as a payment; the total stays


class ArrearsAtChange(StrEnum):
    """When the part before a change is billed, for fees and usage in arrears."""

    AT_ONCE = "at_once"
    AT_RENEWAL = "at_renewal"


class Start(StrEnum):
    """Where periods are anchored when an order does not say."""

    CALENDAR = "calendar"
    ANNIVERSARY = "anniversary"
    ACCOUNT = "account"  # the account's cycle day; set by the first recurring charge if it has none


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one contract is billed.  The defaults are Trueup's own conventions.

    proration: the unit in which parts of a period are counted (B6).
    rounding: a mode of `decimal`; each line is rounded once, by itself, to the currency's step.
    bills_last_day: the day on which a service is cancelled still counts as used.
    counts_usage_of_last_day: usage dated on that day is billed, even if the day itself is not.
    splits_usage_at_moment: usage of the day of a change is of the plan that ran at its moment.
    keeps_unchanged: a component paid ahead that a change of plan leaves as it is goes on.
    bills_once_on_change: a one-time fee of the new plan is charged to a running subscription.
    credits_add_ons: unused fixed charges beside the plan's fee are given back, too.
    late_usage_periods: how many periods back late usage is still billed; None: without limit (B28).
    keeps_billed_usage: usage that was billed is never given back, whatever is agreed or told later.
    bills_arrears_ahead: a run on demand bills the running period of fees in arrears.
    dates_by_local_day: documents carry the day of the account, never a time.
    ends_arrears_at_once: a cancellation for the end of the term of a fee in arrears is immediate.
    end_date_cuts_price: a service that ends inside a period costs its part of it; else all of it.
    credits_at_end: a cancellation gives back what was billed ahead, unless the order says.
    quantities_change_next_day: the day on which a quantity changes is still the old one's.
    downgrades_wait: a cheaper plan starts with the next period, unless the order says (B32).
    decreases_wait: so does a smaller quantity.
    new_cadence_starts_anew: a change to fees of another cadence starts a whole period of it.
    change_ends_trial: a change of plan ends a free trial; a whole period starts there (B34).
    anchors_anew: quarters and years are counted anew from the month of a change or a resumption.
    tries_out_once: a trial counts from the first subscription, also for who comes back (B34).
    trial_moves_anchor: the first paid period starts where a trial ends; else with the subscription.
    keeps_utc_offset: an account's days keep the offset to UTC of when it was opened (B5).
    """

    name: str = "trueup"
    proration: Proration = Proration.DAY
    rounding: str = ROUND_HALF_UP
    start: Start = Start.ANNIVERSARY
    stub: Stub = Stub.ANCHORED
    bills_last_day: bool = False
    counts_usage_of_last_day: bool = False
    splits_usage_at_moment: bool = False
    credit_form: CreditForm = CreditForm.LINE
    credit_basis: CreditBasis = CreditBasis.BILLED
    shortfall: Shortfall = Shortfall.BALANCED
    credit_use: CreditUse = CreditUse.APPLIED
    arrears_at_change: ArrearsAtChange = ArrearsAtChange.AT_ONCE
    keeps_unchanged: bool = False
    bills_once_on_change: bool = True
    credits_add_ons: bool = True
    late_usage_periods: int | None = None
    keeps_billed_usage: bool = False
    end_date_cuts_price: bool = True
    credits_at_end: bool = True
    quantities_change_next_day: bool = False
    downgrades_wait: bool = False
    decreases_wait: bool = False
    new_cadence_starts_anew: bool = False
    change_ends_trial: bool = False
    anchors_anew: bool = False
    tries_out_once: bool = False
    trial_moves_anchor: bool = True
    keeps_utc_offset: bool = False
    bills_arrears_ahead: bool = False
    ends_arrears_at_once: bool = False
    dates_by_local_day: bool = False
    rating: RatingConvention = field(default_factory=RatingConvention)
    discounts: DiscountConvention = field(default_factory=DiscountConvention)
    taxes: TaxConvention = field(default_factory=TaxConvention)

    @property
    def counts_instants(self) -> bool:
        """Whether its contracts live on instants instead of local dates."""
        return self.proration is Proration.SECOND
