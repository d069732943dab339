"""Two who undo or give back the same wait for each other, and the second sees what the first did."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from tests.service.billing.test_credit_spending import NOW, Purse
from tests.service.billing.test_pending_items import wait
from tests.service.billing.worlds import FEE, World, day

from trueup.billing.catalog import service as catalog
from trueup.billing.invoicing import documents, pending
from trueup.billing.invoicing.errors import NothingToCredit, VoidForbidden
from trueup.billing.invoicing.workers import worker_of
from trueup.billing.subscriptions.rules import planning
from trueup.kernel.errors import Refusal
from trueup.kernel.ids import new_id


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity(takes_tax=False).plan("pro", FEE).customer("ann", zone="UTC")


def meanwhile(deed, *arguments):
    """A deed in a transaction of its own, begun while the caller's is open; call what it returns."""
    refused = []

    def work():
        try:
            deed(*arguments)
        except Refusal as refusal:
            refused.append(refusal)

    thread = Thread(target=work)
    thread.start()
    thread.join(timeout=0.5)

    def ended():
        thread.join(timeout=60)
        return [type(each) for each in refused]

    return ended


def changed(world, plan, at):
    with world.tx() as tx:
        other = catalog.get_plan(tx, plan)
        offered = catalog.offered(tx, other, "EUR", day(at))
    world.order("s", at, lambda s, d, o: planning.change(s, other, offered, o, d))


def test_an_invoice_whose_credit_is_being_paid_out_cannot_be_void(world):
    """B41, B59: void, it would take back what has left."""
    purse = Purse(world)
    purse.pay(purse.bill(1000), 1000)
    wait(world, "Sorry", "-4", "2026-01-05")
    with world.tx() as tx:
        (below,) = pending.bill_now(tx, world.id("ann"), NOW)
    with world.tx() as tx:
        purse.pay_out_in(tx, "wire-1")
        ended = meanwhile(world.on, documents.void, below.number, NOW)
    assert ended() == [VoidForbidden]
    purse.check()


@pytest.mark.parametrize(
    ("deed", "refusal"),
    [(documents.void, VoidForbidden), (documents.credit, NothingToCredit)],
    ids=["void", "credit"],
)
def test_what_a_run_is_giving_back_is_not_given_back_by_hand(world, deed, refusal):
    """B31, B41, B48."""
    world.plan("free", {"euros": 0}).start("s", "ann", "pro", "2026-01-01").run("2026-01-01")
    changed(world, "free", "2026-01-01")
    until = day("2026-01-02")
    worker = worker_of(world.db, world.tenant_id, new_id(world.clock), until, world.clock)
    with world.tx() as tx:
        worker.next_chunk(tx)
        ended = meanwhile(world.on, deed, "INV-000001", until + timedelta(hours=1))
    assert ended() == [refusal]
    assert world.balance("revenue") == 0


def test_a_change_after_a_void_invoice_has_nothing_to_give_back_and_is_billed(world):
    """B41: nobody is in the way of a line over nothing."""
    world.plan("less", {"euros": 5}).start("s", "ann", "pro", "2026-01-01").run("2026-01-01")
    world.on(documents.void, "INV-000001", day("2026-01-02"))
    changed(world, "less", "2026-01-11")
    assert world.run("2026-01-12").is_complete
    assert [line.kind for line in world.rows("lines")] == ["recurring", "credit", "recurring"]
