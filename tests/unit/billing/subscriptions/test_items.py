"""Items made of terms: phases, what another system billed, fees that go on; and ends of phases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.unit.billing.subscriptions.contracts import MONTH, charge, contract, day, spans

from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.subscriptions.rules import ending, pausing, phases, timeline
from trueup.billing.subscriptions.rules.items import billed_from, items_of
from trueup.billing.subscriptions.terms import (
    ChargeKind,
    Length,
    LengthUnit,
    Phase,
    PhaseKind,
    Terms,
)

FEE, HALF = charge("fee"), charge("half")
FIXED = charge("fixed", kind=ChargeKind.FIXED)
CALLS = charge("calls", kind=ChargeKind.USAGE)
PHASED = Terms(
    "plan",
    MONTH,
    (
        Phase(PhaseKind.DISCOUNT, (HALF, FIXED), Length(1, LengthUnit.MONTHS)),
        Phase(PhaseKind.FIXED_TERM, (FEE, replace(FIXED, code="later")), Length(2, LengthUnit.MONTHS)),
        Phase(PhaseKind.EVERGREEN, (charge("more"),)),
    ),
    metered=(CALLS,),
)  # fmt: skip
STARTS = (day("01-01"), day("02-01"), day("04-01"))


def made(effective, starts=STARTS, terms=PHASED):
    empty = replace(contract(), items=())
    items = tuple(items_of(empty, terms, starts, day(effective)))
    assert [item.key.rsplit("/", 1)[1] for item in items] == [str(n) for n in range(len(items))]
    return spans(replace(empty, items=items))


@pytest.mark.parametrize(
    ("effective", "expected"),
    [
        ("01-01", ["half 01-01..02-01", "fixed 01-01..02-01", "fee 02-01..04-01", "later 02-01..04-01", "more 04-01..", "calls 01-01.."]),
        ("01-02", ["half 01-02..02-01", "fee 02-01..04-01", "later 02-01..04-01", "more 04-01..", "calls 01-02.."]),
        ("02-01", ["fee 02-01..04-01", "later 02-01..04-01", "more 04-01..", "calls 02-01.."]),
        ("03-31", ["fee 03-31..04-01", "more 04-01..", "calls 03-31.."]),
        ("05-01", ["more 05-01..", "calls 05-01.."]),
    ],
)  # fmt: skip
def test_a_phase_that_is_over_is_left_out_and_a_fixed_fee_is_due_at_its_start(effective, expected):
    assert made(effective) == expected


def test_a_last_phase_that_ends_ends_usage_too():
    assert made("01-01", (*STARTS, day("06-01")))[-2:] == [
        "more 04-01..06-01",
        "calls 01-01..06-01",
    ]
    assert made("05-31", (*STARTS, day("06-01")))[-1] == "calls 05-31..06-01"
    assert made("06-01", (*STARTS, day("06-01"))) == []


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("01-01", ["half 01-01..02-01", "fixed 01-01..02-01"]),
        ("01-31", ["half 01-31..02-01"]),
        ("02-01", []),
    ],
)
def test_of_what_another_system_billed_only_the_rest_is_left(start, expected):
    empty = replace(contract(), items=())
    first = [i for i in items_of(empty, PHASED, STARTS, day("01-01")) if i.end == day("02-01")]
    left = billed_from(first, day(start))
    assert spans(replace(empty, items=tuple(left))) == expected


@pytest.mark.parametrize(
    ("charge_", "until", "expected"),
    [
        (FEE, None, ["fee 01-01.."]),
        (FEE, "02-15", ["fee 01-01..02-15", "fee 02-15.."]),
        (CALLS, None, ["calls 01-01..02-15", "calls 02-15.."]),
    ],
)
def test_usage_and_what_is_over_never_go_on_in_another_plan(charge_, until, expected):
    before = contract(charge_)
    if until is not None:
        before = replace(before, items=(replace(before.items[0], end=day(until)),))
    other = Terms("other", MONTH, (Phase(PhaseKind.EVERGREEN, (charge_,)),))
    at = day("02-15")
    after = timeline.change_terms(before, other, at, (at,), before.cycle, keeps_unchanged=True)
    assert spans(after) == expected


# ---- lengths


@pytest.mark.parametrize(
    ("start", "count", "unit", "end"),
    [
        (date(2024, 1, 31), 14, LengthUnit.DAYS, date(2024, 2, 14)),
        (date(2024, 1, 31), 1, LengthUnit.MONTHS, date(2024, 2, 29)),
        (date(2024, 2, 29), 1, LengthUnit.YEARS, date(2025, 2, 28)),
        (date(2024, 2, 29), 4, LengthUnit.YEARS, date(2028, 2, 29)),
        (datetime(2024, 1, 31, 9, 30, tzinfo=UTC), 2, LengthUnit.DAYS, datetime(2024, 2, 2, 9, 30, tzinfo=UTC)),
        (datetime(2024, 1, 31, 9, 30, tzinfo=UTC), 1, LengthUnit.MONTHS, datetime(2024, 2, 29, 9, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_phase_ends_on_the_same_day_or_the_months_last_at_its_time_of_day(
    start, count, unit, end
):
    """B1, B2."""
    only = replace(PHASED, phases=(Phase(PhaseKind.FIXED_TERM, (FEE,), Length(count, unit)),))
    assert phases.phase_edges(only, start) == (start, end)


def test_phases_start_one_after_another_and_fees_with_the_first_that_has_one():
    starts = phases.phase_edges(PHASED, day("01-31"))
    assert starts == (day("01-31"), day("02-29"), day("04-29"))
    assert phases.first_fee_of(PHASED, starts, day("01-31")) == day("01-31")
    later = replace(PHASED, phases=(Phase(PhaseKind.TRIAL, (FIXED,)), *PHASED.phases[1:]))
    starts = phases.phase_edges(later, day("01-31"))
    assert starts == (day("01-31"), day("01-31"), day("03-31"))
    assert phases.first_fee_of(later, (day("01-31"), day("02-29")), day("01-31")) == day("02-29")
    assert phases.first_fee_of(later, (day("01-31"), day("02-29")), day("03-05")) == day("03-05")
    none = replace(PHASED, phases=(Phase(PhaseKind.EVERGREEN, (FIXED,)),))
    assert phases.first_fee_of(none, (day("01-31"),), day("02-05")) == day("02-05")


# ---- ends


def test_an_end_may_leave_a_last_period_whole_and_usage_open_until_the_final_bill():
    before = contract(FEE, replace(CALLS, kind=ChargeKind.USAGE))
    after = ending.cancel(before, day("02-15"), final_bill=day("02-16"), cuts_price=False, keeps_prepaid=True)  # fmt: skip
    assert spans(after) == ["fee 01-01..02-15", "calls 01-01..02-16"]
    assert [item.costs_full_last_period for item in after.items] == [True, False]
    assert [item.is_closed_by_change for item in after.items] == [False, False]
    assert (after.keeps_prepaid, after.cancelled, after.final_bill) == (
        True,
        day("02-15"),
        day("02-16"),
    )
    back = ending.uncancel(after, day("02-01"))
    assert (back, back.quantity) == (before, Decimal(1))


# ---- quarters counted anew


def test_resumed_anew_long_fees_restart_and_the_rest_goes_on():
    """B38: what was billed of the quarter is given back from the pause on, so it is cut there."""
    quarterly = charge("q", cadence=Cadence(Interval.QUARTER), is_per_unit=True)
    later = charge("later", kind=ChargeKind.ADD_ON, cadence=Cadence(Interval.QUARTER))
    before = contract(FEE, quarterly, replace(quarterly, code="r"), quantity=2)
    before = timeline.add_charge(before, later, day("05-01"), Decimal(1))
    after = pausing.resume(pausing.pause(before, day("02-10")), day("03-20"), anchors_anew=True)
    assert [
        (i.charge.code, i.start, i.end, i.quantity, i.is_closed_by_change) for i in after.items
    ] == [
        ("fee", day("01-01"), None, 1, False),
        ("q", day("01-01"), day("02-10"), 2, True),
        ("q", day("03-20"), None, 2, False),
        ("r", day("01-01"), day("02-10"), 2, True),
        ("r", day("03-20"), None, 2, False),
        ("later", day("05-01"), None, 1, False),
    ]
    assert [after.items[n].cycle.anchor.month for n in (1, 2, 4)] == [1, 3, 3]
    assert [after.items[n].key for n in (2, 4)] == ["s/q/2024-03-20/4", "s/r/2024-03-20/5"]
