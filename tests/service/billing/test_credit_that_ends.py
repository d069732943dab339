"""Credit that ends before it is spent: in the books once, and as often as it changes what is left."""

from __future__ import annotations

import pytest
from tests.service.billing.test_credit_spending import Purse
from tests.service.billing.worlds import EURO, FEE, World, day
from tests.support.statements import statement

from trueup.billing.invoicing import breakage, documents
from trueup.ledger import service as ledger

EFFECTIVE = statement("select effective_at from ledger.transfer where template = 'credit_ended'")
POSTED = statement("select sum(amount_micros)::bigint as micros from billing.credit_breakage")
TO_SOURCE = statement("update billing.customer set authority = 'source'")


@pytest.fixture
def purse(db, tenant_id):
    """7.00 of credit that ends with February; it is the 5th of March."""
    world = World(db, tenant_id).entity(takes_tax=False).plan("pro", FEE).customer("ann", zone="UTC")  # fmt: skip
    world.clock.at = day("2026-03-06")
    made = Purse(world)
    made.grant(700, until="2026-03-01")
    return made


def broken(purse):
    """What is in the books as not spent, in cents; all that is kept of it says the same."""
    purse.check()
    with purse.world.tx() as tx:
        ledger.rebuild_balances(tx)
        kept = tx.one(POSTED).micros or 0
    assert kept == -purse.world.balance("breakage")
    return kept * 100 // EURO


def test_what_is_left_of_a_credit_that_ended_is_posted_once_as_of_its_end(purse):
    """B19, B59."""
    assert [purse.world.run("2026-03-05").ended for _ in range(2)] == [1, 0]
    assert (broken(purse), purse.left()) == (700, [700])
    with purse.world.tx() as tx:
        assert [row.effective_at for row in tx.many(EFFECTIVE)] == [day("2026-03-01")]


@pytest.mark.parametrize(("now", "until"), [("2026-02-20", "2026-03-05"), ("2026-03-05", "2026-02-20")])  # fmt: skip
def test_a_credit_that_has_not_ended_or_may_still_be_billed_against_is_left_alone(
    purse, now, until
):
    """B42: by a run ahead of its time, and by one that makes up for what was missed."""
    purse.world.clock.at = day(now)
    assert purse.world.run(until).ended == 0


def test_a_run_that_dies_as_it_posts_what_ended_posts_it_the_next_time(purse, monkeypatch):
    """B39, B59: nothing of it is kept, neither here nor there."""
    monkeypatch.setattr(breakage.ledger, "post", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        purse.world.run("2026-03-05")
    monkeypatch.undo()
    assert broken(purse) == 0
    assert purse.world.run("2026-03-05").ended == 1
    assert broken(purse) == 700


def test_a_bill_of_a_day_before_its_end_spends_it_after_all(purse):
    """B42, B59: the run that writes it posts back what it spent; a void bill gives it back."""
    purse.world.run("2026-03-05")
    purse.world.start("s", "ann", "pro", "2026-02-20")
    report = purse.world.run("2026-03-06")
    assert (report.ended, purse.left(), broken(purse)) == (1, [0], 0)
    (invoice,) = purse.world.rows("invoices")
    assert invoice.credited_micros == 7 * EURO
    purse.world.on(documents.void, invoice.number, day("2026-03-06"))
    assert purse.world.run("2026-03-07").ended == 1
    assert (purse.left(), broken(purse)) == ([700], 700)


def test_what_was_taken_back_did_not_end(purse):
    purse.world.run("2026-03-05")
    (row,) = purse.rows("credits")
    purse.take_back(row.credit_id)
    assert purse.world.run("2026-03-06").ended == 1
    assert broken(purse) == 0
    assert purse.world.balance("revenue") == 0


def test_many_that_ended_are_posted_in_chunks_each_once(purse, monkeypatch):
    monkeypatch.setattr(breakage, "CHUNK", 2)
    for _ in range(4):
        purse.grant(100, until="2026-02-01")
    assert purse.world.run("2026-03-05").ended == 5
    assert broken(purse) == 1100


def test_credit_of_whom_another_system_bills_ends_there(purse):
    """M46."""
    with purse.world.tx() as tx:
        tx.execute(TO_SOURCE)
    assert purse.world.run("2026-03-05").ended == 0
