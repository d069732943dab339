"""What Kill Bill's conventions make of orders, beyond the cases that its tests assert."""

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
    subscribe,
    used,
    with_trial,
)

PLANS = {
    "shotgun": with_trial("249.95"),
    "rifle": with_trial("599.95"),
    "annual": with_trial("2399.95", "year"),
    "arrears": {
        "billing": "in_arrears",
        "phases": [{"kind": "evergreen", "amount": "100.00", "interval": "month"}],
    },
    "scope": {
        "billing": "in_advance",
        "category": "add_on",
        "phases": [
            {"kind": "discount", "months": 1, "amount": "399.95", "interval": "month"},
            {"kind": "evergreen", "amount": "999.95", "interval": "month"},
        ],
    },
    "bullets": {
        "billing": "in_arrears",
        "category": "add_on",
        "charges": [{"metric": "bullets", "model": "unit", "price": "1.00"}],
    },
}


def kill_bill(events: list[Any], until: str, **more: Any) -> list[str]:
    return billed("kb-day", PLANS, events, until, **more)


def test_a_cycle_day_ahead_ends_the_period_it_lies_in() -> None:
    """Ordered when May is billed: June until the 10th is a trailing part, 9 of 30 days (B10)."""
    events = [subscribe("2016-04-01", "shotgun"), event("2016-05-25", "set_cycle_day", day=10)]
    assert kill_bill(events, "2016-06-10", bill_cycle_day=1) == said("""
        2016-05-01 recurring shotgun 2016-05-01..2016-06-01 249.95
        2016-06-01 recurring shotgun 2016-06-01..2016-06-10 74.99
        2016-06-10 recurring shotgun 2016-06-10..2016-07-10 249.95
    """)


def test_a_cycle_day_within_the_billed_period_bills_what_follows_it() -> None:
    """Nine days of the period from 10 May to 10 June: 31 days."""
    events = [subscribe("2016-04-01", "shotgun"), event("2016-05-05", "set_cycle_day", day=10)]
    assert kill_bill(events, "2016-06-10", bill_cycle_day=1) == said("""
        2016-05-01 recurring shotgun 2016-05-01..2016-06-01 249.95
        2016-05-10 recurring shotgun 2016-06-01..2016-06-10 72.57
        2016-06-10 recurring shotgun 2016-06-10..2016-07-10 249.95
    """)


def test_a_cycle_day_of_the_trial_makes_a_leading_part() -> None:
    events = [subscribe("2016-04-01", "shotgun"), event("2016-04-10", "set_cycle_day", day=15)]
    assert kill_bill(events, "2016-05-15") == said("""
        2016-05-01 recurring shotgun 2016-05-01..2016-05-15 116.64
        2016-05-15 recurring shotgun 2016-05-15..2016-06-15 249.95
    """)


def test_a_cycle_day_can_be_ordered_for_later() -> None:
    late = {"from": "2016-06-01"}
    events = [
        subscribe("2016-04-01", "shotgun"),
        event("2016-05-05", "set_cycle_day", day=10, **late),
    ]
    assert kill_bill(events, "2016-06-10", bill_cycle_day=1)[1:] == said("""
        2016-06-01 recurring shotgun 2016-06-01..2016-06-10 74.99
        2016-06-10 recurring shotgun 2016-06-10..2016-07-10 249.95
    """)


def test_two_changes_of_a_day_credit_each_other() -> None:
    events = [
        subscribe("2012-04-01", "shotgun"),
        change("2012-05-10T08:00:00Z", "rifle", when="immediately"),
        change("2012-05-10T09:00:00Z", "shotgun", when="immediately"),
    ]
    assert kill_bill(events, "2012-05-30", bill_cycle_day=1) == said("""
        2012-05-01 recurring shotgun 2012-05-01..2012-06-01 249.95
        2012-05-10 credit    shotgun 2012-05-10..2012-06-01 -177.38
        2012-05-10 recurring rifle   2012-05-10..2012-06-01 425.77
        2012-05-10 credit    rifle   2012-05-10..2012-06-01 -425.77
        2012-05-10 recurring shotgun 2012-05-10..2012-06-01 177.38
        2012-05-10 account_credit 248.39
    """)


