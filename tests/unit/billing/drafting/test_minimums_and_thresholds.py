"""The least a period costs, and usage that is invoiced before its period ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.billing.drafting.books import Books, said
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.rules.thresholds import threshold_lines
from trueup.billing.subscriptions.rules import timeline
from trueup.billing.subscriptions.terms import ChargeKind, Threshold

CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")


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
    books.contract = timeline.cancel(books.contract, day("01-31"))
    assert [x for x in books.run("02-01") if x.startswith("credit")] == [
        "credit fee 01-31..02-01 -1.00",
        "credit fee 02-01..03-01 -31.00",
    ]


@pytest.mark.parametrize(
    ("thresholds", "used", "ahead", "expected"),
    [
        ([Threshold(Decimal(10))], "9", 0, []),
        ([Threshold(Decimal(10))], "10", 0, ["usage calls 10.00"]),
        ([Threshold(Decimal(10))], "25", 10, []),  # crossed before
        ([Threshold(Decimal(10)), Threshold(Decimal(20))], "25", 10, ["usage calls 15.00"]),
        (
            [Threshold(Decimal(10)), Threshold(Decimal(5), is_recurring=True)],
            "16",
            12,
            ["usage calls 4.00"],
        ),
        ([Threshold(Decimal(5), is_recurring=True)], "4", 0, []),
        ([], "1000", 0, []),
    ],
)
def test_usage_is_taken_ahead_where_it_crosses_a_threshold(
    thresholds: list[Threshold], used: str, ahead: int, expected: list[str]
) -> None:
    books = with_terms(Books(contract(CALLS)), thresholds=tuple(thresholds))
    books.use("01-05", used)
    lines = threshold_lines(books.situation("01-05"), ahead * 10**6)
    assert [said(line) for line in lines] == expected
