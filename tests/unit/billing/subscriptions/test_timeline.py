"""Spans of service, whatever is ordered and in whatever order (B35, B36, B38)."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.billing.subscriptions.contracts import (
    FIRSTS,
    charge,
    contract,
    day,
    spans,
    terms,
)

from trueup.billing.rating.errors import QuantityNegative
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.errors import (
    AlreadyPaused,
    EndsBeforeStart,
    NothingToRemove,
    NothingToResume,
    NothingToTakeBack,
    PausedBeforeStart,
    ServiceEnded,
)
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from trueup.billing.subscriptions.contract import Contract

SEAT = charge("seat", is_per_unit=True)
SETUP = charge("setup", kind=ChargeKind.ONE_OFF)
METER = charge("calls", kind=ChargeKind.USAGE)


def change(before: Contract, on: str, *charges: Any, **more: Any) -> Contract:
    at = day(on)
    return timeline.change_terms(
        before, terms(*charges, plan="other"), at, (at,), before.cycle, **more
    )


# ---- opening


def test_an_open_contract_is_in_service_from_its_start() -> None:
    assert spans(contract(charge("fee"), SETUP)) == ["fee 01-01..", "setup 01-01.."]


def test_a_trial_delays_recurring_fees_alone() -> None:
    """B34."""
    tried = contract(charge("fee"), SETUP, trial_end=day("01-15"))
    assert spans(tried) == ["fee 01-15..", "setup 01-01.."]


def test_what_another_system_billed_is_left_out() -> None:
    taken_over = contract(charge("fee"), SETUP, billed_from=day("03-01"))
    assert spans(taken_over) == ["fee 03-01.."]


def test_an_agreed_end_can_be_taken_back() -> None:
    ended = contract(end=day("02-15"))
    assert spans(ended) == ["fee 01-01..02-15"]
    assert spans(ending.uncancel(ended, day("02-14"))) == ["fee 01-01.."]


@pytest.mark.parametrize("end", ["01-01", "12-31"])
def test_an_end_is_after_the_start(end: str) -> None:
    with pytest.raises(EndsBeforeStart):
        contract(end=day(end), start="12-31")


def test_nothing_is_counted_below_zero() -> None:
    with pytest.raises(QuantityNegative):
        contract(quantity=-1)
    with pytest.raises(QuantityNegative):
        timeline.change_quantity(contract(), Decimal(-1), day("02-01"))


# ---- changes


def test_a_change_ends_the_old_where_the_new_begins() -> None:
    changed = change(contract(), "02-15", charge("more"))
    assert spans(changed) == ["fee 01-01..02-15", "more 02-15.."]
    assert changed.items[0].is_closed_by_change


def test_a_newer_change_supersedes_one_that_is_yet_to_come() -> None:
    """B36: in one step."""
    later = change(contract(), "03-01", charge("more"))
    sooner = change(later, "02-15", charge("most"))
    assert spans(sooner) == ["fee 01-01..02-15", "most 02-15.."]


def test_a_part_that_stays_the_same_may_go_on() -> None:
    both = contract(charge("fee"), charge("extra", "5"))
    changed = change(both, "02-15", charge("fee"), charge("extra", "7"), keeps_unchanged=True)
    assert spans(changed) == ["fee 01-01..", "extra 01-01..02-15", "extra 02-15.."]
    assert changed.items[0].plan == "other"


@pytest.mark.parametrize(("bills_once", "expected"), [(True, ["setup 02-15.."]), (False, [])])
def test_one_time_fees_of_a_change_are_charged_where_agreed(
    *, bills_once: bool, expected: list[str]
) -> None:
    changed = change(contract(), "02-15", charge("fee"), SETUP, bills_once=bills_once)
    assert spans(changed, "setup") == expected


@pytest.mark.parametrize(
    ("settlement", "fees", "usage"),
    [
        (Settlement.PRORATE, ["fee 01-01..02-15", "more 02-15.."], "calls 02-15.."),
        (Settlement.CREDIT_ONLY, ["fee 01-01..02-15", "more 03-01.."], "calls 02-15.."),
        (Settlement.NONE, ["fee 01-01..03-01", "more 03-01.."], "calls 02-15.."),
    ],
)
def test_a_settlement_moves_fees_and_never_usage(
    settlement: Settlement, fees: list[str], usage: str
) -> None:
    """B32."""
    at = day("02-15")
    other = terms(charge("more"), metered=(METER,))
    changed = timeline.change_terms(contract(), other, at, (at,), FIRSTS, settlement=settlement)
    assert spans(changed, "fee") + spans(changed, "more") == fees
    assert spans(changed, "calls") == [usage]


def test_a_settlement_at_renewal_waits_for_it() -> None:
    changed = change(contract(), "02-15", charge("more"), settlement=Settlement.AT_RENEWAL)
    assert changed.settles_from == day("03-01")
    assert change(changed, "02-20", charge("fee")).settles_from is None


def test_another_quantity_is_another_service_of_the_same_fee() -> None:
    many = timeline.change_quantity(contract(SEAT, charge("fee")), Decimal(3), day("02-15"))
    assert spans(many) == ["seat 01-01..02-15", "3xseat 02-15..", "fee 01-01.."]
    assert many.quantity == 3


def test_changes_of_an_agreed_future_keep_their_keys_apart() -> None:
    """A key is an identity of what is billed (B39)."""
    later = change(contract(SEAT), "03-01", charge("seat", "20", is_per_unit=True))
    twice = timeline.change_quantity(
        timeline.change_quantity(later, Decimal(2), day("02-01")), Decimal(3), day("02-01")
    )
    keys = [item.key for item in twice.items]
    assert len(set(keys)) == len(keys)
    assert spans(twice) == ["seat 01-01..02-01", "3xseat 02-01..03-01", "3xseat 03-01.."]


def test_a_charge_can_be_added_and_removed() -> None:
    added = timeline.add_charge(contract(), charge("extra"), day("02-15"), Decimal(2))
    removed = timeline.remove_charge(added, "extra", day("03-01"))
    assert spans(removed) == ["fee 01-01..", "2xextra 02-15..03-01"]
    with pytest.raises(NothingToRemove):
        timeline.remove_charge(removed, "extra", day("03-01"))


def test_a_charge_added_before_the_end_ends_with_it() -> None:
    leaving = ending.cancel(contract(), day("03-01"))
    added = timeline.add_charge(leaving, charge("extra"), day("02-15"), Decimal(1))
    assert spans(added, "extra") == ["extra 02-15..03-01"]
    assert spans(ending.uncancel(added, day("02-20")), "extra") == ["extra 02-15.."]


# ---- ends


def test_a_cancellation_ends_all_service_and_may_be_taken_back_until_then() -> None:
    """B35."""
    leaving = ending.cancel(contract(), day("03-01"))
    assert spans(leaving) == ["fee 01-01..03-01"]
    assert ending.uncancel(leaving, day("02-29")) == contract()
    with pytest.raises(NothingToTakeBack):
        ending.uncancel(leaving, day("03-01"))
    with pytest.raises(NothingToTakeBack):
        ending.uncancel(contract(), day("03-01"))


def test_an_earlier_cancellation_wins_and_a_later_one_changes_nothing() -> None:
    leaving = ending.cancel(contract(), day("03-01"))
    assert ending.cancel(leaving, day("04-01")) is leaving
    sooner = ending.cancel(leaving, day("02-01"))
    assert spans(sooner) == ["fee 01-01..02-01"]
    assert spans(ending.uncancel(sooner, day("01-15"))) == ["fee 01-01.."]


def test_a_quantity_changed_meanwhile_outlives_a_cancellation_taken_back() -> None:
    leaving = ending.cancel(contract(SEAT), day("03-01"))
    changed = timeline.change_quantity(leaving, Decimal(2), day("02-01"))
    assert spans(changed) == ["seat 01-01..02-01", "2xseat 02-01..03-01"]
    assert spans(ending.uncancel(changed, day("02-15"))) == [
        "seat 01-01..02-01",
        "2xseat 02-01..",
    ]


@pytest.mark.parametrize(
    "order",
    [
        lambda c: change(c, "03-01", charge("more")),
        lambda c: timeline.change_quantity(c, Decimal(2), day("03-01")),
        lambda c: timeline.add_charge(c, charge("extra"), day("03-01"), Decimal(1)),
        lambda c: pausing.pause(c, day("03-01")),
    ],
)
def test_what_has_ended_cannot_be_changed(order: Callable[[Contract], Contract]) -> None:
    with pytest.raises(ServiceEnded):
        order(ending.cancel(contract(), day("03-01")))


# ---- pauses


def test_a_pause_takes_its_time_out_of_service() -> None:
    """B38: resumed, nothing overlaps the term before."""
    paused = pausing.pause(contract(), day("02-10"))
    assert spans(paused) == ["fee 01-01..02-10"]
    assert spans(pausing.resume(paused, day("02-20"))) == ["fee 01-01..02-10", "fee 02-20.."]


def test_a_pause_begins_no_earlier_than_the_service() -> None:
    """B38: a span before the start once took nothing out and hid the start itself."""
    with pytest.raises(PausedBeforeStart) as refused:
        pausing.pause(contract(start="02-01"), day("01-31"))
    assert refused.value.fields["start"] == "2024-02-01"
    assert spans(pausing.pause(contract(start="02-01"), day("02-01"))) == []


def test_a_pause_that_never_began_leaves_nothing() -> None:
    paused = pausing.pause(contract(), day("02-10"))
    assert pausing.resume(paused, day("02-10")) == contract()


def test_pauses_alternate_with_resumptions() -> None:
    paused = pausing.pause(contract(), day("02-10"))
    with pytest.raises(AlreadyPaused):
        pausing.pause(paused, day("02-11"))
    with pytest.raises(NothingToResume):
        pausing.resume(contract(), day("02-11"))


# ---- every short history


ORDERS: tuple[Callable[[Contract, str], Contract], ...] = (
    lambda c, on: change(c, on, SEAT, charge("more")),
    lambda c, on: timeline.change_quantity(c, c.quantity + 1, day(on)),
    lambda c, on: timeline.add_charge(c, charge("extra"), day(on), Decimal(1)),
    lambda c, on: timeline.remove_charge(c, "extra", day(on)),
    lambda c, on: ending.cancel(c, day(on)),
    lambda c, on: ending.uncancel(c, day(on)),
    lambda c, on: pausing.pause(c, day(on)),
    lambda c, on: pausing.resume(c, day(on)),
    lambda c, on: timeline.change_cycle(c, FIRSTS, max(day(on), day("03-01"))),
)
POINTS = ("02-10", "02-20")


@pytest.mark.parametrize("first", range(len(ORDERS)))
def test_every_history_of_three_orders_is_in_order(first: int) -> None:
    """No two services of one fee at once, none after the end, no two of one key (B36, B37)."""
    rest = product(range(len(ORDERS)), POINTS, repeat=2)
    for (second, at, third, then), start in product(rest, POINTS):
        given = contract(SEAT, charge("fee"))
        for order, on in ((first, start), (second, at), (third, then)):
            try:
                given = ORDERS[order](given, on)
            except Refusal:
                continue
            _is_in_order(given)


def _is_in_order(given: Contract) -> None:
    keys = [item.key for item in given.items]
    assert len(set(keys)) == len(keys)
    for code in {item.charge.code for item in given.items} - {"extra"}:
        service = sorted(
            (start, end)
            for item in given.items
            if item.charge.code == code
            for start, end in pausing.served(item, given.pauses)
            if end is None or start < end
        )
        for (_, end), (start, _) in pairwise(service):
            assert end is not None
            assert end <= start
    if given.cancelled is not None:
        assert all(
            i.end is not None and i.end <= max(given.cancelled, i.start) for i in given.items
        )