def test_a_change_in_the_trial_counts_phases_from_the_start() -> None:
    events = [subscribe("2012-04-01", "shotgun"), change("2012-04-10", "rifle")]
    assert kill_bill(events, "2012-05-30", bill_cycle_day=1) == said("""
        2012-05-01 recurring rifle 2012-05-01..2012-06-01 599.95
    """)


def test_a_change_aligned_with_itself_begins_a_trial_anew() -> None:
    events = [
        subscribe("2012-04-01", "shotgun"),
        change("2012-04-10", "rifle", align="change_of_plan"),
    ]
    assert kill_bill(events, "2012-05-30", bill_cycle_day=1) == said("""
        2012-05-10 recurring rifle 2012-05-10..2012-06-01 425.77
    """)


def test_a_pause_over_a_renewal_credits_the_one_and_skips_the_other() -> None:
    """Resumed, it is measured by the month before the cycle day: 21 of 31 days (B38)."""
    events = [
        subscribe("2013-08-01", "shotgun"),
        event("2013-09-05", "pause"),
        event("2013-10-10", "resume"),
    ]
    assert kill_bill(events, "2013-10-30") == said("""
        2013-08-31 recurring shotgun 2013-08-31..2013-09-30 249.95
        2013-09-05 credit    shotgun 2013-09-05..2013-09-30 -208.29
        2013-09-05 account_credit 208.29
        2013-10-10 recurring shotgun 2013-10-10..2013-10-31 169.32
        2013-10-10 account_credit -169.32
    """)


def test_a_pause_whose_end_is_known_credits_the_gap_alone() -> None:
    events = [
        subscribe("2013-08-01", "shotgun"),
        event("2013-08-31", "pause", effective="2013-09-05"),
        event("2013-08-31", "resume", effective="2013-09-10"),
    ]
    assert kill_bill(events, "2013-09-29") == said("""
        2013-08-31 recurring shotgun 2013-08-31..2013-09-30 249.95
        2013-09-05 credit    shotgun 2013-09-05..2013-09-10 -41.66
        2013-09-05 account_credit 41.66
    """)


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        ("end_of_term", "2022-02-13"),  # the running period was billed ahead: it is kept
        ("immediately", "2022-02-05"),
    ],
)
def test_a_period_billed_ahead_in_arrears_is_a_term_to_end_with(when: str, ends: str) -> None:
    events = [
        subscribe("2022-01-13", "arrears"),
        event("2022-02-01", "bill_run"),
        cancel("2022-02-05", when=when),
    ]
    played = play("kb-greedy", PLANS, events, "2022-03-01", bill_cycle_day=13)
    assert str(played.world.contracts["arrears#0"].cancelled) == ends


def test_the_end_of_a_term_in_arrears_is_now() -> None:
    events = [subscribe("2022-01-13", "arrears"), cancel("2022-02-20", when="end_of_term")]
    assert kill_bill(events, "2022-03-20", bill_cycle_day=13) == said("""
        2022-02-13 recurring arrears 2022-01-13..2022-02-13 100.00
        2022-02-20 recurring arrears 2022-02-13..2022-02-20 25.00
    """)


def test_a_cancellation_taken_back_leaves_no_trace() -> None:
    """B35: the anchor stays."""
    orders = [subscribe("2012-04-01", "shotgun")]
    undone = [cancel("2012-05-10", when="end_of_term"), event("2012-05-15", "uncancel")]
    plain = kill_bill(orders, "2012-07-01", bill_cycle_day=1)
    assert kill_bill([*orders, *undone], "2012-07-01", bill_cycle_day=1) == plain


@pytest.mark.parametrize(
    ("alignment", "of_may"),
    [
        ("bundle", ["2012-05-01 recurring scope 2012-05-01..2012-06-01 999.95"]),
        (
            "subscription",
            [
                "2012-05-01 recurring scope 2012-05-01..2012-05-15 180.62",
                "2012-05-15 recurring scope 2012-05-15..2012-06-01 548.36",
            ],
        ),
    ],
)
def test_an_add_ons_phases_count_from_its_bundle_or_itself(
    alignment: str, of_may: list[str]
) -> None:
    events = [
        subscribe("2012-04-01", "shotgun", bundle="a"),
        subscribe("2012-04-15", "scope", bundle="a"),
    ]
    found = kill_bill(events, "2012-05-30", phase_alignment=alignment, bill_cycle_day=1)
    assert [x for x in found if "scope" in x] == [
        "2012-04-15 recurring scope 2012-04-15..2012-05-01 213.31",
        *of_may,
    ]


