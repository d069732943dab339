"""What Lago's conventions make of orders, beyond the cases that its specs assert."""

from __future__ import annotations

from typing import Any

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
    used,
)


def lago(plans: dict[str, Any], events: list[Any], until: str, **more: Any) -> list[str]:
    return billed("lago-day", plans, events, until, **more)


# ---- changes


def test_a_cheaper_plan_waits_for_the_period_to_end() -> None:
    """B32: nothing is given back; what was paid for is had."""
    plans = {"small": plan("10.00"), "big": plan("19.00")}
    events = [
        subscribe("2024-03-05T12:12:00Z", "big", anchor="anniversary"),
        change("2024-03-12T12:12:00Z", "small"),
    ]
    assert lago(plans, events, "2024-04-05") == said("""
        2024-03-05 recurring big   2024-03-05..2024-04-05 19.00
        2024-04-05 recurring small 2024-04-05..2024-05-05 10.00
    """)


def test_a_year_for_less_than_twelve_months_is_a_downgrade() -> None:
    plans = {"monthly": plan("10.00"), "yearly": plan("100.00", "year")}
    events = [
        subscribe("2024-03-05", "monthly", anchor="anniversary"),
        change("2024-03-12", "yearly"),
    ]
    assert lago(plans, events, "2024-04-05")[-1] == (
        "2024-04-05 recurring yearly 2024-04-05..2025-03-05 91.51"
    )


ADD_ONS = {
    "x": {"plan": "A", "unit_price": "1", "units": "10"},
    "y": {"plan": "A", "unit_price": "3", "units": "5"},
    "y2": {"plan": "B", "unit_price": "10", "units": "10"},
    "z2": {"plan": "B", "unit_price": "20", "units": "1"},
}


@pytest.mark.parametrize(
    ("timing", "is_prorated", "expected"),
    [
        (  # 100 x 11/31 less the unused part of y, 15 x 11/31
            "in_advance",
            True,
            """
            2023-08-21 add_on y2 2023-08-21..2023-09-01 30.16
            2023-08-21 add_on z2 2023-08-21..2023-09-01 7.10
            """,
        ),
        (  # whole fees, nothing taken off
            "in_advance",
            False,
            """
            2023-08-21 add_on y2 2023-08-21..2023-09-01 100.00
            2023-08-21 add_on z2 2023-08-21..2023-09-01 20.00
            """,
        ),
        (  # the day of change is the new plan's: twenty days, not twenty-one
            "in_arrears",
            True,
            """
            2023-08-21 add_on x 2023-08-01..2023-08-21 6.45
            2023-08-21 add_on y 2023-08-01..2023-08-21 9.68
            """,
        ),
        (
            "in_arrears",
            False,
            """
            2023-08-21 add_on x 2023-08-01..2023-08-21 10.00
            2023-08-21 add_on y 2023-08-01..2023-08-21 15.00
            """,
        ),
    ],
)
def test_fixed_charges_at_an_upgrade(timing: str, *, is_prorated: bool, expected: str) -> None:
    plans = {"A": plan("1.00", billing="in_arrears"), "B": plan("100.00", billing="in_arrears")}
    events = [
        subscribe("2023-07-19T12:12:00Z", "A", anchor="calendar"),
        change("2023-08-21T12:00:00Z", "B", when="immediately"),
    ]
    found = lago(
        plans,
        events,
        "2023-08-22",
        add_ons=ADD_ONS,
        add_on_billing=timing,
        add_ons_prorated=is_prorated,
    )
    assert [x for x in found if x.startswith("2023-08-21 add_on")] == said(expected)


# ---- ends


@pytest.mark.parametrize("policy", ["credit", "refund", "offset", "skip"])
@pytest.mark.parametrize(
    ("paid", "refund", "offset"),
    [(None, "0.00", "30.00"), ("75.00", "15.00", "15.00"), ("90.00", "30.00", "0.00")],
)
def test_what_a_termination_gives_back(
    policy: str, paid: str | None, refund: str, offset: str
) -> None:
    """B35: 30.00 of 90.00: to the account, to who paid it, or off what is still owed."""
    events = [subscribe("2025-02-08T00:00:00Z", "P", anchor="calendar")]
    if paid is not None:
        events.append(event("2025-02-20T00:00:00Z", "payment", invoice="2025-02-08", amount=paid))
    events.append(cancel("2025-02-21T00:00:00Z", when="immediately", credit_policy=policy))
    plans, tax = {"P": plan("100.00")}, {"rate_percent": "20"}
    result = simulated("lago-day", plans, events, "2025-03-01", tax=tax).result
    assert result is not None
    given = [(n["total"], n["refund"], n["offset"]) for n in result["credit_notes"]]
    expected = {
        "credit": [("30.00", "0.00", "0.00")],
        "refund": [("30.00", refund, "0.00")],
        "offset": [("30.00", "0.00", offset)],
        "skip": [],
    }
    assert given == expected[policy]


