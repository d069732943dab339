"""Fees that recur: service that should be billed less what is (B3, B7, B11, B31, B39)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.drafting.books import Books, said
from tests.unit.billing.subscriptions.contracts import charge, contract, day, terms

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Proration, Timing
from trueup.billing.dialect.model import ArrearsAtChange, CreditBasis, Dialect
from trueup.billing.drafting.rules.amounts import part_of
from trueup.billing.drafting.rules.due import next_due
from trueup.billing.rating.derivation import Flat
from trueup.billing.rating.rules.execution import exact
from trueup.billing.subscriptions.cycle import Reach, period_at
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.terms import ChargeKind

ARREARS = charge("later", "31", timing=Timing.IN_ARREARS)


def test_each_missed_period_is_billed_once_and_in_order() -> None:
    """B11: also after a downtime; asked again, nothing is owed (B39)."""
    books = Books(contract(charge("fee"), ARREARS))
    assert books.run("03-05") == [
        "recurring fee 01-01..02-01 10.00",
        "recurring fee 02-01..03-01 10.00",
        "recurring fee 03-01..04-01 10.00",
        "recurring later 01-01..02-01 31.00",
        "recurring later 02-01..03-01 31.00",
    ]
    assert books.run("03-05") == []
    assert books.run("01-15") == []


def test_a_period_in_advance_belongs_to_the_instant_it_begins() -> None:
    """B3: the last day still belongs to the period before."""
    books = Books(contract(charge("fee")))
    books.run("01-01")
    assert books.run("01-31") == []
    assert books.run("02-01") == ["recurring fee 02-01..03-01 10.00"]


def test_a_first_part_is_measured_by_the_whole_period() -> None:
    """B7: 15 of 29 days of February."""
    books = Books(contract(charge("fee", "29"), start="02-15"))
    assert books.run("02-15") == ["recurring fee 02-15..03-01 15.00"]


def test_what_is_not_prorated_costs_all_of_it() -> None:
    books = Books(contract(charge("fee", "29", is_prorated=False), start="02-15"))
    assert books.run("02-15") == ["recurring fee 02-15..03-01 29.00"]


def test_an_end_gives_back_what_it_cuts_off() -> None:
    books = Books(contract(charge("fee", "31"), ARREARS))
    books.run("01-01")
    books.contract = ending.cancel(books.contract, day("01-21"))
    assert books.run("01-21") == [
        "credit fee 01-21..02-01 -11.00",
        "recurring later 01-01..01-21 20.00",
    ]
    assert books.run("05-01") == []


def test_an_end_that_is_agreed_shortens_the_period_beforehand() -> None:
    books = Books(ending.cancel(contract(charge("fee", "31")), day("01-21")))
    assert books.run("01-01") == ["recurring fee 01-01..01-21 20.00"]


def test_what_was_prepaid_may_be_kept() -> None:
    books = Books(contract(charge("fee", "31")))
    books.run("01-01")
    books.contract = ending.cancel(books.contract, day("01-21"), keeps_prepaid=True)
    assert books.run("01-21") == []


def test_a_last_period_may_cost_all_of_it() -> None:
    books = Books(contract(ARREARS))
    books.contract = ending.cancel(books.contract, day("01-21"), cuts_price=False)
    assert books.run("01-21") == ["recurring later 01-01..01-21 31.00"]


def test_a_backdated_pause_gives_back_days_of_two_periods() -> None:
    """B38: each at its own daily rate."""
    books = Books(contract(charge("fee", "62")))
    books.run("02-20")
    paused = pausing.pause(books.contract, day("01-22"))
    books.contract = pausing.resume(paused, day("02-11"))
    assert books.run("02-20") == [
        "credit fee 01-22..02-01 -20.00",
        "credit fee 02-01..02-11 -21.38",
    ]


def test_days_given_back_can_be_billed_again() -> None:
    books = Books(contract(charge("fee", "31")))
    books.run("01-01")
    books.contract = ending.cancel(books.contract, day("01-21"))
    books.run("01-21")
    books.contract = ending.uncancel(books.contract, day("01-20"))
    assert books.run("01-22") == ["recurring fee 01-21..02-01 11.00"]


@pytest.mark.parametrize(
    ("basis", "credit"),
    [
        (CreditBasis.BILLED, "credit fee 01-27..02-01 -2.50"),  # 5 of the 10 days billed
        (CreditBasis.LIST_PRICE, "credit fee 01-27..02-01 -1.61"),  # 5 of 31 days of 10.00
    ],
)
def test_a_credit_is_part_of_what_was_billed_or_of_the_list_price(
    basis: CreditBasis, credit: str
) -> None:
    """B31: a start on the 22nd that was agreed at 5.00 for the rest."""
    books = Books(contract(charge("fee"), start="01-22"), Dialect(credit_basis=basis))
    (line,) = books.lines("01-22")
    item = line.item or ""
    row = books.billed[item][0]
    agreed = replace(line, amount_micros=5 * 10**6)
    books.billed[item] = (replace(row, line=agreed, left_micros=5 * 10**6),)
    books.contract = ending.cancel(books.contract, day("01-27"))
    assert books.run("01-27") == [credit]


def test_what_was_taken_back_already_is_not_given_back_again() -> None:
    """B31: eleven days of 1.00, at most 3.00; the derivation says so, too."""
    books = Books(contract(charge("fee", "31")))
    (line,) = books.lines("01-01")
    row = books.billed[line.item or ""][0]
    books.billed[line.item or ""] = (replace(row, left_micros=3 * 10**6),)
    books.contract = ending.cancel(books.contract, day("01-21"))
    (credit,) = books.lines("01-21")
    assert said(credit) == "credit fee 01-21..02-01 -3.00"
    assert exact(credit.derivation) == (-3, 1)


@pytest.mark.parametrize(
    ("when", "at_change", "at_renewal"),
    [
        (ArrearsAtChange.AT_ONCE, ["recurring later 01-01..01-11 10.00"], []),
        (ArrearsAtChange.AT_RENEWAL, [], ["recurring later 01-01..01-11 10.00"]),
    ],
)
def test_the_part_before_a_change_is_billed_when_the_dialect_says(
    when: ArrearsAtChange, at_change: list[str], at_renewal: list[str]
) -> None:
    books = Books(contract(ARREARS), Dialect(arrears_at_change=when))
    other = terms(charge("other", "62", timing=Timing.IN_ARREARS), plan="other")
    at = day("01-11")
    books.contract = timeline.change_terms(books.contract, other, at, (at,), books.contract.cycle)
    assert books.run("01-11") == at_change
    assert books.run("02-01") == [*at_renewal, "recurring other 01-11..02-01 42.00"]


def test_fees_due_once_are_billed_once() -> None:
    once = charge("setup", "99", kind=ChargeKind.ONE_OFF)
    books = Books(contract(once))
    assert books.run("04-01") == ["one_off setup 99.00"]
    assert books.run("05-01") == []


def test_the_next_moment_is_when_something_can_fall_due() -> None:
    given_contract = ending.cancel(contract(charge("fee")), day("02-15"))
    assert next_due(given_contract, day("01-01")) == day("02-01")
    assert next_due(given_contract, day("02-01")) == day("02-15")
    assert next_due(given_contract, day("02-15")) is None


CADENCES = st.sampled_from(
    [
        Cadence(Interval.WEEK),
        Cadence(Interval.MONTH),
        Cadence(Interval.QUARTER),
        Cadence(Interval.YEAR),
    ]
)


@settings(deadline=None)
@given(
    CADENCES,
    st.integers(0, 400),
    st.lists(st.integers(0, 400), max_size=5),
    st.sampled_from([Proration.DAY, Proration.FIXED_30_DAYS]),
)
def test_prorations_of_adjacent_spans_sum_to_the_whole(
    cadence: Cadence, offset: int, cuts: list[int], unit: Proration
) -> None:
    """Exactly, before anything is rounded."""
    cycle = Grid(cadence, Anchor(2024, 1, 1))
    on = day("01-01").toordinal() + offset
    full = period_at(cycle, day("01-01").fromordinal(on))
    length = (full.end - full.start).days
    inner = sorted({cut % length for cut in cuts} - {0})
    points = [
        full.start,
        *(full.start.fromordinal(full.start.toordinal() + n) for n in inner),
        full.end,
    ]
    price, dialect = Flat(Decimal("99.99")), Dialect(proration=unit)
    parts = [
        part_of(price, cycle, Reach(start, end), full, dialect) for start, end in pairwise(points)
    ]
    whole = sum((Fraction(*map(Fraction, exact(part))) for part in parts), Fraction(0))
    assert whole == Fraction("99.99")


def test_a_line_billed_again_is_another_line() -> None:
    """Else what is given back of the one would be given back of both (B31, B39)."""
    books = Books(contract(charge("fee", "31")))
    keys = []
    for _ in range(3):
        keys += [line.key for line in books.lines("01-01")]
        books.contract = ending.cancel(books.contract, day("01-01"))
        books.run("01-01")
        books.contract = ending.uncancel(books.contract, day("12-31").replace(year=2023))
    assert len(set(keys)) == len(keys) == 3
    assert all(row.left_micros == 0 for rows in books.billed.values() for row in rows)
