"""Changes of quantity, price and charges, item by item: what is kept, cut, and told in a refusal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from tests.unit.billing.subscriptions.contracts import (
    FIRSTS,
    charge,
    contract,
    day,
    spans,
    terms,
)

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval
from trueup.billing.rating.errors import QuantityNegative
from trueup.billing.subscriptions.cycle import Turn
from trueup.billing.subscriptions.errors import ChargeNotServed, EndsBeforeStart
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import ChargeKind

SEAT = charge("seat", is_per_unit=True)
SETUP = charge("setup", kind=ChargeKind.ONE_OFF)
MID = Grid(Cadence(Interval.MONTH), Anchor(2024, 1, 15))


def test_nothing_is_a_quantity_and_less_is_refused_by_its_number() -> None:
    """A subscription of no seats is kept open; minus one seat is a mistake."""
    empty = contract(SEAT, quantity=0)
    assert empty.quantity == 0
    assert timeline.change_quantity(contract(SEAT), Decimal(0), day("01-10")).quantity == 0
    for make in (
        lambda: contract(SEAT, quantity=-1),
        lambda: timeline.change_quantity(empty, Decimal(-1), day("01-10")),
    ):
        with pytest.raises(QuantityNegative) as caught:
            make()
        assert caught.value.fields["quantity"] == Decimal(-1)


def test_an_end_before_the_start_is_told_with_both_days() -> None:
    with pytest.raises(EndsBeforeStart) as caught:
        contract(start="03-01", end=day("02-01"))
    assert caught.value.fields == {"start": "2024-03-01", "end": "2024-02-01"}


def test_a_quantity_of_one_charge_leaves_that_of_the_contract() -> None:
    """What is added later of the contract's own per-unit fees counts the contract's quantity."""
    before = contract(SEAT, charge("desk", is_per_unit=True), quantity=2)
    one = timeline.change_quantity(before, Decimal(5), day("01-11"), code="desk")
    assert one.quantity == 2
    assert spans(one) == ["2xseat 01-01..", "2xdesk 01-01..01-11", "5xdesk 01-11.."]
    assert timeline.change_quantity(before, Decimal(5), day("01-11")).quantity == 5


def test_a_price_changes_for_every_item_of_the_charge_and_no_other() -> None:
    before = contract(SEAT, charge("fee"), quantity=2)
    twice = timeline.add_charge(before, SEAT, day("01-05"), Decimal(3))
    thrice = timeline.add_charge(twice, SEAT, day("01-06"), Decimal(4))
    dearer = charge("seat", "12", is_per_unit=True)
    after = timeline.change_price(thrice, dearer, day("02-01"))
    assert spans(after, "seat") == [
        "2xseat 01-01..02-01", "2xseat 02-01..",
        "3xseat 01-05..02-01", "3xseat 02-01..",
        "4xseat 01-06..02-01", "4xseat 02-01..",
    ]  # fmt: skip
    assert [i.charge for i in after.items if i.start == day("02-01")] == [dearer] * 3
    assert spans(after, "fee") == ["fee 01-01.."]
    keys = [item.key for item in after.items]
    assert len(set(keys)) == len(keys)


def test_items_renewed_at_once_are_numbered_one_after_another() -> None:
    """B39: keys follow from the history alone."""
    before = contract(SEAT, charge("fee"))
    many = timeline.add_charge(before, SEAT, day("01-05"), Decimal(3))
    for after in (
        timeline.change_price(many, charge("seat", "12"), day("02-01")),
        timeline.change_quantity(many, Decimal(9), day("02-01"), code="seat"),
    ):
        numbers = [int(i.key.rpartition("/")[2]) for i in after.items if i.start == day("02-01")]
        assert [later - earlier for earlier, later in pairwise(numbers)] == [1]
        assert numbers[0] == len(many.items)


def test_a_charge_that_is_not_served_is_named_with_its_subscription() -> None:
    with pytest.raises(ChargeNotServed) as caught:
        timeline.change_price(contract(), SEAT, day("02-01"))
    assert caught.value.fields == {"subscription": "s", "charge": "seat"}


def test_a_change_of_plan_gives_back_and_bills_once_unless_it_says_otherwise() -> None:
    """B32: what both plans share goes on only where somebody asks for it."""
    before = contract(charge("fee"))
    at = day("01-11")
    to = terms(charge("fee"), SETUP, plan="other")
    assert spans(timeline.change_terms(before, to, at, (at,), FIRSTS)) == [
        "fee 01-01..01-11",
        "fee 01-11..",
        "setup 01-11..",
    ]


def test_what_goes_on_forgets_the_end_of_the_old_plan() -> None:
    """The old plan was to end in March; the charge that both have runs on under the new one."""
    before = ending.cancel(contract(charge("fee"), charge("other")), day("03-01"))
    at = day("01-11")
    after = timeline.change_terms(
        before, terms(charge("fee"), plan="next"), at, (at,), FIRSTS, keeps_unchanged=True
    )
    assert spans(after) == ["fee 01-01..", "other 01-01..01-11"]
    assert [item.plan for item in after.items] == ["next", "plan"]
    assert (after.cancelled, after.ordered_items) == (None, ())


def test_a_charge_added_before_an_end_ends_with_it_and_not_by_a_change() -> None:
    """What it costs beyond the end is decided as for all others (B31)."""
    ended = ending.cancel(contract(), day("03-01"))
    after = timeline.add_charge(ended, SEAT, day("02-01"), Decimal(1))
    assert (after.items[-1].end, after.items[-1].is_closed_by_change) == (day("03-01"), False)
    assert spans(ending.uncancel(after, day("02-02"))) == ["fee 01-01..", "seat 02-01.."]
    assert timeline.add_charge(contract(), SEAT, day("02-01"), Decimal(1)).ordered_items == ()


def test_a_charge_that_is_removed_is_closed_by_a_change() -> None:
    after = timeline.remove_charge(contract(charge("fee"), SEAT), "seat", day("02-10"))
    assert [(i.end, i.is_closed_by_change) for i in after.items] == [
        (None, False),
        (day("02-10"), True),
    ]


@pytest.mark.parametrize(("end", "turns"), [
    ("02-14", False),       # over before
    ("02-15", False),       # over at that moment
    ("02-16", True),
    (None, True),
])  # fmt: skip
def test_a_cycle_turns_for_what_still_runs(end, turns) -> None:
    """B10: what is over keeps the periods it was billed by."""
    before = contract(charge("fee"), SEAT)
    item = replace(before.items[0], end=end and day(end))
    after = timeline.change_cycle(replace(before, items=(item, before.items[1])), MID, day("02-15"))
    turned = Turn(FIRSTS, day("02-15"), MID)
    assert [i.cycle for i in after.items] == [turned if turns else FIRSTS, turned]
    assert after.cycle == turned


def test_a_cycle_without_a_moment_is_another_throughout() -> None:
    before = contract(charge("fee"))
    over = replace(before, items=(replace(before.items[0], end=day("02-01")),))
    after = timeline.change_cycle(over, MID)
    assert (after.cycle, after.items[0].cycle) == (MID, MID)