def test_a_fixed_term_ends_by_itself() -> None:
    plans = {
        "term": {
            "billing": "in_advance",
            "phases": [{"kind": "fixedterm", "months": 2, "amount": "10.00", "interval": "month"}],
        }
    }
    assert billed("kb-day", plans, [subscribe("2013-08-01", "term")], "2014-01-01") == said("""
        2013-08-01 recurring term 2013-08-01..2013-09-01 10.00
        2013-09-01 recurring term 2013-09-01..2013-10-01 10.00
    """)


@pytest.mark.parametrize(
    ("override", "amounts"),
    [
        ("20.00", ["20.00"]),
        ({"evergreen": "20.00"}, ["20.00"]),
        ({"trial": "5.00"}, ["5.00", "249.95"]),
        ({"trial": "5.00", "evergreen": "20.00"}, ["5.00", "20.00"]),
        ({"fixed": "5.00", "recurring": "20.00"}, ["5.00", "20.00"]),
        ({"evergreen": {"recurring": "20.00"}}, ["20.00"]),
        ([{"phase": "trial", "fixed": "5.00"}, {"recurring": "20.00"}], ["5.00", "20.00"]),
    ],
)
def test_an_agreed_price_replaces_the_one_it_names(override: Any, amounts: list[str]) -> None:
    events = [subscribe("2013-08-01", "shotgun", price_override=override)]
    assert [x.split()[-1] for x in kill_bill(events, "2013-08-31")] == amounts


def test_an_account_keeps_its_offset_over_changes_of_clocks() -> None:
    """01:01 in Juneau in summer is 00:01 in winter: still the first (B5)."""
    events = [
        event("2015-09-01T08:01:01Z", "open_account"),
        subscribe("2015-09-01T08:01:01Z", "arrears"),
    ]
    found = kill_bill(events, "2015-12-02", timezone="America/Juneau")
    assert [x.split()[0] for x in found] == ["2015-10-01", "2015-11-01", "2015-12-01"]


def test_an_adjusted_line_gives_back_less() -> None:
    """B31: of 2399.95 with 1000.00 taken off, at most 1399.95."""
    events = [
        subscribe("2012-04-01", "annual"),
        event(
            "2012-05-05",
            "refund",
            invoice="2012-05-01",
            amount="1000.00",
            adjust_lines={"annual": "1000.00"},
        ),
        cancel("2012-05-12", when="start_of_term"),
    ]
    assert kill_bill(events, "2012-06-01", bill_cycle_day=1) == said("""
        2012-05-01 recurring annual 2012-05-01..2013-05-01 2399.95
        2012-05-01 adjustment -1000.00
        2012-05-12 credit annual 2012-05-01..2013-05-01 -1399.95
        2012-05-12 account_credit 1399.95
    """)


def test_a_base_plan_takes_its_add_ons_along() -> None:
    events = [
        subscribe("2012-04-01", "shotgun", bundle="a"),
        subscribe("2012-04-01", "bullets", bundle="a"),
        used("2012-05-03", "bullets", "7"),
        cancel("2012-05-10", when="immediately"),
        used("2012-05-11", "bullets", "5"),
    ]
    assert kill_bill(events, "2012-07-01", bill_cycle_day=1)[1:] == said("""
        2012-05-10 credit shotgun 2012-05-10..2012-06-01 -177.38
        2012-05-10 usage bullets 2012-05-01..2012-05-10 7.00
        2012-05-10 account_credit 170.38
    """)


