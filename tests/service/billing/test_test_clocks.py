"""Test clocks: time is tried out on copies, by the code that bills, in books that nothing real is in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.service.billing.worlds import FEE, SEATS, Ticking, World, day
from tests.support.statements import statement

from trueup.billing.clocks import service as clocks
from trueup.billing.clocks.errors import (
    ClockHeadingElsewhere,
    ClockMoving,
    ClockNameTaken,
    ClockNameUnfit,
    ClockOfTestBooks,
    ClockOnlyForward,
    ClockUnknown,
    CustomerOnClock,
)
from trueup.billing.invoicing import runs
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.db.errors import FactUnchangeable
from trueup.kernel.errors import Defect
from trueup.ledger import service as ledger

REAL = "acme"
TABLES = statement(
    "select tablename as name from pg_tables where schemaname = 'billing' order by 1"
)
EVERYWHERE = statement(
    "select table_schema || '.' || table_name as name from information_schema.columns"
    " where column_name = 'tenant_id' and table_schema in ('billing', 'ledger', 'events', 'tenancy')"
)


@pytest.fixture
def world(db, tenant_id):
    return (
        World(db, tenant_id)
        .entity()
        .plan("pro", FEE, SEATS)
        .customer("ann")
        .start("s", "ann", "pro", "2026-01-31", quantity=3)
    )


def clock_of(world, name="spring", at="2026-03-10"):
    return clocks.create_clock(world.db, world.tenant_id, REAL, name, day(at))


def attached(world, name="spring", at="2026-03-10", customers=("ann",)):
    clock = clock_of(world, name, at)
    clocks.attach(world.db, world.tenant_id, clock, [world.id(each) for each in customers])
    return clock


def books_of(world, clock):
    return World(world.db, clock.books_id, Ticking())


def advance(world, clock, to):
    again = clocks.get_clock(world.db, world.tenant_id, REAL, clock.name)
    return clocks.advance(world.db, again, day(to))


def told(rows):
    return [(row.issued_at, row.subtotal_micros, row.tax_micros, row.total_micros) for row in rows]


def test_a_copy_is_billed_as_the_customer_will_be(world):
    """B1, B11: what the clock shows is what the runs of those months make, to the cent and the day."""
    world.run("2026-03-09")
    clock = attached(world)
    done = advance(world, clock, "2026-08-01")
    assert (done.is_complete, done.done.invoices, done.parked) == (True, 5, 0)
    tried = [
        row for row in books_of(world, clock).rows("invoices") if row.number.startswith("TEST-")
    ]
    world.run("2026-08-01")
    real = [row for row in world.rows("invoices") if row.issued_at >= day("2026-03-10")]
    assert told(tried) == told(real)
    assert [row.number for row in tried][:2] == ["TEST-INV-000001", "TEST-INV-000002"]


def test_nothing_real_is_changed_and_no_real_number_is_taken(world):
    """B40: the series of the tenant has no gap, its ledger no transfer and its outbox no fact of a test."""
    world.run("2026-03-09")
    before = [world.rows(name) for name in ("invoices", "lines", "counts", "balances", "schedule")]
    clock = attached(world)
    advance(world, clock, "2027-03-01")
    assert [
        world.rows(name) for name in ("invoices", "lines", "counts", "balances", "schedule")
    ] == before
    world.run("2026-04-01")
    assert world.rows("invoices")[-1].number == "INV-000003"


def test_history_comes_along_under_the_mark_of_a_copy_with_its_ledger(world):
    world.run("2026-03-09")
    with world.tx() as tx:
        paid = Received(world.id("p"), world.rows("invoices")[0].invoice_id, 5_000_000, day("2026-02-20"), "wire")  # fmt: skip
        payments.record_payment(tx, paid)
    clock = attached(world)
    books = books_of(world, clock)
    assert [row.number for row in books.rows("invoices")] == ["COPY-INV-000001", "COPY-INV-000002"]
    assert books.rows("balances") == world.rows("balances")
    with books.tx() as tx:
        ledger.trial_balance(tx)


def test_a_customer_made_in_the_books_is_a_test_from_the_start(world):
    clock = clock_of(world)
    books = books_of(world, clock)
    books.customer("bob")
    with books.tx() as tx:
        plan = runs.legal_entities(tx)
    assert [(row.invoice_prefix, row.credit_note_prefix) for row in plan] == [
        ("TEST-INV-", "TEST-CN-INV-")
    ]
    books.entity(code="fr", prefix="FR-")
    with books.tx() as tx:
        assert {row.invoice_prefix for row in runs.legal_entities(tx)} == {"TEST-INV-", "TEST-FR-"}


def test_the_ordinary_run_bills_no_copy_and_a_run_never_gets_ahead_of_the_clock(world):
    world.run("2026-03-09")
    clock = attached(world)
    books = books_of(world, clock)
    world.run("2026-06-01")
    assert len(books.rows("invoices")) == 2
    with pytest.raises(FactUnchangeable, match="stands at 2026-03-10") as refused:
        books.run("2026-06-01")
    assert "clock advance" in refused.value.fix


def test_a_clock_only_moves_forward(world):
    clock = attached(world)
    advance(world, clock, "2026-05-01")
    with books_of(world, clock).tx() as tx:
        tx.execute(statement("update billing.legal_entity set time_zone = 'Asia/Tokyo'"))
    in_tokyo = "stands at 2026-05-01 09:00 JST and cannot go to 2026-04-30 09:00 JST"
    with pytest.raises(ClockOnlyForward, match=in_tokyo):
        advance(world, clock, "2026-04-30")
    backwards = statement("update billing.test_clock set stands_at = '2026-01-01'")
    with (
        pytest.raises(FactUnchangeable, match="only moves forward"),
        books_of(world, clock).tx() as tx,
    ):
        tx.execute(backwards)


def test_an_advance_that_was_killed_goes_on_where_it_stopped(world, monkeypatch):
    """Dies after two runs; the rest comes once, at the second call."""
    clock = attached(world)
    real, calls = runs.run, []

    def dying(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(runs, "run", dying)
    with pytest.raises(KeyboardInterrupt):
        advance(world, clock, "2026-08-01")
    monkeypatch.undo()
    stopped = clocks.get_clock(world.db, world.tenant_id, REAL, "spring")
    assert (stopped.heading_to, stopped.stands_at < day("2026-08-01")) == (day("2026-08-01"), True)
    with pytest.raises(ClockHeadingElsewhere):
        advance(world, clock, "2026-07-01")
    advance(world, clock, "2026-08-01")
    issued = [row.issued_at for row in books_of(world, clock).rows("invoices")]
    assert len(issued) == len(set(issued)) == 7
    assert clocks.get_clock(world.db, world.tenant_id, REAL, "spring").heading_to is None


def test_what_is_parked_does_not_stop_the_clock(world):
    world.customer("bob", country=None).start("t", "bob", "pro", "2026-01-05")
    clock = attached(world, customers=("ann", "bob"))
    done = advance(world, clock, "2026-06-01")
    assert (done.is_complete, done.parked) == (True, 1)


def test_a_draft_that_is_parked_does_not_stop_the_clock(db, tenant_id):
    """B46, B49: it waits for a person, and the clock for nobody."""
    world = World(db, tenant_id).entity(grace_days=3).plan("pro", FEE).customer("ann")
    clock = attached(world.start("s", "ann", "pro", "2026-03-12"))
    advance(world, clock, "2026-03-13")
    books = books_of(world, clock)
    (draft,) = books.rows("invoices")
    books.do("country", id=draft.customer_id, country=None)
    done = advance(world, clock, "2026-03-20")
    assert (done.is_complete, done.parked, done.stands_at) == (True, 1, day("2026-03-20"))


def test_one_command_at_a_time_moves_a_clock(world):
    clock = attached(world)
    with (
        world.db.lease(clocks.MOVING, tenant_id=clock.books_id) as lease,
        pytest.raises(ClockMoving),
    ):
        assert lease is not None
        assert lease.is_held()
        advance(world, clock, "2026-05-01")
    assert advance(world, clock, "2026-05-01").is_complete


def test_a_deleted_clock_leaves_no_row_behind(world):
    world.run("2026-03-09")
    before = world.rows("counts")
    clock = attached(world)
    advance(world, clock, "2026-08-01")
    assert clocks.delete_clock(world.db, clock) > 50
    with world.db.owner_transaction() as tx:
        left = [
            table.name
            for table in tx.many(EVERYWHERE)
            if tx.many(statement(f"select from {table.name} where tenant_id = {clock.books_id}"))
        ]
    assert left == []
    assert world.rows("counts") == before
    assert clocks.clocks(world.db, world.tenant_id) == []


def test_real_books_are_never_removed_as_a_test(world):
    with (
        pytest.raises(Defect, match="is no test books"),
        world.db.owner_transaction() as tx,
    ):
        tx.one(statement(f"select tenancy.remove_test_books({world.tenant_id})"))


def test_a_forecast_shows_the_year_and_leaves_nothing(world):
    world.run("2026-03-09")
    before = world.rows("counts")
    shown = clocks.forecast(
        world.db, world.tenant_id, REAL, [world.id("ann")], day("2026-03-10"), day("2027-03-10")
    )
    assert (len(shown.invoices), shown.parked, shown.is_whole) == (12, (), True)
    assert [row.issued_at.month for row in shown.invoices[:2]] == [3, 4]
    assert world.rows("counts") == before
    assert clocks.clocks(world.db, world.tenant_id) == []


def test_usage_and_discounts_and_credits_count_on_the_copy(world):
    world.do("discount", id=world.id("d"), subscription=world.id("s"), percent_bp=5000, periods=1)
    world.do("credit", id=world.id("k"), customer=world.id("ann"), micros=1_000_000)
    clock = attached(world, at="2026-01-30")
    advance(world, clock, "2026-02-01")
    (first,) = books_of(world, clock).rows("invoices")
    assert (first.discount_micros, first.credited_micros) == (first.subtotal_micros // 2, 1_000_000)
    (credit,) = world.rows("credits")
    assert credit.remaining_micros == 1_000_000


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 41])
def test_a_name_that_would_confuse_is_refused(world, name):
    with pytest.raises(ClockNameUnfit):
        clock_of(world, name)


def test_each_refusal_says_what_is_in_the_way(world):
    clock = attached(world)
    with pytest.raises(ClockNameTaken):
        clock_of(world)
    with pytest.raises(CustomerOnClock):
        clocks.attach(world.db, world.tenant_id, clock, [world.id("ann")])
    with pytest.raises(ClockOfTestBooks):
        clocks.create_clock(world.db, clock.books_id, clock.books, "again", day("2026-01-01"))
    with pytest.raises(ClockUnknown):
        clocks.get_clock(world.db, world.tenant_id, REAL, "autumn")


def test_nothing_is_migrated_into_test_books(world):
    clock = clock_of(world)
    load = statement(
        "insert into migration.load select (jsonb_populate_record(null::migration.load,"
        f" jsonb_build_object('tenant_id', {clock.books_id}))).*"
    )
    with (
        pytest.raises(FactUnchangeable, match="nothing is migrated into them"),
        world.db.owner_transaction() as tx,
    ):
        tx.execute(load)


def test_every_table_of_billing_is_copied_or_left_for_a_reason(db):
    """A new table that a bill depends on would be missing on a clock: name it in copying.sql or in LEFT."""
    copying = Path(clocks.__file__).with_name("copying.sql").read_text(encoding="utf-8")
    with db.owner_transaction() as tx:
        tables = {row.name for row in tx.many(TABLES)}
    missing = {name for name in tables if f"'billing.{name}'" not in copying} - set(clocks.LEFT)
    assert missing == set()


def test_the_clock_stands_still_between_advances(world):
    clock = attached(world)
    advance(world, clock, "2026-05-01")
    with books_of(world, clock).tx() as tx:
        assert clocks.standing(tx) == day("2026-05-01")
    with world.tx() as tx:
        assert clocks.standing(tx) is None