@pytest.mark.parametrize(
    ("zone", "anchor", "fee", "note"),
    [
        ("UTC", "calendar", "37.50", "35.71"),
        ("UTC", "anniversary", "50.00", "48.21"),
        ("America/Los_Angeles", "calendar", "39.29", "37.50"),  # there it is still the 7th
        ("America/Los_Angeles", "anniversary", "50.00", "48.21"),
        ("Asia/Tokyo", "anniversary", "50.00", "48.21"),
    ],
)
def test_the_day_of_termination_counts_as_used(zone: str, anchor: str, fee: str, note: str) -> None:
    at = "2023-02-08T00:00:00Z"
    events = [subscribe(at, "P", anchor=anchor), cancel(at, when="immediately")]
    found = lago({"P": plan("50.00")}, events, "2023-02-28", timezone=zone)
    assert [x.split()[-1] for x in found] == [fee, note]


def test_credit_notes_by_order_leave_less_to_give_back() -> None:
    """B31: 90.00 of 100.00 are gone before the rest of the month is ended."""
    events = [
        subscribe("2024-03-01", "P", anchor="calendar"),
        event("2024-03-02", "credit_note", invoice="2024-03-01", net="90.00"),
        cancel("2024-03-03", when="immediately"),
    ]
    assert lago({"P": plan("100.00")}, events, "2024-03-30")[1:] == said("""
        2024-03-02 note P 2024-03-01..2024-04-01 90.00
        2024-03-03 note P 2024-03-04..2024-04-01 10.00
    """)


# ---- trials


@pytest.mark.parametrize(
    ("days", "billing", "anchor", "expected"),
    [
        (10, "in_advance", "calendar", "2024-03-15 recurring P 2024-03-15..2024-04-01 17.00"),
        (10, "in_advance", "anniversary", "2024-03-15 recurring P 2024-03-15..2024-04-05 21.00"),
        (10, "in_arrears", "calendar", "2024-04-01 recurring P 2024-03-15..2024-04-01 17.00"),
        (40, "in_advance", "calendar", "2024-04-14 recurring P 2024-04-14..2024-05-01 17.57"),
    ],
)
def test_a_trial_delays_the_fee_and_keeps_the_anchor(
    days: int, billing: str, anchor: str, expected: str
) -> None:
    """B34: of a fee of a euro a day of March."""
    plans = {"P": plan("31.00", billing=billing, trial_days=days)}
    events = [subscribe("2024-03-05T12:12:00Z", "P", anchor=anchor)]
    assert lago(plans, events, "2024-04-30")[0] == expected


@pytest.mark.parametrize(
    ("trial_days", "first"),
    [
        (0, "2024-03-10 recurring Q 2024-03-10..2024-04-01 44.00"),
        (20, "2024-03-25 recurring Q 2024-03-25..2024-04-01 14.00"),
    ],
)
def test_a_trial_counts_from_the_first_day_whatever_the_plan(trial_days: int, first: str) -> None:
    plans = {
        "P": plan("31.00", trial_days=10),
        "Q": plan("62.00", trial_days=trial_days),
    }
    events = [
        subscribe("2024-03-05T12:12:00Z", "P", anchor="calendar"),
        change("2024-03-10T12:00:00Z", "Q", when="immediately"),
    ]
    assert lago(plans, events, "2024-03-30") == [first]


@pytest.mark.parametrize(
    ("again", "second", "first"),
    [
        ("2024-03-08", {}, "2024-03-11 recurring P 2024-03-11..2024-04-01 21.00"),
        ("2024-03-08", {"id": "other"}, "2024-03-11 recurring P 2024-03-11..2024-04-01 21.00"),
        ("2024-03-20", {}, "2024-03-20 recurring P 2024-03-20..2024-04-01 12.00"),
    ],
)
def test_who_comes_back_is_not_tried_out_again(
    again: str, second: dict[str, str], first: str
) -> None:
    """B34: seven days from the first subscription on, whether they were used up or not."""
    events = [
        subscribe("2024-03-04", "P", anchor="calendar"),
        cancel("2024-03-05", when="immediately"),
        subscribe(again, "P", anchor="calendar", **second),
    ]
    assert lago({"P": plan("31.00", trial_days=7)}, events, "2024-03-30") == [first]


# ---- usage


def seats(price: str, billing: str, *, is_prorated: bool) -> dict[str, Any]:
    charge = {
        "metric": "seats",
        "aggregation": "sum",
        "recurring": True,
        "prorated": is_prorated,
        "model": "unit",
        "price": "1",
        "billing": billing,
    }
    return plan(price, billing="in_arrears", charges=[charge])


