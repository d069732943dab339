"""From when on usage is asked for again, and what of it before still counts (B26 to B28)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Proration, Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.model import BilledLine, DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.drafting.rules.settled import (
    Carried,
    Known,
    asked_from,
    carried,
    in_advance,
    metered,
)
from trueup.billing.rating.model import PercentagePrice, Price
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import Aggregation, Charge, ChargeKind, IncludedUsage

FEE = charge("fee")


def usage(meter: str | None = "calls", **more: Any) -> Charge:
    timing = more.pop("timing", Timing.IN_ARREARS)
    return charge("calls", "1", kind=ChargeKind.USAGE, timing=timing, meter=meter, **more)


CALLS = contract(FEE, usage())
AHEAD = contract(FEE, usage(timing=Timing.IN_ADVANCE))
STANDING = contract(FEE, usage(timing=Timing.IN_ADVANCE, carries_over=True))
(ITEM,) = {metered(each)[0].key for each in (CALLS, AHEAD, STANDING)}


def line(start: str, end: str, number: int = 0, lead: str = "usage", **more: Any) -> BilledLine:
    window = Reach(day(start), day(end))
    made = DraftLine(
        key=f"{ITEM}/{lead}/{window.start}/{number}",
        kind=more.pop("kind", LineKind.USAGE),
        contract="s",
        item=ITEM,
        plan="plan",
        component="calls",
        span=window,
        full=window,
        derivation=flat(0),
        amount_micros=0,
    )
    return BilledLine(made, "i", 0)


def since(
    of: Any, *lines: BilledLine, at: str = "03-10", changed: str | None = None, **used: list[str]
) -> str | None:
    """The day from which usage is asked for, of windows that `lines` billed."""
    points = {meter: [day(each) for each in days] for meter, days in used.items()}
    known = Known(day(at), None if changed is None else day(changed), points)
    found = asked_from(of, {ITEM: lines}, known)
    return None if found is None else f"{found:%m-%d}"


JANUARY, FEBRUARY = line("01-01", "02-01"), line("02-01", "03-01")


@pytest.mark.parametrize(("lines", "changed", "day_asked"), [
    ((), None, "01-01"),                                          # nothing is billed
    ((JANUARY,), None, "02-01"),
    ((FEBRUARY,), None, "01-01"),
    ((JANUARY, FEBRUARY), None, "03-01"),                         # all but the running period
    ((JANUARY, FEBRUARY), "03-05", "03-01"),
    ((JANUARY, FEBRUARY), "03-01", "02-01"),                      # usage of its last day may be its own
    ((JANUARY, FEBRUARY), "02-02", "02-01"),
    ((JANUARY, FEBRUARY), "02-01", "01-01"),
    ((line("01-01", "01-20"), FEBRUARY), None, "01-01"),          # an order moved the window's end
    ((line("01-01", "01-20"), line("01-01", "02-01", 1), FEBRUARY), None, "03-01"),
    ((line("01-01", "02-01", 1), line("01-01", "01-20"), FEBRUARY), None, "03-01"),   # the last by number
    ((line("01-01", "02-01", lead="ahead"), FEBRUARY), None, "01-01"),                # before it closed
    ((line("01-01", "02-01", kind=LineKind.MINIMUM), FEBRUARY), None, "01-01"),       # no line of usage
])  # fmt: skip
def test_what_is_billed_and_unchanged_is_not_asked_again(lines, changed, day_asked):
    assert since(CALLS, *lines, changed=changed) == day_asked


def test_without_charges_for_usage_none_is_asked_for():
    assert since(contract(FEE)) is None


def test_an_item_that_ended_is_asked_for_to_its_end_and_no_further():
    ended = timeline.remove_charge(CALLS, "calls", day("01-20"))
    assert since(ended, JANUARY) == "01-01"
    assert since(ended, line("01-01", "01-20")) == "03-01"


def test_the_last_window_before_the_final_bill_is_asked_for_again():
    """Its last day may still be used on."""
    ended = ending.cancel(CALLS, day("02-01"))
    assert since(ended, JANUARY, at="02-01") == "01-01"


@pytest.mark.parametrize(("used", "day_asked"), [
    ([], "03-01"),                        # a window without usage has no line, and is settled
    (["01-01"], "01-01"),
    (["02-01"], "01-01"),                 # of its last day
    (["02-02"], "02-01"),
    (["03-02"], "03-01"),
])  # fmt: skip
def test_a_window_charged_ahead_without_a_line_is_settled_where_nothing_was_used(used, day_asked):
    assert since(AHEAD, calls=used) == day_asked
    assert since(AHEAD, other=used) == "03-01"
    any_meter = contract(FEE, usage(None, timing=Timing.IN_ADVANCE))
    assert since(any_meter, other=used) == day_asked


def test_what_stands_counts_for_every_window_after_it():
    assert since(STANDING, JANUARY, calls=["01-10"]) == "02-01"
    assert since(AHEAD, JANUARY, calls=["01-10"]) == "03-01"


# ---- before the first window


STANDS = {"carries_over": True}


@pytest.mark.parametrize(("charges", "dialect", "way", "meters"), [
    ((FEE, usage()), Dialect(), Carried.NOTHING, set()),
    ((FEE, usage(**STANDS)), Dialect(), Carried.QUANTITY, {"calls"}),
    ((usage("calls+lookups", **STANDS),), Dialect(), Carried.QUANTITY, {"calls", "lookups"}),
    ((usage(None, **STANDS),), Dialect(), Carried.QUANTITY, {None}),
    ((usage(aggregation=Aggregation.TIME_WEIGHTED, **STANDS),), Dialect(), Carried.QUANTITY, {"calls"}),
    ((usage(aggregation=Aggregation.MAX, **STANDS),), Dialect(), Carried.LARGEST, {"calls"}),
    ((usage(aggregation=Aggregation.LATEST, **STANDS),), Dialect(), Carried.LATEST, {"calls"}),
    ((usage(aggregation=Aggregation.UNIQUE, **STANDS),), Dialect(), Carried.EVENTS, {"calls"}),
    ((usage(**STANDS),), Dialect(late_usage_periods=2), Carried.EVENTS, {"calls"}),
    ((usage(**STANDS),), Dialect(proration=Proration.SECOND), Carried.EVENTS, {"calls"}),
    ((charge("fee", included=IncludedUsage("sms+mms", Decimal(9))),), Dialect(), Carried.QUANTITY, {"sms", "mms"}),
    ((charge("fee", included=IncludedUsage("sms", Decimal(9))), usage(aggregation=Aggregation.MAX, **STANDS)), Dialect(), Carried.EVENTS, {"sms", "calls"}),
    ((charge("fee", included=IncludedUsage("sms", Decimal(9))), usage(**STANDS)), Dialect(), Carried.QUANTITY, {"sms", "calls"}),
])  # fmt: skip
def test_b26_b27_before_it_only_what_stands_or_is_included_counts(charges, dialect, way, meters):
    assert carried(contract(*charges), dialect) == (way, meters)


def test_a_share_of_each_event_asks_for_each_event():
    price = Price(PercentagePrice(rate_percent=Decimal(1)))
    shares = Charge(
        "calls", ChargeKind.USAGE, Timing.IN_ARREARS, price, meter="calls", carries_over=True
    )
    assert carried(contract(shares), Dialect()) == (Carried.EVENTS, {"calls"})


@pytest.mark.parametrize(("charges", "meters"), [
    ((FEE, usage()), set()),
    ((usage("calls+lookups", timing=Timing.IN_ADVANCE),), {"calls", "lookups"}),
    ((usage(None, timing=Timing.IN_ADVANCE),), {None}),
])  # fmt: skip
def test_windows_without_usage_have_no_line_of_meters_that_are_charged_ahead(charges, meters):
    assert in_advance(contract(*charges)) == meters
