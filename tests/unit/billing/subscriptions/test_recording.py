"""What a contract is made of comes back from its rows as it was (B4, B39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.subscriptions.sold import (
    BERLIN,
    KEY,
    METERED,
    TRUEUP,
    at,
    begun,
    catalog,
    ordered,
    plan,
    price,
)

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Proration, Recurrence
from trueup.billing.subscriptions.contract import Pause, Settlement
from trueup.billing.subscriptions.cycle import Turn
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.recording import (
    cycle_of,
    cycle_row,
    exactly,
    instant_of,
    point_of,
    recorded,
    subscription_of,
)
from trueup.kernel.errors import Defect

MONTHS = Grid(Cadence(Interval.MONTH), Anchor(2026, 3, 31))
NINE = Recurrence(Grid(Cadence(Interval.WEEK, 2), Anchor(2026, 3, 2)), BERLIN, time(9, 30))
ROWS = {
    "a grid": (MONTHS, {"every": [1, "month"], "anchor": [2026, 3, 31]}),
    "a recurrence": (NINE, {"every": [2, "week"], "anchor": [2026, 3, 2], "at": "09:30:00"}),
    "a turn of days": (
        Turn(MONTHS, date(2026, 5, 5), replace(MONTHS, anchor=Anchor(2026, 5, 5))),
        {
            "before": {"every": [1, "month"], "anchor": [2026, 3, 31]},
            "turns": "2026-05-05",
            "after": {"every": [1, "month"], "anchor": [2026, 5, 5]},
        },
    ),
    "a turn of instants": (
        Turn(NINE, datetime(2026, 5, 5, 7, 30, tzinfo=UTC), NINE),
        {
            "before": {"every": [2, "week"], "anchor": [2026, 3, 2], "at": "09:30:00"},
            "turns": "2026-05-05T07:30:00+00:00",
            "after": {"every": [2, "week"], "anchor": [2026, 3, 2], "at": "09:30:00"},
        },
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_a_cycle_is_kept_in_its_column_and_read_back(what):
    cycle, row = ROWS[what]
    assert cycle_row(cycle) == row
    assert cycle_of(row, BERLIN) == cycle


def test_a_day_is_the_first_instant_of_it_there():
    """B4: not at midnight of the server."""
    assert instant_of(date(2026, 3, 1), BERLIN) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert instant_of(noon, BERLIN) == noon


@pytest.mark.parametrize(
    ("instant", "day"),
    [("02-28T23:59", date(2026, 2, 28)), ("03-01", date(2026, 3, 1))],
)
def test_an_instant_is_on_its_local_day_unless_instants_count(instant, day):
    assert point_of(at(instant), BERLIN, counts_instants=False) == day
    assert point_of(at(instant), BERLIN, counts_instants=True) == at(instant)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "America/New_York"]),
)
def test_a_day_that_is_kept_comes_back_as_that_day(day, name):
    where = ZoneInfo(name)
    assert point_of(instant_of(day, where), where, counts_instants=False) == day
    before = instant_of(day, where) - timedelta(microseconds=1)
    assert point_of(before, where, counts_instants=False) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("kept", "said"),
    [("25.000000", "25"), ("100", "100"), ("0.500000", "0.5"), ("0", "0"), ("-2.10", "-2.1")],
)
def test_a_quantity_is_read_without_the_zeros_its_column_adds(kept, said):
    assert str(exactly(Decimal(kept))) == said


# ---- there and back


PRO = plan(200)
PRICES = [
    price(1000),
    price(1001, charge="extra", kind="add_on", interval="quarter", interval_count=1),
    price(1002, amount="0.5", **METERED),
    price(2000, of=200, amount="20"),
]
ALL = catalog([plan(), PRO], PRICES)
FIRST = PRICES[:3]


def histories():
    """Subscriptions with everything that a row can say."""
    new = begun(prices=FIRST, quantity="3")
    more = planning.change_quantity(new, Decimal("4.5"), ordered("03-10"), TRUEUP).after
    other = planning.change(more, PRO, PRICES[3:], ordered("03-12"), TRUEUP).after
    paused = planning.pause(new, ordered("03-05")).after
    resumed = planning.resume(paused, ordered("03-07"), TRUEUP).after
    by_second = replace(TRUEUP, proration=Proration.SECOND)
    bundled = begun(prices=FIRST, end=date(2026, 9, 1), bundle="b")
    return {
        "new": new,
        "another quantity": more,
        "another plan": other,
        "paused": paused,
        "resumed": resumed,
        "paused again": planning.pause(resumed, ordered("03-09")).after,
        "cancelled": planning.cancel(new, ordered("03-10", "03-20"), TRUEUP).after,
        "settled at renewal": planning.change(
            new, PRO, PRICES[3:], ordered("03-12"), TRUEUP, settlement=Settlement.AT_RENEWAL
        ).after,
        "removed, then cancelled": planning.cancel(
            planning.remove(new, "extra", ordered("03-05", "03-15")).after,
            ordered("03-10", "03-20"),
            TRUEUP,
        ).after,
        "another day": planning.change_cycle_day(new, 15, ordered("03-10")).after,
        "by the second": begun(prices=FIRST, start="03-01T09:30", dialect=by_second),
        "until an end": replace(bundled, record=replace(bundled.record, keeps_prepaid=True)),
    }


HISTORIES = histories()


@pytest.mark.parametrize("what", HISTORIES)
def test_a_contract_comes_back_from_its_rows_as_it_was(what):
    """B39: what is billed of it is the same after a restart."""
    before = HISTORIES[what]
    contract = replace(before.contract, customer=str(before.record.customer_id))
    contract = replace(contract, keeps_prepaid=before.record.keeps_prepaid)
    back = subscription_of(before.record, ALL, {})
    assert back.contract == contract
    assert (back.prices, back.zone, back.record) == (before.prices, BERLIN, before.record)
    assert recorded(back, back.prices) == before.record


def test_rows_say_what_the_contract_means():
    """A cancellation keeps until when each would have been served."""
    leaving = planning.cancel(
        begun(prices=FIRST, quantity="3"), ordered("03-10T12:00", "03-20"), TRUEUP
    ).after.record
    assert (leaving.cancel_at, leaving.final_bill_at) == (at("03-20"), at("03-20"))
    assert [row.served_until for row in leaving.items] == [at("03-20")] * 3
    assert [row.until_if_kept for row in leaving.items] == [None] * 3
    assert [row.position for row in leaving.items] == [0, 1, 2]
    assert [row.item_key for row in leaving.items] == [
        "base/2026-03-01/0",
        "extra/2026-03-01/1",
        "calls/2026-03-01/2",
    ]
    assert [row.quantity for row in leaving.items] == [3, 3, 1]
    assert [row.price_id.int for row in leaving.items] == [1000, 1001, 1002]
    quarterly = {"every": [1, "quarter"], "anchor": [2026, 3, 1]}
    assert [row.cycle for row in leaving.items] == [None, quarterly, None]


def test_what_takes_over_another_names_it_without_the_subscriptions_part():
    new = begun()
    (old,) = new.contract.items
    successor = replace(old, key=f"{KEY}/base/next", replaces=old.key, costs_full_last_period=True)
    contract = replace(new.contract, items=(old, successor))
    prices = {item.key: UUID(int=1000) for item in contract.items}
    record = recorded(replace(new, contract=contract), prices)
    assert [row.replaces for row in record.items] == [None, "base/2026-03-01/0"]
    assert [row.is_last_whole for row in record.items] == [False, True]
    assert subscription_of(record, ALL, {}).contract.items == contract.items


def test_pauses_are_kept_with_their_open_end():
    new = begun()
    pauses = (Pause(date(2026, 3, 3), date(2026, 3, 5)), Pause(date(2026, 3, 9), None))
    record = recorded(replace(new, contract=replace(new.contract, pauses=pauses)), new.prices)
    assert record.pauses == ((at("03-03"), at("03-05")), (at("03-09"), None))
    assert subscription_of(record, ALL, {}).contract.pauses == pauses


def test_the_terms_are_those_agreed_last_in_each_phase():
    cheaper = price(1009, amount="8", is_private=True)
    known = catalog([plan()], [*PRICES, cheaper])
    changed = planning.change_price(begun(), plan(), cheaper, ordered("03-10", "04-01")).after
    back = subscription_of(changed.record, known, {})
    assert [c.price.model.unit for c in back.contract.terms.phases[0].charges] == [8]
    first, second = changed.record.items
    gone = replace(second, served_until=second.served_from, is_changed=True)
    taken_back = replace(changed.record, items=(first, gone))
    back = subscription_of(taken_back, known, {})
    assert [c.price.model.unit for c in back.contract.terms.phases[0].charges] == [10]


def test_an_item_of_another_plan_is_no_part_of_the_terms():
    added = planning.add(begun(), PRO, PRICES[3], Decimal(2), ordered("03-10")).after
    back = subscription_of(added.record, ALL, {}).contract
    assert [c.price.model.unit for c in back.terms.phases[0].charges] == [10]
    assert [(item.plan, item.quantity) for item in back.items] == [("plan-100", 1), ("plan-200", 2)]


def test_a_price_is_read_once():
    known = {}
    subscription_of(begun(prices=FIRST).record, ALL, known)
    assert {price_id.int for price_id in known} == {1000, 1001, 1002}
    marked = dict.fromkeys(known, known[UUID(int=1002)])
    read = subscription_of(begun(prices=FIRST).record, ALL, marked)
    assert {item.charge.code for item in read.contract.items} == {"calls"}


def test_a_row_without_a_start_is_a_defect():
    record = replace(begun().record, started_at=None)
    with pytest.raises(Defect, match="a span of service has a start"):
        subscription_of(record, ALL, {})
