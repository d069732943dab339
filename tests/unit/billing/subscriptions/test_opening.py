"""The contract that a new subscription, a change or an end comes to, by the dialect (B7-B10, B32-B35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.unit.billing.subscriptions.contracts import charge, spans

from trueup.billing.calendar.errors import CycleDayImpossible
from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Proration, Recurrence
from trueup.billing.dialect.model import Dialect, Start
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.model import FlatPrice, GraduatedPrice, Price
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.cycle import period_at
from trueup.billing.subscriptions.rules import ending, ordering, timeline
from trueup.billing.subscriptions.rules.ordering import Opening, opened
from trueup.billing.subscriptions.terms import (
    ChargeKind,
    Length,
    LengthUnit,
    Phase,
    PhaseKind,
    Terms,
)
from trueup.kernel.errors import Defect

TRUEUP = Dialect()
BERLIN = ZoneInfo("Europe/Berlin")
FEE, SETUP = charge("fee"), charge("setup", kind=ChargeKind.ONE_OFF)
QUARTER = Cadence(Interval.QUARTER)


def day(text):
    return date.fromisoformat(f"2024-{text}")


def sold(*charges, **more):
    given = {"plan": "plan", "cadence": Cadence(Interval.MONTH)} | more
    return Terms(phases=(Phase(PhaseKind.EVERGREEN, charges or (FEE,)),), **given)


def opening(terms=None, start="02-10", dialect=TRUEUP, **more):
    return opened(Opening("s", "c", terms or sold(FEE, SETUP), day(start), **more), dialect, BERLIN)


TRIED = sold(FEE, SETUP, trial_days=14)
PHASED = Terms(
    "plan",
    Cadence(Interval.MONTH),
    (
        Phase(PhaseKind.TRIAL, (SETUP,), Length(14, LengthUnit.DAYS)),
        Phase(PhaseKind.EVERGREEN, (FEE,)),
    ),
)


@pytest.mark.parametrize(
    ("terms", "more", "expected"),
    [
        (None, {}, ["fee 02-10..", "setup 02-10.."]),
        (TRIED, {}, ["fee 02-24..", "setup 02-10.."]),
        (PHASED, {}, ["setup 02-10..02-24", "fee 02-24.."]),
        (None, {"billing_from": day("03-05")}, ["fee 03-05..", "setup 02-10.."]),
        (TRIED, {"tried_from": day("02-01")}, ["fee 02-15..", "setup 02-10.."]),
        (TRIED, {"tried_from": day("01-01")}, ["fee 02-10..", "setup 02-10.."]),
        (TRIED, {"billing_from": day("03-05")}, ["fee 03-05..", "setup 02-10.."]),
        (TRIED, {"billing_from": day("02-10")}, ["fee 02-24..", "setup 02-10.."]),
        (None, {"billing_from": day("02-01")}, ["fee 02-10..", "setup 02-10.."]),
        (None, {"end": day("03-01")}, ["fee 02-10..03-01", "setup 02-10..03-01"]),
    ],
    ids=["at once", "a trial", "a phase", "later", "once before", "long before", "later than a trial", "from the start",
         "never before the start", "until then"],
)  # fmt: skip
def test_fees_are_due_from_the_start_the_trial_or_when_it_was_agreed(terms, more, expected):
    """B34."""
    assert spans(opening(terms, **more)) == expected


def test_an_opening_is_all_that_was_asked_for():
    made = opening(quantity=Decimal(3), bundle="b", end=day("03-01"))
    assert (made.key, made.customer, made.bundle, made.quantity) == ("s", "c", "b", 3)
    assert (made.start, made.origin, made.cancelled) == (day("02-10"), day("02-10"), day("03-01"))
    whole = opening(end=day("03-01"), dialect=replace(TRUEUP, end_date_cuts_price=False))
    assert [i.costs_full_last_period for i in (*made.items, *whole.items)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("terms", "dialect", "more", "anchor"),
    [
        (None, TRUEUP, {}, (2024, 2, 10)),
        (TRIED, TRUEUP, {}, (2024, 2, 24)),
        (TRIED, replace(TRUEUP, trial_moves_anchor=False), {}, (2024, 2, 10)),
        (TRIED, replace(TRUEUP, start=Start.ACCOUNT), {}, (2024, 2, 24)),
        (TRIED, TRUEUP, {"anchor": Start.CALENDAR}, (2024, 1, 1)),
        (TRIED, TRUEUP, {"tried_from": day("02-01")}, (2024, 2, 15)),
        (TRIED, TRUEUP, {"tried_from": day("01-01")}, (2024, 2, 10)),
        (TRIED, TRUEUP, {"billing_from": day("03-21")}, (2024, 2, 24)),
        (PHASED, TRUEUP, {}, (2024, 2, 24)),
        (PHASED, replace(TRUEUP, start=Start.ACCOUNT), {}, (2024, 2, 24)),
        (None, replace(TRUEUP, start=Start.CALENDAR), {}, (2024, 1, 1)),
        (None, TRUEUP, {"anchor": Start.CALENDAR}, (2024, 1, 1)),
        (None, replace(TRUEUP, start=Start.CALENDAR), {"anchor": Start.ANNIVERSARY}, (2024, 2, 10)),
        (None, TRUEUP, {"cycle_day": 15}, (2024, 2, 15)),
        (None, TRUEUP, {"cycle_day": 5}, (2024, 3, 5)),
        (None, TRUEUP, {"cycle_day": 31}, (2024, 2, 31)),
        (None, TRUEUP, {"cycle_day": 20, "billing_from": day("03-21")}, (2024, 4, 20)),
        (None, TRUEUP, {"cycle_day": 15, "anchor": Start.CALENDAR}, (2024, 2, 15)),
        (None, replace(TRUEUP, start=Start.ACCOUNT), {"billing_from": day("03-21")}, (2024, 3, 21)),
        (None, TRUEUP, {"billing_from": day("03-21")}, (2024, 2, 10)),
    ],
)
def test_periods_hang_where_order_or_dialect_say(terms, dialect, more, anchor):
    """B7; B34: who is tried out pays whole periods from the end of the trial."""
    assert opening(terms, dialect=dialect, **more).cycle == Grid(
        Cadence(Interval.MONTH), Anchor(*anchor)
    )


def test_what_is_sold_once_is_counted_in_months():
    assert opening(sold(SETUP, cadence=None)).cycle.cadence == Cadence(Interval.MONTH)
    assert opening(sold(cadence=QUARTER)).cycle.cadence == QUARTER


def test_by_the_second_periods_keep_the_time_of_day():
    by_second = replace(TRUEUP, proration=Proration.SECOND)
    start = datetime(2024, 2, 10, 8, 30, tzinfo=UTC)
    made = opened(Opening("s", "c", TRIED, start), by_second, BERLIN)
    expected = Grid(Cadence(Interval.MONTH), Anchor(2024, 2, 24))
    assert made.cycle == Recurrence(expected, BERLIN, time(9, 30))
    by_month = opened(Opening("s", "c", TRIED, start, anchor=Start.CALENDAR), by_second, BERLIN)
    firsts = Grid(Cadence(Interval.MONTH), Anchor(2024, 1, 1))
    assert by_month.cycle == Recurrence(firsts, BERLIN)
    assert [item.start for item in made.items] == [start + 14 * ordering.DAY, start]


# ---- another plan


@pytest.mark.parametrize(
    ("cadence", "dialect", "settlement", "expected"),
    [
        (QUARTER, {}, Settlement.PRORATE, (QUARTER, (2024, 2, 10))),
        (QUARTER, {"new_cadence_starts_anew": True}, Settlement.PRORATE, (QUARTER, (2024, 4, 20))),
        (QUARTER, {"anchors_anew": True}, Settlement.PRORATE, (QUARTER, (2024, 4, 10))),
        (Cadence(Interval.MONTH), {"new_cadence_starts_anew": True}, Settlement.PRORATE, (ordering.MONTHLY, (2024, 2, 10))),
        (None, {"new_cadence_starts_anew": True}, Settlement.NONE, (ordering.MONTHLY, (2024, 2, 10))),
        (None, {}, Settlement.RESET, (ordering.MONTHLY, (2024, 4, 20))),
        (None, {"anchors_anew": True}, Settlement.RESET, (ordering.MONTHLY, (2024, 4, 20))),
        (QUARTER, {}, Settlement.AT_RENEWAL, (QUARTER, (2024, 2, 10))),
    ],
)  # fmt: skip
def test_a_change_keeps_the_anchor_unless_it_begins_anew(cadence, dialect, settlement, expected):
    """B9, B32."""
    other = sold(charge("more"), cadence=cadence)
    after = ordering.changed(opening(), other, day("04-20"), replace(TRUEUP, **dialect), settlement)
    assert after.cycle == Grid(expected[0], Anchor(*expected[1]))
    assert after.terms == other


def test_a_second_plan_brings_no_second_trial():
    """B34."""
    after = ordering.changed(opening(sold()), TRIED, day("04-20"), TRUEUP, Settlement.PRORATE)
    assert spans(after) == ["fee 02-10..04-20", "fee 04-20..", "setup 04-20.."]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ({}, ["fee 02-10..04-20", "fee 04-20..", "setup 04-20.."]),
        ({"keeps_unchanged": True}, ["fee 02-10..", "setup 04-20.."]),
        ({"bills_once_on_change": False}, ["fee 02-10..04-20", "fee 04-20.."]),
    ],
)
def test_what_a_change_leaves_alone_is_the_dialects_word(dialect, expected):
    dialect = replace(TRUEUP, **dialect)
    after = ordering.changed(
        opening(sold()), sold(FEE, SETUP), day("04-20"), dialect, Settlement.PRORATE
    )
    assert spans(after) == expected


# ---- another quantity, an end


SEAT = charge("seat", is_per_unit=True)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("03-01", ["seat 02-10..03-05", "3xseat 03-05..04-20"]),
        ("04-19", ["seat 02-10..03-05", "3xseat 03-05..04-20"]),
    ],
)
def test_another_quantity_keeps_an_agreed_end(now, expected):
    leaving = ending.cancel(opening(sold(SEAT)), day("04-20"), final_bill=day("04-21"))
    after = ordering.quantity_changed(leaving, Decimal(3), day("03-05"), day(now))
    assert spans(after) == expected
    assert (after.cancelled, after.final_bill) == (day("04-20"), day("04-21"))
    assert spans(ending.uncancel(after, day(now))) == ["seat 02-10..03-05", "3xseat 03-05.."]


def test_another_quantity_of_time_before_an_end_that_has_come():
    over = ending.cancel(opening(sold(SEAT)), day("04-20"))
    after = ordering.quantity_changed(over, Decimal(3), day("03-05"), day("04-20"))
    assert spans(after) == ["seat 02-10..03-05", "3xseat 03-05..04-20"]
    assert spans(
        ordering.quantity_changed(opening(sold(SEAT)), Decimal(3), day("03-05"), day("03-05"))
    ) == [
        "seat 02-10..03-05",
        "3xseat 03-05..",
    ]


@pytest.mark.parametrize(
    ("bills_last_day", "is_now", "end", "final"),
    [
        (True, True, "03-06", "03-05"),
        (True, False, "03-05", "03-05"),
        (False, True, "03-05", "03-05"),
    ],
)
def test_the_day_of_an_end_may_still_count(bills_last_day, is_now, end, final):
    dialect = replace(TRUEUP, bills_last_day=bills_last_day)
    after = ordering.cancelled(opening(), day("03-05"), dialect, is_now=is_now)
    assert (after.cancelled, after.final_bill) == (day(end), day(final))


def test_an_end_before_the_start_is_at_the_start():
    after = ordering.cancelled(opening(), day("01-05"), TRUEUP, is_now=False)
    assert (after.cancelled, spans(after)) == (day("02-10"), [])


@pytest.mark.parametrize(
    ("terms", "now", "expected"),
    [
        (sold(), "02-10", "03-10"),
        (sold(), "03-09", "03-10"),
        (sold(), "03-10", "04-10"),
        (TRIED, "02-12", "02-24"),  # nothing runs yet: it ends where its fees would begin
        (TRIED, "02-24", "03-24"),
        (sold(SETUP), "02-12", "03-10"),
        (sold(charge("fee", cadence=QUARTER)), "02-12", "05-10"),
        (sold(SETUP, cadence=QUARTER), "02-12", "05-10"),
    ],
)
def test_the_period_that_ends_is_that_of_the_running_fees(terms, now, expected):
    assert ordering.end_of_period(opening(terms), day(now)) == day(expected)


def test_a_fee_that_is_over_has_no_running_period():
    before = opening(sold(charge("fee", cadence=QUARTER)))
    after = timeline.change_terms(before, sold(), day("03-01"), (day("03-01"),), before.cycle)
    assert ordering.end_of_period(after, day("02-20")) == day("05-10")
    assert ordering.end_of_period(after, day("03-01")) == day("03-10")


# ---- another day of the month


NOON = Recurrence(Grid(Cadence(Interval.MONTH), Anchor(2024, 1, 10)), BERLIN, time(12))


@pytest.mark.parametrize(
    ("start", "cycle_day", "first"),
    [
        ("02-10", 10, "02-10"),
        ("02-11", 10, "03-10"),
        ("02-10", 31, "02-29"),
        ("02-29", 30, "02-29"),
    ],
)
def test_days_turn_on_the_next_such_day_or_the_months_last(start, cycle_day, first):
    """B2, B10."""
    cycle, at = ordering.on_cycle_day(Grid(QUARTER, Anchor(2024, 1, 1)), day(start), cycle_day)
    month = day(first).month
    assert (cycle, at) == (Grid(QUARTER, Anchor(2024, month, cycle_day)), day(first))
    assert period_at(cycle, at).start == at


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (datetime(2024, 2, 15, 10, 59, tzinfo=UTC), datetime(2024, 2, 15, 11, tzinfo=UTC)),
        (datetime(2024, 2, 15, 11, tzinfo=UTC), datetime(2024, 2, 15, 11, tzinfo=UTC)),
        (datetime(2024, 2, 15, 11, 1, tzinfo=UTC), datetime(2024, 3, 15, 11, tzinfo=UTC)),
        (datetime(2024, 3, 20, tzinfo=UTC), datetime(2024, 4, 15, 10, tzinfo=UTC)),  # summer time
    ],
)
def test_instants_turn_at_their_own_time_of_day(start, first):
    """B5, B10."""
    cycle, at = ordering.on_cycle_day(NOON, start, 15)
    assert (at, cycle.at, cycle.zone) == (first, time(12), BERLIN)
    assert cycle.grid == Grid(Cadence(Interval.MONTH), Anchor(2024, first.month, 15))


def test_a_day_that_no_month_has_is_refused_and_a_date_is_no_instant():
    with pytest.raises(CycleDayImpossible):
        ordering.on_cycle_day(Grid(QUARTER, Anchor(2024, 1, 1)), day("02-10"), 32)
    with pytest.raises(Defect, match="a cycle of instants turns at an instant"):
        ordering.on_cycle_day(NOON, day("02-10"), 15)


# ---- which costs more


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (sold(), "10"),
        (sold(FEE, charge("b", "2.50"), SETUP, charge("x", kind=ChargeKind.ADD_ON)), "12.50"),
        (sold(SETUP), "0"),
        (PHASED, "10"),
        (replace(PHASED, phases=PHASED.phases[:1]), "0"),
        (sold(replace(FEE, price=Price(FlatPrice(Decimal("7.7"))))), "7.7"),
        (sold(replace(FEE, price=Price(GraduatedPrice((Tier(None, Decimal("0.3")),))))), "0.3"),
    ],
)
def test_the_fees_of_a_plan_are_those_of_its_last_phase_for_one_unit(terms, expected):
    assert ordering.fees_of(terms) == Decimal(expected)
