"""Each event is counted once, for ever, on the day it was used (B28, B29)."""

from __future__ import annotations

import itertools
import threading
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service.billing.metered import (
    BERLIN,
    NOW,
    TOKYO,
    FixedClock,
    at,
    event,
    reported,
    subscribe,
)
from tests.service.billing.rows import ident, rows
from tests.support.statements import statement

from trueup.billing.metering import service as metering
from trueup.billing.metering.errors import (
    UsageEventChanged,
    UsageEventMalformed,
    UsageOfUnknownSubscription,
)
from trueup.billing.metering.model import SPAN, USAGE_EVENT, WINDOW, Recorded
from trueup.db import Database, create_tenant
from trueup.db.errors import ConstraintBroken, FactUnchangeable

SUMMARIES = statement(
    "select subscription_id, meter, day, dimensions, events, quantity, largest, latest, latest_at, changed_at"
    " from billing.usage_summary order by subscription_id, meter, day, dimensions"
)
RUNS = itertools.count()  # each example reports by itself: all share one database
EVENTS = statement("select count(*) as events from billing.usage_event")


@pytest.fixture
def books(db, tenant_id):
    subscribe(db, tenant_id)
    return Books(db, tenant_id)


class Books:
    """What a tenant reports and reads, a transaction each."""

    def __init__(self, db: Database, tenant_id: int) -> None:
        self.db, self.tenant_id = db, tenant_id

    def record(self, *events, source="app", now=NOW):
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return metering.record_usage(
                tx, reported(*events), source=source, clock=FixedClock(now)
            )

    def summaries(self):
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return tx.many(SUMMARIES)

    def days(self, subscription=BERLIN, **span):
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return [tuple(row) for row in metering.usage_by_day(tx, subscription, **span)]

    def windows(self, *windows):
        plain = dict.fromkeys(WINDOW.names) | {"number": 1, "subscription_id": BERLIN.bytes, "meter": "calls"}  # fmt: skip
        table = pa.Table.from_pylist([plain | each for each in windows], schema=WINDOW)
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return metering.read_windows(tx, table).to_pylist()

    def events(self, *spans):
        plain = dict.fromkeys(SPAN.names) | {"number": 1, "subscription_id": BERLIN.bytes, "meter": "calls"}  # fmt: skip
        table = pa.Table.from_pylist([plain | each for each in spans], schema=SPAN)
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return metering.read_events(tx, table).to_pylist()

    def count(self):
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return tx.one(EVENTS).events

    def rebuild(self):
        with self.db.transaction(tenant_id=self.tenant_id) as tx:
            return metering.rebuild_summaries(tx)


# ---- counted once (B29)


def test_an_event_sent_again_is_not_counted_again(books):
    assert books.record(event("a"), event("b", quantity=2)) == Recorded(2, 0)
    assert books.record(event("b", quantity=2), event("c")) == Recorded(1, 1)
    assert books.record(event("a"), event("a"), event("d"), event("d")) == Recorded(1, 3)
    assert [(row.events, row.quantity) for row in books.summaries()] == [(4, Decimal(5))]


def test_no_events_are_none(books):
    assert books.record() == Recorded(0, 0)


@pytest.mark.parametrize("change", [
    {"quantity": 2}, {"meter": "bytes"}, {"subscription_id": TOKYO}, {"occurred_at": at("2026-03-10T12:01")},
    {"dimensions": '{"region": "eu"}'},
])  # fmt: skip
@pytest.mark.parametrize("is_one_batch", [True, False])
def test_the_same_id_with_other_content_is_refused_with_its_batch(books, change, is_one_batch):
    books.record(event("before"), *([] if is_one_batch else [event("a")]))
    batch = [event("new"), event("a", **change), *([event("a")] if is_one_batch else [])]
    with pytest.raises(UsageEventChanged) as caught:
        books.record(*batch)
    assert caught.value.events == ("a",)
    assert books.count() == (1 if is_one_batch else 2)
    assert sum(row.events for row in books.summaries()) == books.count()


def test_dimensions_in_another_order_are_the_same_content(books):
    books.record(
        event("a", dimensions='{"tier": "gold", "region": "eu"}'), event("b", dimensions="{}")
    )
    again = [event("a", dimensions='{"region":"eu","tier":"gold"}'), event("b")]
    assert books.record(*again) == Recorded(0, 2)
    assert [row.dimensions for row in books.summaries()] == [{}, {"region": "eu", "tier": "gold"}]


def test_ids_of_two_sources_never_meet(books):
    assert books.record(event("a"), source="app") == Recorded(1, 0)
    assert books.record(event("a"), source="batch") == Recorded(1, 0)


