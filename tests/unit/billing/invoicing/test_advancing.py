"""Where a subscription stands once it is billed, and whether its next bill is a plain renewal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.billing.invoicing.subscribers import agreed, at, context, due, key, subscribed
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Proration, Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.invoicing.rules.advancing import advanced, is_steady
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.rating.model import PercentagePrice, Price
from trueup.billing.subscriptions.contract import Pause
from trueup.billing.subscriptions.cycle import Turn
from trueup.billing.subscriptions.model import SubscriptionStatus
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import (
    Aggregation,
    ChargeKind,
    Length,
    LengthUnit,
    Threshold,
)

ADVANCE, ARREARS = Timing.IN_ADVANCE, Timing.IN_ARREARS
USAGE = {"kind": ChargeKind.USAGE, "timing": ARREARS, "meter": "calls"}
CALLS = charge("calls", "1", **USAGE)


def moved(subscription, on: str, dialect: Dialect | None = None):
    (record,) = papered([due(subscription, on)], context(subscription), agreed(dialect)).advanced
    return record


# ---- where it stands


def test_a_fee_in_advance_is_charged_to_the_end_of_the_running_period():
    record = moved(subscribed(), "01-01")
    assert (record.current_period_start, record.current_period_end) == (at("01-01"), at("02-01"))
    assert (record.charged_through_at, record.next_bill_at) == (at("02-01"), at("02-01"))
    assert (record.last_billed_at, record.usage_watched_at) == (at("01-01"), None)
    assert record.is_steady


def test_a_fee_in_arrears_is_charged_to_the_start_of_the_running_period():
    record = moved(subscribed(charge("later", timing=ARREARS)), "02-01")
    assert (record.current_period_start, record.current_period_end) == (at("02-01"), at("03-01"))
    assert (record.charged_through_at, record.next_bill_at) == (at("02-01"), at("03-01"))


def test_who_owed_nothing_stays_charged_as_far_as_before():
    one = subscribed(charge("later", timing=ARREARS), charged_through_at=at("01-01"))
    assert moved(one, "01-01").charged_through_at == at("01-01")


def test_what_is_given_back_charges_nobody_further():
    one = subscribed(charged_through_at=at("02-01"))
    bill = papered([due(one, "01-01")], context(one), agreed()).bills[0]
    assert bill.draft is not None
    (line,) = bill.draft.lines
    back = replace(line, gives_back=line.key)
    assert advanced(one, at("01-21"), [back], Dialect()).charged_through_at == at("02-01")
    timeless = replace(line, span=None)
    assert advanced(one, at("01-21"), [timeless], Dialect()).charged_through_at == at("02-01")
    later = replace(line, span=line.span._replace(end=day("03-01")))
    both = advanced(one, at("01-21"), [later, line], Dialect())
    assert both.charged_through_at == at("03-01")


def test_who_has_ended_owes_nothing_any_more():
    ended = ending.cancel(contract(key=key()), day("01-21"))
    one = subscribed(contracted=ended, cancel_at=at("01-21"))
    record = moved(one, "01-21")
    assert (record.next_bill_at, record.ended_at) == (None, at("01-21"))
    assert record.status in {SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED}
    assert not record.is_steady


def limited(*, length: bool, end: str | None = "02-01", cancelled: str | None = None):
    """A contract whose service ends, under a plan with or without a last day."""
    plain = contract(charge("fee"), key=key())
    phase = replace(plain.terms.phases[-1], length=Length(1, LengthUnit.MONTHS) if length else None)
    items = tuple(replace(i, end=None if end is None else day(end)) for i in plain.items)
    agreed_for = replace(plain, terms=replace(plain.terms, phases=(phase,)), items=items)
    return subscribed(contracted=replace(agreed_for, cancelled=None if cancelled is None else day(cancelled)))  # fmt: skip


@pytest.mark.parametrize(("one", "on", "is_over"), [
    (limited(length=True), "02-01", True),
    (limited(length=True), "02-02", True),
    (limited(length=True), "01-31", False),
    (limited(length=True, end=None), "02-01", False),
    (limited(length=False), "02-01", False),
    (limited(length=True, cancelled="06-01"), "02-01", False),
])  # fmt: skip
def test_a_plan_with_a_last_day_is_over_once_all_service_under_it_has_ended(one, on, is_over):
    record = advanced(one, at(on), (), Dialect())
    assert record.cancel_at == (at("02-01") if is_over else None)
    assert (record.status is SubscriptionStatus.ACTIVE) is not is_over


def test_the_last_of_several_ends_is_that_of_the_plan():
    one = limited(length=True)
    (item,) = one.contract.items
    both = replace(one, contract=replace(one.contract, items=(replace(item, end=day("01-15")), item)))  # fmt: skip
    assert advanced(both, at("02-01"), (), Dialect()).cancel_at == at("02-01")
    runs = replace(one, contract=replace(one.contract, items=(replace(item, end=None), item)))
    assert advanced(runs, at("02-01"), (), Dialect()).cancel_at is None


def test_usage_that_may_be_due_by_itself_is_watched_from_the_bill_on():
    plain = charge("calls", "1", **{**USAGE, "timing": ADVANCE})
    assert moved(subscribed(plain), "01-01").usage_watched_at == at("01-01")
    assert moved(subscribed(CALLS), "02-01").usage_watched_at is None


# ---- plain renewals


def steady(*charges, on: str = "02-01", dialect: Dialect | None = None, start: str = "01-01", **said) -> bool:  # fmt: skip
    made = replace(contract(*charges, start=start), **said)
    return is_steady(made, day(on), dialect or Dialect())


@pytest.mark.parametrize(("charged", "expected"), [
    (charge("fee"), True),
    (charge("later", timing=ARREARS), True),
    (charge("more", kind=ChargeKind.ADD_ON), True),
    (CALLS, True),
    (charge("calls", "1", **USAGE, aggregation=Aggregation.MAX), True),
    (charge("calls", "1", **USAGE, aggregation=Aggregation.UNIQUE), False),
    (charge("calls", "1", **USAGE, aggregation=Aggregation.COUNT), False),
    (charge("calls", "1", **USAGE, minimum=Decimal(5)), False),
    (charge("calls", "1", **USAGE, carries_over=True), False),
    (charge("calls", "1", **{**USAGE, "timing": ADVANCE}), False),
    (charge("calls", "1", **{**USAGE, "meter": None}), False),
    (replace(CALLS, price=Price(PercentagePrice(Decimal(2)))), False),
    (charge("fee", cadence=Cadence(Interval.YEAR)), False),
    (charge("setup", kind=ChargeKind.ONE_OFF), True),  # due once, and billed
    (charge("setup", kind=ChargeKind.FIXED), True),
    (charge("setup", kind=ChargeKind.ONE_OFF, timing=ARREARS), False),
])  # fmt: skip
def test_which_charges_renew_plainly(charged, expected):
    assert steady(charged) is expected
    assert steady(charge("fee"), charged) is expected


@pytest.mark.parametrize(("said", "expected"), [
    ({}, True),
    ({"cancelled": day("06-01")}, False),
    ({"pauses": (Pause(day("01-10"), day("02-01")),)}, True),  # over as the period began
    ({"pauses": (Pause(day("01-10"), day("02-02")),)}, False),
    ({"pauses": (Pause(day("01-10"), None),)}, False),
    ({"cycle": Turn(FIRSTS, day("01-15"), Grid(Cadence(Interval.MONTH), Anchor(2024, 1, 15)))}, False),
])  # fmt: skip
def test_what_was_agreed_besides_makes_a_renewal_no_plain_one(said, expected):
    assert steady(**said) is expected


@pytest.mark.parametrize("said", [
    {"minimum_commitment": Decimal(1)}, {"thresholds": (Threshold(Decimal(1)),)},
])  # fmt: skip
def test_amounts_over_all_charges_make_a_renewal_no_plain_one(said):
    made = contract(charge("fee"))
    made = replace(made, terms=replace(made.terms, **said))
    assert not is_steady(made, day("02-01"), Dialect())


def test_who_is_prorated_by_the_second_never_renews_plainly():
    assert not steady(dialect=Dialect(proration=Proration.SECOND))


@pytest.mark.parametrize(("start", "timing", "expected"), [
    ("02-01", ADVANCE, True),   # begins as it is billed
    ("02-02", ADVANCE, False),  # begins tomorrow
    ("02-01", ARREARS, True),   # its first period is a whole one
    ("02-02", ARREARS, False),
    ("01-15", ARREARS, True),   # the part before is billed
])  # fmt: skip
def test_a_charge_renews_plainly_once_its_next_bill_is_a_whole_period(start, timing, expected):
    made = timeline.add_charge(contract(charge("fee")), charge("x", timing=timing), day(start), Decimal(1))  # fmt: skip
    assert is_steady(made, day("02-01"), Dialect()) is expected


def test_in_the_middle_of_a_period_only_what_is_billed_ahead_is_plain():
    for timing, expected in ((ADVANCE, True), (ARREARS, False)):
        made = timeline.add_charge(contract(charge("fee")), charge("x", timing=timing), day("02-10"), Decimal(1))  # fmt: skip
        assert is_steady(made, day("02-10"), Dialect()) is expected


@pytest.mark.parametrize(("removed", "expected"), [("02-01", True), ("02-02", False), ("03-01", False)])  # fmt: skip
def test_what_ended_before_the_period_is_no_part_of_the_renewal(removed, expected):
    made = timeline.remove_charge(contract(charge("fee"), charge("old")), "old", day(removed))
    assert is_steady(made, day("02-01"), Dialect()) is expected


@pytest.mark.parametrize(("start", "expected"), [("02-01", True), ("02-02", False)])
def test_a_fee_due_once_is_over_once_it_has_begun(start, expected):
    once = charge("setup", kind=ChargeKind.ONE_OFF)
    made = timeline.add_charge(contract(charge("fee")), once, day(start), Decimal(1))
    assert is_steady(made, day("02-01"), Dialect()) is expected