@pytest.mark.parametrize(
    ("billing", "is_prorated", "expected"),
    [
        (
            "in_arrears",
            True,
            """
            2024-02-01 usage seats 2024-01-01..2024-02-01 4.84
            2024-02-12 usage seats 2024-02-01..2024-02-12 1.90
            2024-03-01 usage seats 2024-02-12..2024-03-01 3.79
            2024-04-01 usage seats 2024-03-01..2024-04-01 7.00
            """,
        ),
        (  # five seats were charged ahead for all of February: B charges the two new ones
            "in_advance",
            True,
            """
            2024-01-02 usage seats 2024-01-01..2024-02-01 4.84
            2024-02-01 usage seats 2024-02-01..2024-03-01 5.00
            2024-02-20 usage seats 2024-02-12..2024-03-01 0.69
            2024-03-01 usage seats 2024-03-01..2024-04-01 7.00
            2024-04-01 usage seats 2024-04-01..2024-05-01 7.00
            """,
        ),
        (
            "in_advance",
            False,
            """
            2024-01-02 usage seats 2024-01-01..2024-02-01 5.00
            2024-02-01 usage seats 2024-02-01..2024-03-01 5.00
            2024-02-20 usage seats 2024-02-12..2024-03-01 2.00
            2024-03-01 usage seats 2024-03-01..2024-04-01 7.00
            2024-04-01 usage seats 2024-04-01..2024-05-01 7.00
            """,
        ),
    ],
)
def test_seats_that_stand_are_never_charged_twice(
    billing: str, *, is_prorated: bool, expected: str
) -> None:
    """B27, B30: over an upgrade in mid-February."""
    plans = {
        "A": seats("29.00", billing, is_prorated=is_prorated),
        "B": seats("290.00", billing, is_prorated=is_prorated),
    }
    events = [
        subscribe("2024-01-01T00:00:00Z", "A", anchor="calendar"),
        used("2024-01-02T00:00:00Z", "seats", "5"),
        change("2024-02-12T06:00:00Z", "B", when="immediately"),
        used("2024-02-20T00:00:00Z", "seats", "2"),
    ]
    found = lago(plans, events, "2024-04-01")
    assert [x for x in found if " usage " in x] == said(expected)


def test_what_was_charged_ahead_stays_charged_when_the_service_ends() -> None:
    events = [
        subscribe("2024-01-01T00:00:00Z", "A", anchor="calendar"),
        used("2024-01-02T00:00:00Z", "seats", "5"),
        cancel("2024-02-12T06:00:00Z", when="immediately"),
    ]
    found = lago({"A": seats("29.00", "in_advance", is_prorated=True)}, events, "2024-04-01")
    assert [x.split()[-1] for x in found if " usage " in x] == ["4.84", "5.00"]


@pytest.mark.parametrize(("recurs", "february"), [(False, []), (True, ["10.00"])])
def test_a_level_is_weighed_by_the_time_it_stood(*, recurs: bool, february: list[str]) -> None:
    """B27: 20 for 3.5 days and 10 for 12 of January's 31: 190/31."""
    charge = {
        "metric": "gb",
        "aggregation": "weighted_sum",
        "recurring": recurs,
        "model": "unit",
        "price": "1",
    }
    events = [
        subscribe("2024-01-01T00:00:00Z", "A", anchor="calendar"),
        used("2024-01-16T12:00:00Z", "gb", "20"),
        used("2024-01-20T00:00:00Z", "gb", "-10"),
    ]
    found = lago({"A": plan("0", billing="in_arrears", charges=[charge])}, events, "2024-03-01")
    assert [x.split()[-1] for x in found] == ["6.13", *february]


def test_unique_values_are_counted_once_and_priced_where_they_were_seen() -> None:
    charge = {
        "metric": "s",
        "aggregation": "unique_count",
        "model": "unit",
        "price": "1",
        "filters": [
            {"values": {"region": ["eu"]}, "price": "10"},
            {"region": "us", "price": "20"},
        ],
    }
    seen = [("eu", "a"), ("eu", "a"), ("us", "b"), ("elsewhere", "c")]
    events = [subscribe("2024-01-01", "A", anchor="calendar")] + [
        used("2024-01-10", "s", "1", dimensions={"region": region, "id": name})
        for region, name in seen
    ]
    found = lago({"A": plan("0", billing="in_arrears", charges=[charge])}, events, "2024-02-01")
    assert [x.split()[-1] for x in found] == ["31.00"]