def test_what_was_imported_is_not_counted_again_by_who_reported_it_before(books):
    """Retries straddle a cutover: the ids of the migrated system go on in the same line."""
    imported = {"usage_event_id": ident("u"), "subscription_id": BERLIN, "idempotency_key": "a", "is_billed": True,
                "meter": "calls", "quantity": Decimal(1), "occurred_at": at("2026-03-10T12:00")}  # fmt: skip
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        metering.import_usage_events(tx, rows(USAGE_EVENT, imported))
    assert books.record(event("a"), event("b"), source=None) == Recorded(1, 1)
    assert books.record(event("a"), source="app") == Recorded(1, 0)
    with pytest.raises(UsageEventChanged):
        books.record(event("a", quantity=3), source=None)


def test_usage_of_an_unknown_subscription_is_refused_by_its_id(books):
    nobody = ident("nobody")
    with pytest.raises(UsageOfUnknownSubscription) as caught:
        books.record(
            event("a"), event("b", subscription_id=nobody), event("c", subscription_id=nobody)
        )
    assert caught.value.subscriptions == (str(nobody),)
    assert books.count() == 0


def test_an_event_that_lacks_something_is_refused_before_anything_is_written(books):
    with pytest.raises(UsageEventMalformed):
        books.record(event("a"), event("b") | {"meter": None})
    assert books.count() == 0


# ---- at once


