"""Orders and facts as cases write them: each form of a field, under Trueup's own dialect."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import (
    billed,
    cancel,
    change,
    event,
    plan,
    play,
    said,
    simulated,
    subscribe,
    used,
)

PLANS = {
    "base": plan("31.00"),
    "more": plan("62.00"),
    "help": plan("15.50", category="add-on"),
    "calls": plan("0", charges=[{"metric": "calls", "model": "unit", "price": "1"}]),
}
START = subscribe("2024-01-01", "base", bundle="b")


def ours(events: list[Any], until: str = "2024-01-30", **more: Any) -> list[str]:
    return billed("ours", PLANS, events, until, **more)


def test_a_plan_that_includes_an_add_on_drops_it() -> None:
    events = [
        START,
        subscribe("2024-01-01", "help", bundle="b"),
        change("2024-01-11", "more", drops=["help"]),
    ]
    assert ours(events)[2:] == said("""
        2024-01-11 credit    base 2024-01-11..2024-02-01 -21.00
        2024-01-11 recurring more 2024-01-11..2024-02-01 42.00
        2024-01-11 credit    help 2024-01-11..2024-02-01 -10.50
    """)


def test_an_add_on_may_be_priced_by_its_plan_or_by_the_list() -> None:
    listed = {"seat": {"plan": "other", "unit_price": "3.10", "units": "2"}}
    events = [
        START,
        event("2024-01-11", "add_on", plan="help"),
        event("2024-01-11", "add_on", name="seat"),
    ]
    assert ours(events, add_ons=listed)[1:] == said("""
        2024-01-11 recurring help 2024-01-11..2024-02-01 10.50
        2024-01-11 recurring seat 2024-01-11..2024-02-01 4.20
    """)


def test_an_add_on_without_a_price_is_not_guessed() -> None:
    outcome = simulated(
        "ours", PLANS, [START, event("2024-01-11", "add_on", name="x")], "2024-02-01"
    )
    assert "no amount" in (outcome.why or "")


def test_a_change_may_move_the_cycle_day() -> None:
    events = [START, change("2024-01-11", "more", cycle_day=15)]
    assert ours(events)[1:] == said("""
        2024-01-11 credit    base 2024-01-11..2024-02-01 -21.00
        2024-01-11 recurring more 2024-01-11..2024-01-15 8.00
        2024-01-11 account_credit 13.00
        2024-01-15 recurring more 2024-01-15..2024-02-15 62.00
    """)


def test_a_bundle_aligned_change_counts_phases_from_the_bundle() -> None:
    phased = {
        "billing": "in_advance",
        "category": "add_on",
        "phases": [
            {"kind": "trial", "days": 10, "fixed": "0"},
            {"kind": "evergreen", "amount": "31.00", "interval": "month"},
        ],
    }
    events = [
        START,
        subscribe("2024-01-05", "help", bundle="b", id="h"),
        change("2024-01-08", "phased", id="h", align="start_of_bundle"),
    ]
    found = billed("ours", PLANS | {"phased": phased}, events, "2024-01-30")
    assert [x for x in found if "phased" in x] == [
        "2024-01-11 recurring phased 2024-01-11..2024-02-05 25.00"
    ]


def test_a_cycle_day_of_a_contract_by_the_second_keeps_its_time() -> None:
    events = [
        subscribe("2024-01-10T12:00:00Z", "base"),
        event("2024-01-15T00:00:00Z", "set_cycle_day", day=15),
    ]
    found = billed("second", PLANS, events, "2024-02-16")
    assert [x.split()[3] for x in found] == [
        "2024-01-10T12:00:00Z..2024-02-10T12:00:00Z",
        "2024-02-10T12:00:00Z..2024-02-15T12:00:00Z",
        "2024-02-15T12:00:00Z..2024-03-15T12:00:00Z",
    ]


@pytest.mark.parametrize(
    ("items", "net", "amounts"),
    [
        (None, None, ["68.33", "31.67"]),
        ("all", None, ["68.33", "31.67"]),
        (["a"], None, ["68.33"]),
        (["one_off"], "70.00", ["68.33", "1.67"]),
        ([{"code": "b", "amount": "10.00"}], None, ["10.00"]),
        ([{"code": "a"}, {"code": "b", "amount": "10.00"}], None, ["68.33", "10.00"]),
    ],
)
def test_a_credit_note_names_what_it_takes_back(
    items: Any, net: str | None, amounts: list[str]
) -> None:
    listed = [{"code": "a", "amount": "68.33"}, {"code": "b", "amount": "31.67"}]
    asked = {"items": items} if items is not None else {}
    if net is not None:
        asked["net"] = net
    events = [
        event("2024-01-01", "one_off_invoice", items=listed),
        event("2024-01-02", "credit_note", invoice="2024-01-01", **asked),
    ]
    result = simulated("lago-day", {}, events, "2024-01-03").result
    assert result is not None
    (note,) = result["credit_notes"]
    assert [line["amount"] for line in note["lines"]] == amounts


def test_an_adjusted_line_leaves_its_money_with_the_account() -> None:
    events = [START, event("2024-01-05", "adjust_line", invoice="base", amount="1.00")]
    result = simulated("ours", PLANS, events, "2024-01-30").result
    assert result is not None
    assert result["account_credit"] == "1.00"


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("all", "0.00"),
        ([{"amount": "1.00"}, {"amount": "2.00"}], "28.00"),
        ({"base": "1.00"}, "30.00"),
    ],
)
def test_adjusted_lines_may_be_named_with_amounts(lines: Any, left: str) -> None:
    events = [START, event("2024-01-05", "refund", invoice="2024-01-01", adjust_lines=lines)]
    result = simulated("ours", PLANS, events, "2024-01-30").result
    assert result is not None
    assert result["invoices"][0]["total"] == left


def test_a_payment_needs_an_invoice() -> None:
    late = event("2024-01-05", "payment", invoice="2023-01-01", amount="1.00")
    assert "no invoice" in (simulated("ours", PLANS, [START, late], "2024-01-30").why or "")


def test_a_coupon_may_name_one_plan_or_charge() -> None:
    events = [
        START,
        event("2024-01-01", "coupon", percent="100", frequency="forever", plans="more"),
        event("2024-01-01", "coupon", amount="1.00", frequency="forever", charges=["base"]),
    ]
    result = simulated("ours", PLANS, events, "2024-01-30").result
    assert result is not None
    assert result["invoices"][0]["discount"] == "1.00"


def test_a_coupon_that_lasts_strangely_is_not_guessed() -> None:
    strange = event("2024-01-01", "coupon", percent="10", frequency="sometimes")
    assert "sometimes" in (simulated("ours", PLANS, [START, strange], "2024-01-30").why or "")


def test_an_account_may_bring_its_day_and_credit() -> None:
    events = [
        event("2024-01-01", "open_account", bill_cycle_day=15),
        event("2024-01-01", "credit", amount="4.00"),
        START,
    ]
    result = simulated("ours", PLANS, events, "2024-01-02").result
    assert result is not None
    (invoice,) = result["invoices"]
    assert (invoice["subtotal"], invoice["credit_applied"], invoice["total"]) == (
        "14.00",
        "4.00",
        "10.00",
    )


def test_nothing_is_billed_while_invoicing_is_off() -> None:
    events = [
        event("2024-01-01", "invoicing_off"),
        START,
        event("2024-02-10", "invoicing_on"),
    ]
    assert ours(events, "2024-02-11") == said("""
        2024-02-10 recurring base 2024-01-01..2024-02-01 31.00
        2024-02-10 recurring base 2024-02-01..2024-03-01 31.00
    """)


def test_usage_goes_to_who_had_the_meter_then() -> None:
    """B28: dated before the end of the first, recorded after the start of the second."""
    events = [
        subscribe("2024-01-01", "calls", id="first"),
        cancel("2024-01-20", id="first"),
        subscribe("2024-01-25", "calls", id="second"),
        used("2024-01-26", "calls", "3", dated="2024-01-10"),
        used("2024-01-27", "calls", "4"),
        used("2024-01-28", "calls", "5", subscription="second"),
    ]
    world = play("ours", PLANS, events, "2024-01-30").world
    assert {key: [int(e.quantity) for e in uses] for key, uses in world.usage.items()} == {
        "first": [3],
        "second": [4, 5],
    }


def test_a_bundle_names_its_base() -> None:
    events = [START, subscribe("2024-01-02", "more", bundle="c"), cancel("2024-01-11", bundle="c")]
    ended = play("ours", PLANS, events, "2024-01-30").world.contracts
    assert [key for key, c in ended.items() if c.cancelled is not None] == ["more#0"]
    by_name = [START, cancel("2024-01-11", subscription="b")]
    assert play("ours", PLANS, by_name, "2024-01-30").world.contracts["base#0"].cancelled
