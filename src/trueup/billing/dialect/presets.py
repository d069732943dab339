"""Dialects of engines people come from, as settings; each argued in docs/dialects.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trueup.billing.calendar.model import Proration, Stub
from trueup.billing.dialect.model import (
    ArrearsAtChange,
    CreditBasis,
    CreditForm,
    CreditUse,
    Dialect,
    Shortfall,
    Start,
)
from trueup.billing.discounts.model import CouponOrder, DiscountConvention, Leftover
from trueup.billing.rating.model import RatingConvention
from trueup.billing.taxes.model import TaxConvention, TaxRounding

TRUEUP: Final = Dialect()

KILL_BILL: Final = Dialect(
    name="kill_bill",
    start=Start.ACCOUNT,
    stub=Stub.COUNTED_FROM_EDGE,
    counts_usage_of_last_day=True,
    credit_basis=CreditBasis.BILLED,
    credit_use=CreditUse.LINE,
    late_usage_periods=2,
    keeps_billed_usage=True,
    ends_arrears_at_once=True,
    anchors_anew=True,
    dates_by_local_day=True,
    keeps_utc_offset=True,
    rating=RatingConvention(last_block_goes_on=True),
)

LAGO: Final = Dialect(
    name="lago",
    start=Start.CALENDAR,
    bills_last_day=True,
    counts_usage_of_last_day=True,
    splits_usage_at_moment=True,
    credit_form=CreditForm.CREDIT_NOTE,
    credit_basis=CreditBasis.LIST_PRICE,
    credits_add_ons=False,
    downgrades_wait=True,
    tries_out_once=True,
    trial_moves_anchor=False,
    taxes=TaxConvention(rounding_place=TaxRounding.INVOICE),
)

METEROID: Final = Dialect(
    name="meteroid",
    credit_basis=CreditBasis.LIST_PRICE,
    shortfall=Shortfall.NEGATIVE,
    credit_use=CreditUse.SETTLED,
    arrears_at_change=ArrearsAtChange.AT_RENEWAL,
    keeps_unchanged=True,
    bills_once_on_change=False,
    change_ends_trial=True,
    end_date_cuts_price=False,
    credits_at_end=False,
    decreases_wait=True,
    discounts=DiscountConvention(order=CouponOrder.PERCENT_FIRST, leftover=Leftover.EXPIRES),
)

FLEXPRICE: Final = Dialect(
    name="flexprice",
    start=Start.CALENDAR,
    shortfall=Shortfall.NEGATIVE,
    credit_use=CreditUse.SETTLED,
)

STRIPE: Final = Dialect(
    name="stripe",
    proration=Proration.SECOND,
    new_cadence_starts_anew=True,
    shortfall=Shortfall.NEGATIVE,
    credit_use=CreditUse.SETTLED,
    credits_at_end=False,
)

ZUORA: Final = Dialect(name="zuora", start=Start.CALENDAR, shortfall=Shortfall.NEGATIVE)

CHARGEBEE: Final = Dialect(
    name="chargebee", quantities_change_next_day=True, shortfall=Shortfall.NEGATIVE
)

WHOLE_DAYS: Final = replace(ZUORA, name="whole_days", quantities_change_next_day=True)
"""What cases of both mean who say no more than that days are counted."""

PRESETS: Final = {
    "trueup": TRUEUP,
    "kb-day": KILL_BILL,
    "kb-30": replace(KILL_BILL, name="kill_bill_30_days", proration=Proration.FIXED_30_DAYS),
    "kb-greedy": replace(KILL_BILL, name="kill_bill_greedy", bills_arrears_ahead=True),
    "kb-blocks": KILL_BILL,
    "lago-day": LAGO,
    "lago-model": LAGO,
    "meteroid-day": METEROID,
    "flexprice-day": FLEXPRICE,
    "second": STRIPE,
    "zuora-day": ZUORA,
    "chargebee-day": CHARGEBEE,
    "day": WHOLE_DAYS,
    "plain": TRUEUP,
    "openmeter-rating": TRUEUP,
}
"""By the name a case or a tenant's settings gives."""