def test_batches_that_race_with_the_same_ids_neither_double_nor_lose(books):
    """In opposite orders, so that locks taken as they come would close a ring."""
    batch = [
        event(f"e{n}", subscription_id=(BERLIN, TOKYO)[n % 2], meter=f"m{n % 7}")
        for n in range(400)
    ]
    ready, outcomes, errors = threading.Barrier(4), [], []

    def write(events):
        try:
            ready.wait()
            for start in range(0, len(events), 100):
                outcomes.append(books.record(*events[start : start + 100]))  # noqa: PERF401  threads share it
        except BaseException as error:  # noqa: BLE001  told below
            errors.append(error)

    orders = (batch, batch[::-1], batch[200:] + batch[:200], batch[1::2] + batch[::2])
    threads = [threading.Thread(target=write, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert sum(each.counted for each in outcomes) == 400
    assert sum(each.repeated for each in outcomes) == 1200
    assert sum(row.events for row in books.summaries()) == 400
    assert books.count() == 400


def test_a_racing_batch_with_other_content_is_refused(books):
    """The second waits for the first and then sees what it wrote."""
    first = books.db.transaction(tenant_id=books.tenant_id)
    tx = first.__enter__()
    metering.record_usage(tx, reported(event("a")), source="app", clock=FixedClock())
    caught = []

    def second():
        try:
            books.record(event("a", quantity=9), event("b"))
        except UsageEventChanged as error:
            caught.append(error.events)

    thread = threading.Thread(target=second)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    first.__exit__(None, None, None)
    thread.join(60)
    assert caught == [("a",)]
    assert books.count() == 1


def test_a_rebuild_waits_for_batches_and_loses_none(books):
    first = books.db.transaction(tenant_id=books.tenant_id)
    tx = first.__enter__()
    metering.record_usage(tx, reported(event("a")), source="app", clock=FixedClock())
    thread = threading.Thread(target=books.rebuild)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    first.__exit__(None, None, None)
    thread.join(60)
    assert [row.events for row in books.summaries()] == [1]


# ---- placed by when it was used (B28)


def test_days_are_those_of_the_customer(books):
    late = at("2026-03-10T23:30")  # half past midnight in Berlin, half past eight in Tokyo
    books.record(event("a", occurred_at=late), event("b", occurred_at=late, subscription_id=TOKYO))
    books.record(
        event("c", occurred_at=at("2026-03-29T21:59")),
        event("d", occurred_at=at("2026-03-29T22:00")),
    )
    assert [row[0] for row in books.days()] == [
        date(2026, 3, 11),
        date(2026, 3, 29),
        date(2026, 3, 30),
    ]
    assert [row[0] for row in books.days(TOKYO)] == [date(2026, 3, 11)]


def test_a_subscription_may_keep_a_zone_of_its_own(books):
    moved = statement("update billing.subscription set time_zone = 'America/New_York'")
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        tx.execute(moved)
    books.record(event("a", occurred_at=at("2026-03-10T02:00")))
    assert [row[0] for row in books.days()] == [date(2026, 3, 9)]


def test_a_late_event_counts_on_the_day_it_was_used(books):
    books.record(event("a"), now=at("2026-03-11"))
    books.record(event("late", quantity=4), now=at("2026-04-20"))
    (row,) = books.summaries()
    assert (row.day, row.quantity, row.changed_at) == (
        date(2026, 3, 10),
        Decimal(5),
        at("2026-04-20"),
    )


def test_a_day_is_summed_by_meter_and_dimensions(books):
    eu, us = '{"region": "eu"}', '{"region": "us"}'
    books.record(
        event("a", quantity=5, dimensions=eu, occurred_at=at("2026-03-10T10:00")),
        event("b", quantity=2, dimensions=eu, occurred_at=at("2026-03-10T11:00")),
        event("c", quantity=-1, dimensions=us),
        event("d", quantity=3, meter="bytes"),
    )
    books.record(event("e", quantity=1, dimensions=eu, occurred_at=at("2026-03-10T09:00")))
    day = date(2026, 3, 10)
    assert books.days() == [
        # day, meter,  dimensions,       events, sum,         largest,    latest
        (day, "bytes", {},               1,      Decimal(3),  Decimal(3), Decimal(3)),
        (day, "calls", {"region": "eu"}, 3,      Decimal(8),  Decimal(5), Decimal(2)),
        (day, "calls", {"region": "us"}, 1,      Decimal(-1), Decimal(-1), Decimal(-1)),
    ]  # fmt: skip


def test_the_days_shown_can_be_bounded_and_their_subscription_is_known(books):
    for number in range(10, 14):
        books.record(event(f"e{number}", occurred_at=at(f"2026-03-{number}T12:00")))
    shown = books.days(starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 13))
    assert [row[0].day for row in shown] == [11, 12]
    with pytest.raises(UsageOfUnknownSubscription):
        books.days(ident("nobody"))


EVENT = st.builds(
    event,
    st.integers(0, 30).map(str),
    subscription_id=st.sampled_from([BERLIN, TOKYO]),
    meter=st.sampled_from(["calls", "bytes"]),
    quantity=st.integers(-3, 9),
    occurred_at=st.integers(0, 80).map(lambda hours: at("2026-03-10T00:00") + timedelta(hours=hours)),
    dimensions=st.sampled_from([None, '{"region": "eu"}', '{"region": "us"}']),
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(EVENT, max_size=25), st.integers(1, 9), st.randoms())
def test_events_one_by_one_and_summed_anew_come_to_the_same(books, events, size, random):
    """In any order, in batches of any size, with any of them sent twice."""
    once = list({each["event_id"]: each for each in events}.values())
    sent = once + [each for each in once if random.random() < 0.3]
    random.shuffle(sent)
    source = f"source {next(RUNS)}"
    before = sum(row.events for row in books.summaries())
    for number, start in enumerate(range(0, len(sent), size)):
        books.record(*sent[start : start + size], source=source, now=NOW + timedelta(hours=number))
    kept = books.summaries()
    assert sum(row.events for row in kept) == before + len(once)
    assert books.rebuild() == len(kept)
    assert books.summaries() == kept


def test_imported_usage_counts_once_summaries_are_rebuilt(books):
    plain = {"subscription_id": BERLIN, "meter": "calls", "occurred_at": at("2026-03-10T12:00")}
    records = [
        plain
        | {"usage_event_id": ident(name), "quantity": Decimal(quantity), "is_billed": is_billed}
        for name, quantity, is_billed in (("x", 5, False), ("y", 7, True), ("z", 2, False))
    ]
    books.record(event("a"))
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        metering.import_usage_events(tx, rows(USAGE_EVENT, *records))
        assert metering.rebuild_summaries(tx) == 1
    assert [(row.events, row.quantity) for row in books.summaries()] == [(3, Decimal(8))]
    books.record(event("b"))
    assert [row.quantity for row in books.summaries()] == [Decimal(9)]


def test_tenants_share_ids_and_nothing_else(books):
    other = Books(books.db, create_tenant(books.db, "other"))
    subscribe(other.db, other.tenant_id)
    books.record(event("a", quantity=5))
    assert other.record(event("a", quantity=7)) == Recorded(1, 0)
    assert [row.quantity for row in books.summaries()] == [Decimal(5)]
    assert other.rebuild() == 1
    assert [row.quantity for row in other.summaries()] == [Decimal(7)]
    assert [row["quantity"] for row in books.events({})] == [Decimal(5)]


# ---- read for bills


def march(first, until, **said):
    return {"starts_on": date(2026, 3, first), "ends_on": date(2026, 3, until)} | said


def test_windows_sum_their_days_by_meter_and_dimensions(books):
    eu = '{"region": "eu"}'
    books.record(
        event("a", quantity=5, occurred_at=at("2026-03-10T10:00"), dimensions=eu),
        event("b", quantity=2, occurred_at=at("2026-03-12T10:00"), dimensions=eu),
        event("c", quantity=9, occurred_at=at("2026-03-13T10:00"), dimensions=eu),
        event("d", quantity=1, occurred_at=at("2026-03-11T10:00")),
        event("e", quantity=3, meter="bytes"),
        event("f", quantity=4, subscription_id=TOKYO),
    )
    found = books.windows(
        march(10, 13),
        march(10, 14, number=2, meter=None),
        march(1, 10, number=3),
        {"number": 4, "subscription_id": TOKYO.bytes},
        {"number": 5, "meter": "bytes"}, {"number": 5},  # one window of two meters
    )  # fmt: skip
    told = [(r["number"], r["meter"], r["dimensions"], r["events"], int(r["quantity"]), int(r["largest"]), int(r["latest"])) for r in found]  # fmt: skip
    assert told == [
        # window, meter, dimensions, events, sum, largest, latest
        (1, "calls", "{}", 1, 1, 1, 1),
        (1, "calls", eu, 2, 7, 5, 2),
        (2, "bytes", "{}", 1, 3, 3, 3),
        (2, "calls", "{}", 1, 1, 1, 1),
        (2, "calls", eu, 3, 16, 9, 9),
        (4, "calls", "{}", 1, 4, 4, 4),
        (5, "bytes", "{}", 1, 3, 3, 3),
        (5, "calls", "{}", 1, 1, 1, 1),
        (5, "calls", eu, 3, 16, 9, 9),
    ]  # fmt: skip
    assert found[1]["latest_at"] == at("2026-03-12T10:00")


def test_a_known_window_comes_back_only_when_late_usage_changed_it(books):
    books.record(event("a"), now=at("2026-03-11"))
    billed = march(1, 32 - 1, known_at=at("2026-04-01"))
    assert books.windows(billed) == []
    books.record(event("late", quantity=4), now=at("2026-04-02"))
    (row,) = books.windows(billed)
    assert (row["quantity"], row["changed_at"]) == (Decimal(5), at("2026-04-02"))


def test_a_batch_that_began_before_a_bill_and_ended_after_it_is_not_missed(books):
    books.record(event("a"), now=at("2026-04-01") - timedelta(minutes=20))
    assert books.windows(march(1, 31, known_at=at("2026-04-01")))


def test_events_are_read_in_time_order_by_days_or_by_instants(books):
    books.record(
        event("a", quantity=5, occurred_at=at("2026-03-09T23:30")),  # the 10th in Berlin
        event("c", quantity=3, occurred_at=at("2026-03-10T23:00")),  # the 11th in Berlin
        event("b", quantity=2, occurred_at=at("2026-03-10T10:00")),
        event("b2", quantity=7, occurred_at=at("2026-03-10T10:00"), dimensions='{"region": "eu"}'),
        event("x", meter="bytes"),
        now=at("2026-03-12"),
    )  # fmt: skip
    by_day = books.events(march(10, 11))
    assert [int(row["quantity"]) for row in by_day] == [5, 2, 7]
    assert {row["day"] for row in by_day} == {date(2026, 3, 10)}
    assert {row["recorded_at"] for row in by_day} == {at("2026-03-12")}
    assert [row["dimensions"] for row in by_day] == [None, None, '{"region": "eu"}']
    within = {"starts_at": at("2026-03-10T10:00"), "ends_at": at("2026-03-10T23:00")}
    assert [int(row["quantity"]) for row in books.events(within)] == [2, 7]
    assert [int(row["quantity"]) for row in books.events(within | march(11, 12))] == []
    assert len(books.events({"meter": None})) == 5


def test_the_latest_of_one_instant_is_the_same_in_summaries_and_events(books):
    books.record(event("a", quantity=7), event("b", quantity=2))
    assert books.windows({})[0]["latest"] == books.events({})[-1]["quantity"] == Decimal(7)


def test_a_subscription_with_usage_is_not_removed(books):
    books.record(event("a"))
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        tx.execute(statement("delete from billing.subscription_item"))
    with (
        pytest.raises(ConstraintBroken) as caught,
        books.db.transaction(tenant_id=books.tenant_id) as tx,
    ):
        tx.execute(statement("delete from billing.subscription"))
    assert caught.value.constraint == "usage_event_subscription_fkey"


def test_what_was_counted_is_never_changed(books):
    books.record(event("a"))
    with pytest.raises(FactUnchangeable), books.db.transaction(tenant_id=books.tenant_id) as tx:
        tx.execute(statement("update billing.usage_event set quantity = 2"))


def test_summaries_go_with_the_subscription_once_its_events_are_gone(books):
    """An unload removes what a load made, and knows nothing of projections."""
    books.record(event("a"), event("b", subscription_id=TOKYO))
    with books.db.transaction(tenant_id=books.tenant_id) as tx:
        for table in ("usage_event", "subscription_item", "subscription"):
            tx.execute(statement(f"delete from billing.{table} where subscription_id = '{BERLIN}'"))
    assert [row.subscription_id for row in books.summaries()] == [TOKYO]
