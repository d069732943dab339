"""Kill Bill counts long periods anew where a fee begins, and settles what an adjustment leaves.

The figures are those of its own tests of billing periods, pauses and repairs.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import (
    billed,
    cancel,
    change,
    event,
    play,
    said,
    simulated,
    subscribe,
    used,
    with_trial,
)

PLANS = {
    "annual": with_trial("2399.95", "year"),
    "rifle": with_trial("5999.95", "year"),
    "monthly": with_trial("500.00"),
    "free": with_trial("0.00"),
    "gas": {
        "billing": "in_arrears",
        "category": "add_on",
        "charges": [{"metric": "gallons", "model": "unit", "price": "1.00"}],
    },
}


def kill_bill(events: list[Any], until: str, **more: Any) -> list[str]:
    return billed("kb-day", PLANS, events, until, **more)


def test_a_year_after_a_change_ends_in_the_month_of_the_change() -> None:
    events = [subscribe("2014-12-02", "annual"), change("2015-03-15", "rifle")]
    assert kill_bill(events, "2015-12-31", bill_cycle_day=1)[1:] == said("""
        2015-03-15 credit annual 2015-03-15..2016-01-01 -1919.96
        2015-03-15 recurring rifle 2015-03-15..2016-03-01 5770.44
    """)


@pytest.mark.parametrize("is_billed_between", [True, False])
def test_a_year_after_a_pause_ends_in_the_month_of_the_resumption(
    is_billed_between: bool,
) -> None:
    """What was billed is given back from the pause on, also where nothing ran in between (B38)."""
    events = [
        subscribe("2012-04-01", "annual"),
        event("2012-05-12", "pause"),
        event("2012-06-04", "resume"),
    ]
    if not is_billed_between:
        events[1:1] = [event("2012-05-02", "invoicing_off")]
        events.append(event("2012-06-04", "invoicing_on"))
    world = play("kb-day", PLANS, events, "2013-06-01", bill_cycle_day=1).world
    fees = [x for i in world.invoices for x in i.draft.lines if x.span and x.amount_micros]
    assert [(str(x.span.start), str(x.span.end), x.amount_micros) for x in fees if x.span] == [
        ("2012-05-01", "2013-05-01", 2_399_950_000),
        ("2012-05-12", "2013-05-01", -2_327_620_000),
        ("2012-06-04", "2013-06-01", 2_380_220_000),
        ("2013-06-01", "2014-06-01", 2_399_950_000),
    ]


def test_a_year_that_starts_after_the_cycle_day_lasts_until_that_day_of_the_next() -> None:
    plans = {"year": {"amount": "365.00", "interval": "year", "billing": "in_advance"}}
    lines = billed(
        "kb-day", plans, [subscribe("2013-08-10", "year")], "2013-12-31", bill_cycle_day=1
    )
    assert lines == ["2013-08-10 recurring year 2013-08-10..2014-08-01 356.00"]


def test_an_order_of_its_own_anchor_leaves_the_accounts_day_alone() -> None:
    plans = {"year": {"amount": "365.00", "interval": "year", "billing": "in_advance"}}
    events = [subscribe("2013-08-10", "year", anchor="anniversary")]
    assert billed("kb-day", plans, events, "2013-12-31", bill_cycle_day=1) == [
        "2013-08-10 recurring year 2013-08-10..2014-08-10 365.00"
    ]


def test_an_order_for_later_makes_nothing_due_now() -> None:
    """Usage learned of late waits for the next run; an end that is only agreed on is none (B28)."""
    events = [
        subscribe("2013-08-01", "monthly", bundle="b"),
        subscribe("2013-08-01", "gas", bundle="b"),
        used("2013-08-31", "gallons", "10", dated="2013-08-01"),
        cancel("2013-08-31", when="end_of_term"),
    ]
    assert kill_bill(events, "2013-09-30")[1:] == [
        "2013-09-30 usage gallons 2013-08-01..2013-08-31 10.00"
    ]


def test_usage_of_the_day_on_which_a_service_ends_is_billed_with_that_day() -> None:
    events = [
        subscribe("2012-04-01", "annual"),
        subscribe("2012-04-01", "gas"),
        used("2012-05-01", "gallons", "50"),
        used("2012-06-01", "gallons", "300"),
        cancel("2012-05-16", when="2012-06-01", subscription="gas"),
    ]
    assert kill_bill(events, "2012-06-01", bill_cycle_day=1)[-1] == (
        "2012-06-01 usage gallons 2012-05-01..2012-06-01 350.00"
    )


def test_two_changes_of_one_day_are_two_orders() -> None:
    """The second gives back what the first charged, in the order of the file (B12, B36)."""
    events = [
        subscribe("2012-04-01", "annual"),
        change("2012-05-11", "monthly"),
        change("2012-05-11", "annual"),
    ]
    assert kill_bill(events, "2012-05-31", bill_cycle_day=1)[1:] == said("""
        2012-05-11 credit annual 2012-05-11..2013-05-01 -2334.20
        2012-05-11 recurring monthly 2012-05-11..2012-06-01 338.71
        2012-05-11 account_credit 1995.49
        2012-05-11 credit monthly 2012-05-11..2012-06-01 -338.71
        2012-05-11 recurring annual 2012-05-11..2013-05-01 2334.20
        2012-05-11 account_credit -1995.49
    """)


def test_a_change_may_skip_the_trial_of_its_plan() -> None:
    events = [
        subscribe("2016-08-01", "free"),
        change("2016-08-04", "monthly", skip_trial=True),
    ]
    assert kill_bill(events, "2016-08-31", bill_cycle_day=1) == [
        "2016-08-04 recurring monthly 2016-08-04..2016-09-01 451.61"
    ]


PAID = event("2013-08-31", "payment", invoice="2013-08-31", amount="500.00")
ENDED = cancel("2013-09-10", when="immediately")


def refund(lines: str, **more: Any) -> Any:
    listed = {"monthly": lines}
    return event(
        "2013-09-10", "refund", invoice="2013-08-31", amount="333.33", adjust_lines=listed, **more
    )


@pytest.mark.parametrize(
    ("orders", "credit"),
    [
        # 333.33 came back with the end: no more than 166.67 of the line can be adjusted.
        ([ENDED, refund("333.33", refused=True), refund("166.67")], "166.67"),
        # The other way round the end gives back what the adjustment left: 166.67.
        ([refund("333.33"), ENDED], "166.67"),
    ],
)
def test_credits_and_adjustments_of_a_line_never_exceed_it(orders: list[Any], credit: str) -> None:
    """B31, B57."""
    events = [subscribe("2013-08-01", "monthly"), PAID, *orders]
    result = simulated("kb-day", PLANS, events, "2013-09-10").result
    assert result is not None
    assert (result["account_credit"], result["account_balance"]) == (credit, f"-{credit}")


@pytest.mark.parametrize(
    ("adjusted", "balance"),
    [("197.26", "0.00"), ("100.00", "97.26")],  # what is neither given back nor adjusted is owed
)
def test_a_refund_of_all_leaves_owed_what_is_not_adjusted(adjusted: str, balance: str) -> None:
    events = [
        subscribe("2013-07-19", "annual"),
        cancel("2013-09-17", when="immediately"),
        event("2013-09-17", "refund", invoice="2013-08-18", adjust_lines={"annual": adjusted}),
    ]
    result = simulated("kb-day", PLANS, events, "2013-09-17", bill_cycle_day=18).result
    assert result is not None
    assert result["account_balance"] == balance


def test_an_adjustment_is_put_aside_on_its_own_day() -> None:
    events = [
        subscribe("2012-04-01", "annual"),
        event("2012-05-05", "adjust_line", invoice="2012-05-01", amount="10.00"),
    ]
    result = simulated("kb-day", PLANS, events, "2012-05-31", bill_cycle_day=1).result
    assert result is not None
    assert result["invoices"][-1]["lines"][-1] | {"basis": None} == {
        "kind": "account_credit",
        "from": "2012-05-05",
        "amount": "10.00",
        "basis": None,
    }