def test_what_was_taken_ahead_is_neither_discounted_nor_taxed_again() -> None:
    """200.00 of 431.00 bore their discount and tax on the first invoice (B42)."""
    plans = {
        "P": plan(
            "31.00",
            billing="in_arrears",
            charges=[{"metric": "m", "aggregation": "sum", "model": "unit", "price": "0.0002"}],
            usage_thresholds=[{"amount": "200.00"}],
        )
    }
    events = [
        subscribe("2022-12-01T00:00:00Z", "P", anchor="calendar"),
        event("2022-12-02", "coupon", percent="10", frequency="forever"),
        used("2022-12-06T00:00:00Z", "m", "1000000"),
        used("2022-12-16T00:00:00Z", "m", "1000000"),
    ]
    tax = {"rate_percent": "20"}
    result = simulated("lago-day", plans, events, "2023-01-01", tax=tax).result
    assert result is not None
    figures = ("subtotal", "discount", "tax", "credit_applied", "total")
    assert [[x[f] for f in figures] for x in result["invoices"]] == [
        ["200.00", "20.00", "36.00", "0.00", "216.00"],
        ["431.00", "23.10", "41.58", "200.00", "249.48"],
    ]


@pytest.mark.parametrize(
    ("interval", "anchor", "top_up"),
    [
        ("week", "calendar", "2571.43"),  # 4 February 2023 is a Saturday: 2 of 7 days
        ("week", "anniversary", "9000.00"),
        ("month", "calendar", "8035.71"),
        ("quarter", "calendar", "5600.00"),
        ("year", "calendar", "8161.64"),
        ("year", "anniversary", "9000.00"),
    ],
)
@pytest.mark.parametrize("billing", ["in_advance", "in_arrears"])
def test_a_commitment_shrinks_with_a_part_of_a_period(
    interval: str, anchor: str, top_up: str, billing: str
) -> None:
    plans = {"P": plan("1000.00", interval, billing, minimum_commitment="10000.00")}
    events = [subscribe("2023-02-04T00:00:00Z", "P", anchor=anchor)]
    until = {"week": "2023-02-11", "month": "2023-03-01", "quarter": "2023-04-01"}
    found = lago(plans, events, until.get(interval, "2024-02-04"))
    assert [x.split()[-1] for x in found if " commitment " in x][:1] == [top_up]


def test_taxes_of_several_rates_are_summed_before_they_are_rounded() -> None:
    """B45: 1.486 and 1.643 make 3.13; a plan's own rate is that of its charges without one."""
    plans = {
        "P": plan(
            "10.55",
            tax_percent="20",
            charges=[
                {"metric": "m", "model": "unit", "price": "7.77", "tax_percent": "10"},
                {"metric": "n", "model": "unit", "price": "0.01"},
            ],
        )
    }
    events = [
        subscribe("2024-01-01", "P", anchor="calendar"),
        event("2024-01-01", "coupon", amount="10.00", frequency="2 invoices", plans=["P"]),
        used("2024-01-05", "m", "3"),
    ]
    result = simulated("lago-day", plans, events, "2024-02-01").result
    assert result is not None
    assert [x["tax"] for x in result["invoices"]] == ["0.11", "3.13"]


def test_filters_may_have_names_and_unique_values_be_named_by_their_quantity() -> None:
    charge = {
        "metric": "s",
        "aggregation": "unique_count",
        "model": "unit",
        "price": "1",
        "filters": {"europe": {"values": {"region": ["eu"]}, "price": "10"}},
    }
    plans = {"A": plan("0", billing="in_arrears", charges=[charge])}
    opened = subscribe("2024-01-01", "A", anchor="calendar")
    named = [used("2024-01-10", "s", name) for name in ("anna", "bert", "anna")]
    found = lago(plans, [opened, *named], "2024-02-01")
    assert [x.split()[-1] for x in found] == ["2.00"]
    charge["aggregation"] = "sum"
    outcome = simulated("lago-day", plans, [opened, *named], "2024-02-01")
    assert "'anna' is no number" in (outcome.why or "")


def test_the_commitment_of_a_plan_that_is_left_is_settled_to_its_end() -> None:
    """A period that was had in full owes its whole commitment, whatever comes after it."""
    plans = {
        "held": plan("100.00", billing="in_arrears", minimum_commitment="10000.00"),
        "small": plan("10.00", billing="in_arrears"),
    }
    events = [
        subscribe("2024-05-01", "held", anchor="calendar"),
        change("2024-05-15", "small", when="end_of_term"),
    ]
    assert lago(plans, events, "2024-07-01") == said("""
        2024-06-01 recurring held 2024-05-01..2024-06-01 100.00
        2024-06-01 commitment held 2024-05-01..2024-06-01 9900.00
        2024-07-01 recurring small 2024-06-01..2024-07-01 10.00
    """)
