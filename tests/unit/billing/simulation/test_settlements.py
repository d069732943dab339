"""How a change of plan is settled, by the second and by the day (B6, B32)."""

from __future__ import annotations

import pytest
from tests.unit.billing.simulation.played import (
    billed,
    cancel,
    change,
    event,
    plan,
    said,
    simulated,
    subscribe,
)

PLANS = {"A": plan("10.00"), "B": plan("20.00")}


@pytest.mark.parametrize(
    ("settle", "expected"),
    [
        (
            "prorate",
            """
            2024-04-16 credit    A 2024-04-16..2024-05-01 -5.00
            2024-04-16 recurring B 2024-04-16..2024-05-01 10.00
            2024-05-01 recurring B 2024-05-01..2024-06-01 20.00
            """,
        ),
        (
            "next_invoice",
            """
            2024-05-01 credit    A 2024-04-16..2024-05-01 -5.00
            2024-05-01 recurring B 2024-04-16..2024-05-01 10.00
            2024-05-01 recurring B 2024-05-01..2024-06-01 20.00
            """,
        ),
        (
            "credit_only",
            """
            2024-04-16 credit    A 2024-04-16..2024-05-01 -5.00
            2024-05-01 recurring B 2024-05-01..2024-06-01 20.00
            """,
        ),
        (
            "full_and_reset",
            """
            2024-04-16 credit    A 2024-04-16..2024-05-01 -5.00
            2024-04-16 recurring B 2024-04-16..2024-05-16 20.00
            """,
        ),
        ("none", "2024-05-01 recurring B 2024-05-01..2024-06-01 20.00"),
    ],
)
def test_the_word_for_how_a_change_is_settled(settle: str, expected: str) -> None:
    events = [subscribe("2024-04-01", "A"), change("2024-04-16", "B", settle=settle)]
    assert billed("flexprice-day", PLANS, events, "2024-05-02")[1:] == said(expected)


def test_an_unknown_word_is_not_guessed() -> None:
    events = [subscribe("2024-04-01", "A"), change("2024-04-16", "B", settle="somehow")]
    outcome = simulated("day", PLANS, events, "2024-05-02")
    assert outcome.result is None
    assert "somehow" in (outcome.why or "")


def test_by_the_second_a_reset_begins_a_period_at_that_instant() -> None:
    events = [
        subscribe("2024-04-01T00:00:00Z", "A"),
        change("2024-04-16T12:00:00Z", "B", settle="full_and_reset"),
    ]
    assert billed("second", PLANS, events, "2024-05-02")[-1] == (
        "2024-04-16 recurring B 2024-04-16T12:00:00Z..2024-05-16T12:00:00Z 20.00"
    )


def test_by_the_second_a_part_is_elapsed_time() -> None:
    """Ten of thirty days for three units instead of one."""
    events = [
        subscribe("2024-04-16T00:00:00Z", "A", anchor="calendar"),
        event("2024-04-21T00:00:00Z", "change_quantity", quantity="3"),
    ]
    plans = {"A": plan("10.00", per_unit=True)}
    assert [x.split()[-1] for x in billed("second", plans, events, "2024-04-30")] == [
        "5.00",
        "-3.33",
        "10.00",
    ]


@pytest.mark.parametrize(
    ("policy", "amounts"), [({}, ["10.00"]), ({"credit_policy": "credit"}, ["10.00", "-5.00"])]
)
def test_a_dialect_says_whether_an_end_gives_back(
    policy: dict[str, str], amounts: list[str]
) -> None:
    events = [
        subscribe("2024-04-01T00:00:00Z", "A"),
        cancel("2024-04-16T00:00:00Z", when="immediately", **policy),
    ]
    assert [x.split()[-1] for x in billed("second", PLANS, events, "2024-04-30")] == amounts


def test_a_payment_that_names_no_amount_pays_all_that_is_open() -> None:
    events = [
        subscribe("2024-04-01", "A"),
        event("2024-04-02", "payment", invoice="2024-04-01"),
        event("2024-04-03", "refund", invoice="2024-04-01"),
        event("2024-04-04", "payment", invoice="2024-04-01", amount="4.00"),
    ]
    outcome = simulated("kb-day", PLANS, events, "2024-04-30")
    assert outcome.result is not None, outcome.why
    assert outcome.result["account_balance"] == "6.00"


@pytest.mark.parametrize(
    ("amount", "balance", "credit"),
    [
        ({}, "0.00", "0.00"),
        ({"amount": "12.00"}, "8.00", "0.00"),
        ({"amount": "25.00"}, "0.00", "5.00"),
    ],
)
def test_a_payment_of_no_invoice_is_for_those_that_are_open(
    amount: dict[str, str], balance: str, credit: str
) -> None:
    """The oldest first; what is more than they come to is credit."""
    events = [
        subscribe("2024-04-01", "A", id="a"),
        subscribe("2024-04-02", "A", id="b"),
        event("2024-04-03", "payment", **amount),
    ]
    result = simulated("trueup", PLANS, events, "2024-04-30").result
    assert result is not None
    left = "-5.00" if credit != "0.00" else balance
    assert (result["account_balance"], result["account_credit"]) == (left, credit)


@pytest.mark.parametrize("word", ["effective", "until"])
def test_a_run_may_be_asked_for_a_day_to_come(word: str) -> None:
    events = [subscribe("2024-04-01", "A"), event("2024-04-10", "bill_run", **{word: "2024-05-02"})]
    assert billed("trueup", PLANS, events, "2024-06-01") == said("""
        2024-04-01 recurring A 2024-04-01..2024-05-01 10.00
        2024-04-10 recurring A 2024-05-01..2024-06-01 10.00
        2024-06-01 recurring A 2024-06-01..2024-07-01 10.00
    """)
