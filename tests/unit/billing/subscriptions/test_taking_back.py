"""An order taken back leaves a subscription as it was before it, to the row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.unit.billing.subscriptions.sold import TRUEUP, at, begun, ordered, plan, price

from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.errors import NothingScheduled
from trueup.billing.subscriptions.model import OrderKind
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.taking_back import last_standing, replaced, restored

if TYPE_CHECKING:
    from trueup.kernel.clock import Instant

NEW = begun(quantity="2")
PAUSED = planning.resume(
    planning.pause(NEW, ordered("03-03")).after, ordered("03-04"), TRUEUP
).after
LEAVING = planning.cancel(PAUSED, ordered("03-05", "06-01"), TRUEUP).after
WAITING = planning.pause(NEW, ordered("03-05", "05-01")).after
PRO, FEE = plan(200), price(2000, of=200)
TEAM, TEAM_FEE = plan(300), price(3000, of=300)
SETTLING = planning.change(
    NEW, PRO, [FEE], ordered("03-05"), TRUEUP, settlement=Settlement.AT_RENEWAL
).after
TRYING = replace(NEW, record=replace(NEW.record, trial_end_at=at("05-01")))
THEN = ordered("03-10", "04-15")
LATER = {
    "another plan": lambda s: planning.change(s, TEAM, [TEAM_FEE], THEN, TRUEUP),
    "another quantity": lambda s: planning.change_quantity(s, Decimal("2.5"), THEN, TRUEUP),
    "one charge more": lambda s: planning.add(s, PRO, FEE, Decimal(1), THEN),
    "another day": lambda s: planning.change_cycle_day(s, 20, THEN),
    "an end": lambda s: planning.cancel(s, THEN, TRUEUP),
}


@pytest.mark.parametrize(
    "before",
    [NEW, PAUSED, LEAVING, WAITING, SETTLING, TRYING],
    ids=["new", "paused", "leaving", "waiting", "settling", "trying"],
)
@pytest.mark.parametrize("what", LATER)
def test_what_an_order_overwrote_is_put_back_to_the_row(what, before):
    """B36: kept as JSON in between, which loses nothing of it."""
    after = LATER[what](before).after.record
    kept = json.loads(json.dumps(replaced(before.record)))
    back = restored(after, kept)
    number = len(before.record.items)
    assert back.items[:number] == before.record.items
    for item in back.items[number:]:
        assert item.served_from == item.served_until == item.until_if_kept
        assert item.is_changed
    assert replace(back, items=before.record.items, orders=0, is_steady=False) == replace(
        before.record, orders=0, is_steady=False
    )


def test_an_order_of_before_says_nothing_of_a_trial():
    kept = {k: v for k, v in replaced(NEW.record).items() if k != "trial_end_at"}
    assert restored(TRYING.record, kept).trial_end_at == at("05-01")


def test_what_is_kept_says_all_that_an_order_may_overwrite():
    kept = replaced(LEAVING.record)
    assert set(kept) == {
        "cycle", "keeps_prepaid", "cancel_at", "cancelled_at", "final_bill_at", "settles_from",
        "trial_end_at", "plan_id", "former_plans", "quantity", "pauses", "items",
    }  # fmt: skip
    assert kept["cancel_at"] == "2026-05-31T22:00:00+00:00"
    assert (kept["quantity"], kept["settles_from"], kept["keeps_prepaid"]) == ("2", None, False)
    assert kept["pauses"] == [["2026-03-02T23:00:00+00:00", "2026-03-03T23:00:00+00:00"]]


def test_a_plan_that_was_not_left_after_all_is_no_former_one():
    """B22: nor is one that was left before forgotten."""
    first, second = UUID(int=1), UUID(int=2)
    before = replace(LEAVING.record, former_plans=(first,))
    now = replace(before, former_plans=(first, second))
    assert restored(now, replaced(before)).former_plans == (first,)


# ---- which order


APRIL, NOW = at("04-15"), at("03-10")


@dataclass(frozen=True)
class Row:
    number: int
    kind: OrderKind = OrderKind.CHANGE
    effective_at: Instant = APRIL
    terms: dict[str, Any] = field(default_factory=dict)
    replaced: dict[str, Any] | None = field(default_factory=dict)


START = Row(1, OrderKind.START, at("03-01"), replaced=None)


def back(number: int, of: int) -> Row:
    return Row(number, OrderKind.TAKE_BACK, at("03-09"), {"order": of}, None)


@pytest.mark.parametrize(
    ("orders", "meant"),
    [
        ([START, Row(2)], 2),
        ([START, Row(2), Row(3)], 3),
        ([START, Row(2), Row(3), back(4, 3)], 2),
        ([START, Row(2), back(3, 2), Row(4)], 4),
        ([START, Row(2, effective_at=at("03-10T00:01"))], 2),
    ],
)
def test_the_last_order_that_stands_is_taken_back(orders, meant):
    assert last_standing("s", orders, NOW).number == meant


@pytest.mark.parametrize(
    ("orders", "last", "says"),
    [
        ([], None, "nothing was ordered of it"),
        ([START], "start", "its last order, start, counts already"),
        ([START, Row(2), back(3, 2)], "start", "its last order, start, counts already"),
        ([START, Row(2, effective_at=NOW)], "change", "its last order, change, counts already"),
        ([START, Row(2, replaced=None)], "change", "its last order, change, counts already"),
        ([START, Row(2), Row(3, OrderKind.ADD, at("03-01"))], "add", "its last order, add, counts already"),
    ],
)  # fmt: skip
def test_what_counts_already_is_not_taken_back(orders, last, says):
    with pytest.raises(NothingScheduled) as refused:
        last_standing("s", orders, NOW)
    assert refused.value.fields == {"subscription": "s", "last": last}
    assert says in refused.value.sentence