@pytest.mark.parametrize("since", ["2012-04-16", "2012-04-01"])
def test_a_pause_agreed_for_before_leaves_billed_usage_as_it_is(since: str) -> None:
    """The fee that was paid ahead is given back."""
    events = [
        subscribe("2012-04-01", "annual", bundle="a"),
        subscribe("2012-04-01", "bullets", bundle="a"),
        used("2012-04-05", "bullets", "7"),
        used("2012-04-18", "bullets", "5"),
        event("2012-05-21", "pause", effective=since),
    ]
    assert kill_bill(events, "2012-06-02", bill_cycle_day=1) == said("""
        2012-05-01 recurring annual 2012-05-01..2013-05-01 2399.95
        2012-05-01 usage bullets 2012-04-01..2012-05-01 12.00
        2012-05-21 credit annual 2012-05-01..2013-05-01 -2399.95
        2012-05-21 account_credit 2399.95
    """)


@pytest.mark.parametrize(("credit", "used_then"), [("50.00", "-50.00"), ("300.00", "-249.95")])
def test_credit_goes_at_once_to_an_invoice_that_is_known_to_be_unpaid(
    credit: str, used_then: str
) -> None:
    events = [
        subscribe("2012-04-01", "shotgun"),
        event("2012-05-01", "payment", invoice="2012-05-01", amount="0"),
        event("2012-05-10", "credit", amount=credit),
    ]
    assert kill_bill(events, "2012-05-20", bill_cycle_day=1) == said(f"""
        2012-05-01 recurring shotgun 2012-05-01..2012-06-01 249.95
        2012-05-01 account_credit {used_then}
    """)


def test_history_before_the_agreed_date_is_not_billed() -> None:
    events = [
        subscribe("2016-01-01", "shotgun", effective="2015-12-20", billing_from="2016-02-01"),
    ]
    assert kill_bill(events, "2016-03-01", bill_cycle_day=1) == said("""
        2016-02-01 recurring shotgun 2016-02-01..2016-03-01 249.95
        2016-03-01 recurring shotgun 2016-03-01..2016-04-01 249.95
    """)


def test_one_invoice_a_day_holds_all_orders_of_the_day() -> None:
    """B50: where the account wants it so."""
    events = [
        subscribe("2013-08-01T08:00:00Z", "scope", id="a"),
        subscribe("2013-08-01T09:00:00Z", "scope", id="b"),
        subscribe("2013-08-02T09:00:00Z", "scope", id="c"),
    ]
    apart = play("kb-day", PLANS, events, "2013-08-03").world.invoices
    joint = play("kb-day", PLANS, events, "2013-08-03", consolidate=True).world.invoices
    assert [len(i.draft.lines) for i in apart] == [1, 1, 1]
    assert [len(i.draft.lines) for i in joint] == [2, 1]


@pytest.mark.parametrize(
    ("model", "amount"), [("top_tier_blocks", "2.50"), ("graduated_blocks", "12.00")]
)
def test_units_beyond_the_last_tier_of_blocks_cost_as_in_it(model: str, amount: str) -> None:
    """Five blocks of 1000 at 0.50; or ten of 100 at 1.00 before, and four for the rest."""
    tiers = [
        {"block_size": "100", "max_blocks": "10", "price": "1.00"},
        {"block_size": "1000", "max_blocks": "2", "price": "0.50"},
    ]
    charges = [{"metric": "calls", "model": model, "tiers": tiers}]
    plans = {"calls": {"billing": "in_arrears", "charges": charges}}
    events = [subscribe("2024-01-01", "calls"), used("2024-01-05", "calls", "4500")]
    assert billed("kb-blocks", plans, events, "2024-02-01") == [
        f"2024-02-01 usage calls 2024-01-01..2024-02-01 {amount}"
    ]


@pytest.mark.parametrize("whom", [{"subscription": "b"}, {"id": "b"}, {"bundle": "B"}])
def test_a_cycle_day_is_of_the_subscription_that_is_named(whom: dict[str, str]) -> None:
    events = [
        subscribe("2024-01-01", "arrears", id="a", bundle="A"),
        subscribe("2024-01-01", "arrears", id="b", bundle="B"),
        event("2024-01-10", "set_cycle_day", day=15, **whom),
    ]
    assert kill_bill(events, "2024-02-01", bill_cycle_day=1) == said("""
        2024-01-15 recurring arrears 2024-01-01..2024-01-15 45.16
        2024-02-01 recurring arrears 2024-01-01..2024-02-01 100.00
    """)
