"""Laws that hold for any orders, in any order, under any dialect (B3, B10, B31, B38, B39)."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.simulation.played import case, plan, play, with_trial

from trueup.billing.calendar.rules.zones import midnight
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.spans import without
from trueup.billing.rating.rules.rating import rated
from trueup.billing.simulation.noting import facts_of
from trueup.billing.simulation.result import result_of
from trueup.billing.simulation.service import simulate
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from trueup.billing.simulation.world import World

CONVENTIONS = (
    "kb-day",
    "kb-30",
    "lago-day",
    "meteroid-day",
    "flexprice-day",
    "chargebee-day",
    "second",
    "plain",
)
PER_SEAT = {"per_unit": True}
METERED = {
    "charges": [
        {
            "metric": "m",
            "model": "graduated",
            "tiers": [
                {"up_to": "10", "unit": "1.5", "flat": "2"},
                {"up_to": None, "unit": "0.333"},
            ],
        }
    ]
}
PLANS: dict[str, Any] = {
    "month": plan("19.99", **PER_SEAT),
    "arrears": plan("30.01", billing="in_arrears", **METERED),
    "quarter": plan("100.00", "quarter", **METERED),
    "year": plan("365.25", "year"),
    "week": plan("7.77", "week"),
    "trial": with_trial("49.95"),
    "parts": {
        "interval": "month",
        "components": {
            "a": {"amount": "11.11", "per_unit": True},
            "b": {"amount": "22.22", "billing": "in_arrears"},
            "c": {"amount": "5.00", "once": True},
        },
    },
}
FIRST = date(2024, 1, 1)
UNHURRIED = settings(deadline=None, max_examples=60)
UNTIL = "2025-02-15"

days = st.integers(0, 330).map(lambda n: (FIRST + timedelta(days=n)).isoformat())
plans = st.sampled_from(sorted(PLANS))
whens = st.sampled_from(["immediately", "end_of_term"])
orders = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("change_plan"),
            "to": plans,
            "when": whens,
            "settle": st.sampled_from(["prorate", "next_invoice", "credit_only", "reset", "none"]),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("change_quantity"), "quantity": st.integers(0, 5).map(str)}
    ),
    st.fixed_dictionaries({"type": st.just("cancel"), "when": whens}),
    st.fixed_dictionaries({"type": st.sampled_from(["uncancel", "pause", "resume", "bill_run"])}),
    st.fixed_dictionaries({"type": st.just("set_cycle_day"), "day": st.integers(1, 31)}),
    st.fixed_dictionaries(
        {
            "type": st.just("coupon"),
            "percent": st.integers(1, 100).map(str),
            "frequency": st.sampled_from(["once", "3 invoices", "forever"]),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("usage"), "metric": st.just("m"), "qty": st.integers(0, 30).map(str)}
    ),
)


@st.composite
def histories(draw: Any) -> list[dict[str, Any]]:
    """A subscription and orders about it; those that cannot be are refused."""
    start = draw(days)
    anchor = draw(st.sampled_from(["calendar", "anniversary"]))
    quantity = draw(st.integers(1, 4).map(str))
    opened = {"type": "subscribe", "plan": draw(plans), "anchor": anchor, "quantity": quantity}
    asked = draw(st.lists(st.tuples(days, orders), max_size=6))
    later = [order | {"at": max(at, start), "refused": True} for at, order in asked]
    return [opened | {"at": start}, *sorted(later, key=lambda e: str(e["at"]))]


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories())
def test_billed_time_has_no_overlap_and_no_gap(convention: str, events: list[Any]) -> None:
    world = play(convention, PLANS, events, UNTIL).world
    for contract in world.contracts.values():
        for item in contract.items:
            if item.charge.kind is not ChargeKind.RECURRING:
                continue
            standing = _standing(world, contract.key, item.key)
            for earlier, later in pairwise(standing):
                assert earlier.end <= later.start
            if standing:
                until = standing[-1].end
                for start, end in served(item, contract.pauses):
                    if start < until:
                        whole = Reach(start, until if end is None else min(end, until))
                        assert not without(whole, standing)


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories())
def test_credits_never_exceed_what_was_billed(convention: str, events: list[Any]) -> None:
    world = play(convention, PLANS, events, UNTIL).world
    for books in world.billed.values():
        for rows in books.values():
            for row in rows:
                billed = row.line.amount_micros
                assert 0 <= row.left_micros <= billed or row.left_micros == billed < 0
    for issued in world.invoices:
        facts = facts_of(world, issued.key)
        assert facts.noted_net_micros <= max(facts.net_micros, 0)


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories())
def test_totals_equal_their_lines(convention: str, events: list[Any]) -> None:
    result = result_of(play(convention, PLANS, events, UNTIL, tax={"rate_percent": "19"}).world)
    for invoice in result["invoices"]:
        lines = sum(Decimal(line["amount"]) for line in invoice["lines"])
        taxes = sum(Decimal(line.get("tax", 0)) for line in invoice["lines"])
        off = sum(Decimal(line.get("coupon_share", 0)) for line in invoice["lines"])
        assert (off, taxes) == (Decimal(invoice["discount"]), Decimal(invoice["tax"]))
        total = Decimal(invoice["total"])
        assert total == lines - off + taxes - Decimal(invoice["credit_applied"])
        assert total == total.quantize(Decimal("0.01"))


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories())
def test_every_line_computes_to_its_amount_again(convention: str, events: list[Any]) -> None:
    """B14: a derivation, run again, is the amount to the cent; of credits that are capped, too."""
    world = play(convention, PLANS, events, UNTIL).world
    documents = [*(issued.draft for issued in world.invoices), *(n.note for n in world.notes)]
    for line in (line for document in documents for line in document.lines):
        found = rated(line.derivation, world.currency, world.dialect.rounding)
        assert found.micros == line.amount_micros


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories(), st.lists(days, max_size=4))
def test_running_any_clock_again_changes_nothing(
    convention: str, events: list[Any], again: list[str]
) -> None:
    """B39: generation is a pure function of its inputs."""
    world = play(convention, PLANS, events, UNTIL).world
    world.bill(midnight(date.fromisoformat(UNTIL), UTC), UNTIL)
    before = result_of(world)
    for day in [*again, UNTIL]:
        world.bill(midnight(date.fromisoformat(day), UTC), "again")
    assert result_of(world) == before


@UNHURRIED
@given(st.sampled_from(CONVENTIONS), histories(), st.lists(days, max_size=4))
def test_runs_in_between_bill_nothing_early(
    convention: str, events: list[Any], runs: list[str]
) -> None:
    """Whenever the biller looks, the same is billed in sum once it has looked at last.

    Usage that comes after the last bill of what is over waits for somebody to look.
    """
    extra = [{"at": max(at, events[0]["at"]), "type": "bill_run"} for at in runs]
    last = {"at": UNTIL, "type": "bill_run"}
    more = sorted([*events, *extra], key=lambda e: str(e["at"]))
    assert _sums(convention, [*more, last]) == _sums(convention, [*events, last])


@UNHURRIED
@given(
    st.sampled_from(CONVENTIONS),
    st.lists(st.tuples(plans, st.integers(1, 3)), min_size=2, max_size=4),
    days,
    st.randoms(use_true_random=False),
)
def test_the_order_of_simultaneous_orders_of_others_does_not_matter(
    convention: str, wanted: list[tuple[str, int]], at: str, chance: Any
) -> None:
    """B12: subscriptions of one account, all of one moment."""
    events = [
        {"at": at, "type": "subscribe", "plan": p, "id": f"{p}-{n}", "quantity": str(q)}
        for n, (p, q) in enumerate(wanted)
    ]
    mixed = copy.copy(events)
    chance.shuffle(mixed)
    day = {"bill_cycle_day": 1}  # else the first to bill would set the account's day
    assert _sums(convention, mixed, **day) == _sums(convention, events, **day)


@UNHURRIED
@given(histories())
def test_the_same_case_is_answered_the_same(events: list[Any]) -> None:
    given_case = case("plain", PLANS, events, UNTIL)
    assert simulate(given_case, {}) == simulate(copy.deepcopy(given_case), {})


def _standing(world: World, contract: str, item: str) -> list[Reach]:
    return sorted(
        part
        for row in world.billed.get(contract, {}).get(item, ())
        if row.line.kind is LineKind.RECURRING and row.line.span is not None
        for part in without(row.line.span, row.given_back)
    )


def _sums(convention: str, events: list[Any], **more: Any) -> Counter[str]:
    """What each plan's lines come to, over all documents."""
    result = result_of(play(convention, PLANS, events, UNTIL, **more).world)
    sums: Counter[str] = Counter()
    for invoice in result["invoices"]:
        for line in invoice["lines"]:
            if line["kind"] != "account_credit":
                sums[line.get("plan", "")] += _cents(line["amount"])
    for note in result["credit_notes"]:
        for line in note["lines"]:
            sums[line.get("plan", "")] -= _cents(line["amount"])
    return Counter({plan: cents for plan, cents in sums.items() if cents})


def _cents(amount: str) -> int:
    return int(Decimal(amount) * 100)
