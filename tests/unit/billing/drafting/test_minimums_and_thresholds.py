"""The least a period costs, and usage that is invoiced before its period ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.billing.drafting.books import Books
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.model import Cell, MatrixPrice, Price, UnitPrice
from trueup.billing.subscriptions.rules import ending
from trueup.billing.subscriptions.terms import ChargeKind, Threshold

CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")


PLAIN = replace(CALLS, is_prorated=False)


def with_terms(books: Books, **more: Any) -> Books:
    books.contract = replace(books.contract, terms=replace(books.contract.terms, **more))
    return books


@pytest.mark.parametrize(("used", "top_up"), [("0", ["20.00"]), ("15", ["5.00"]), ("20", [])])
def test_a_charge_with_a_minimum_is_topped_up(used: str, top_up: list[str]) -> None:
    books = Books(contract(replace(CALLS, minimum=Decimal(20))))
    books.use("01-05", used)
    found = books.run("02-01")
    assert [x.split()[-1] for x in found if x.startswith("minimum")] == top_up
    assert books.run("02-01") == []


def test_a_minimum_shrinks_with_a_part_of_a_period() -> None:
    """16 of 31 days of 31.00."""
    books = Books(contract(replace(CALLS, minimum=Decimal(31)), start="01-16"))
    assert books.run("02-01")[-1] == "minimum calls 01-16..02-01 16.00"


def test_a_commitment_counts_what_every_line_of_the_period_comes_to() -> None:
    """Fees in advance, too, when they were billed long before."""
    books = with_terms(Books(contract(charge("fee", "30"), CALLS)), minimum_commitment=Decimal(100))
    books.run("01-01")
    books.use("01-05", "25")
    assert books.run("02-01") == [
        "recurring fee 02-01..03-01 30.00",
        "usage calls 01-01..02-01 25.00",
        "commitment plan 01-01..02-01 45.00",
    ]
    assert books.run("02-01") == []


def test_a_commitment_is_no_time_that_could_be_given_back() -> None:
    books = with_terms(Books(contract(charge("fee", "31"))), minimum_commitment=Decimal(100))
    books.run("02-01")
    books.contract = ending.cancel(books.contract, day("01-31"))
    assert [x for x in books.run("02-01") if x.startswith("credit")] == [
        "credit fee 01-31..02-01 -1.00",
        "credit fee 02-01..03-01 -31.00",
    ]


@pytest.mark.parametrize(
    ("thresholds", "used", "expected"),
    [
        ([Threshold(Decimal(10))], ["9"], [[]]),
        ([Threshold(Decimal(10))], ["10", "15"], [["usage calls 01-01..02-01 10.00"], []]),
        (
            [Threshold(Decimal(10)), Threshold(Decimal(20))],
            ["10", "15"],
            [["usage calls 01-01..02-01 10.00"], ["usage calls 01-01..02-01 15.00"]],
        ),
        (
            [Threshold(Decimal(10)), Threshold(Decimal(5), is_recurring=True)],
            ["12", "4"],
            [["usage calls 01-01..02-01 12.00"], ["usage calls 01-01..02-01 4.00"]],
        ),
        ([Threshold(Decimal(5), is_recurring=True)], ["4"], [[]]),
        ([], ["1000"], [[]]),
    ],
)
def test_usage_is_billed_ahead_where_it_crosses_a_threshold(
    thresholds: list[Threshold], used: list[str], expected: list[list[str]]
) -> None:
    books = with_terms(Books(contract(CALLS)), thresholds=tuple(thresholds))
    found = []
    for quantity in used:
        books.use("01-05", quantity)
        found.append(books.look("01-05"))
        assert books.look("01-05") == []
    assert found == expected


def test_a_period_bills_what_its_thresholds_left() -> None:
    """Its own line is there even over nothing; what comes after it is late usage."""
    books = with_terms(Books(contract(CALLS)), thresholds=(Threshold(Decimal(10)),))
    books.use("01-05", "12")
    books.look("01-05")
    books.use("01-20", "3")
    assert books.look("01-20") == []
    assert books.run("02-01") == ["usage calls 01-01..02-01 3.00"]
    assert books.run("02-01") == []
    books.use("02-03", "30")
    assert books.look("02-03") == []
    assert books.run("03-01") == ["usage calls 02-01..03-01 30.00"]
    books.use("01-30", "1", recorded="03-02")
    assert books.run("03-02") == ["usage calls 01-01..02-01 1.00"]


def test_a_period_of_which_thresholds_left_nothing_has_a_line_over_nothing() -> None:
    books = with_terms(Books(contract(CALLS)), thresholds=(Threshold(Decimal(10)),))
    books.use("01-05", "12")
    books.look("01-05")
    assert books.run("02-01") == ["usage calls 01-01..02-01 0.00"]
    assert books.run("02-01") == []


def test_a_window_that_a_cancellation_cuts_counts_what_was_billed_ahead_of_it() -> None:
    books = with_terms(Books(contract(PLAIN)), thresholds=(Threshold(Decimal(10)),))
    books.use("01-05", "12")
    books.look("01-05")
    books.use("01-20", "3")
    books.contract = ending.cancel(books.contract, day("01-25"))
    assert books.run("01-25") == ["usage calls 01-01..01-25 3.00"]


def test_a_cancellation_for_a_day_that_is_billed_takes_back_the_usage_after_it() -> None:
    """B28: the window is the same, though it is shorter now; it is not billed a second time."""
    books = Books(contract(PLAIN))
    books.use("01-05", "12")
    books.use("01-20", "3")
    books.run("02-01")
    books.contract = ending.cancel(books.contract, day("01-10"))
    assert books.run("02-02") == ["usage calls 01-01..01-10 -3.00"]
    assert books.run("02-02") == []


def test_the_same_quantity_at_another_price_is_a_difference() -> None:
    """B25, B28: a correction that moves usage from one cell of a matrix to another."""
    cells = (Cell(UnitPrice(Decimal(1)), {"region": ("eu",)}), Cell(UnitPrice(Decimal(3)), {}))
    books = Books(contract(replace(CALLS, price=Price(MatrixPrice(("region",), cells)))))
    books.use("01-05", "5", dimensions={"region": "eu"})
    assert books.run("02-01") == ["usage calls 01-01..02-01 5.00"]
    books.use("01-05", "-5", recorded="02-03", dimensions={"region": "eu"})
    books.use("01-05", "5", recorded="02-03", dimensions={"region": "us"})
    assert books.run("02-04") == ["usage calls 01-01..02-01 10.00"]
