"""Customers whom another system bills: nothing of ours is drafted, numbered, posted or told."""

from __future__ import annotations

import pytest
from tests.service.billing.worlds import FEE, World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.customers.errors import AuthorityElsewhere
from trueup.billing.invoicing import documents
from trueup.db.queries import parse_queries

CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}
Q = parse_queries(
    """
-- name: elsewhere
-- Another system bills the customer.
update billing.customer set authority = 'source' where customer_id = %(id)s
""",
    origin="elsewhere",
)


@pytest.fixture
def world(db, tenant_id):
    """A draft in its days of grace that usage has changed since; its customer is not ours."""
    world = World(db, tenant_id).entity(grace_days=3).plan("p", FEE, CALLS)
    world.customer("ann", zone="UTC").start("s", "ann", "p", "2026-01-10")
    world.use("a", 3, "2026-01-12").run("2026-01-13")
    world.run("2026-02-10")
    world.use("late", 4, "2026-01-12", recorded="2026-02-11")
    with world.tx() as tx:
        tx.execute(Q.elsewhere, id=world.id("ann"))
    return world


def test_a_run_leaves_drafts_of_whom_another_bills_as_they_are(world):
    """M46, D87: one system is responsible for a customer's bills."""
    before = (
        world.rows("invoices"),
        world.rows("lines"),
        world.rows("outbox"),
        world.rows("counts"),
    )
    report = world.run("2026-03-20")
    assert (report.refreshed, report.finalized, report.due) == (0, 0, 0)
    assert (world.rows("invoices"), world.rows("lines"), world.rows("outbox"), world.rows("counts")) == before  # fmt: skip


@pytest.mark.parametrize("deed", ["finalize", "void", "write_off", "credit"])
def test_no_document_of_whom_another_bills_is_issued_or_corrected_here(world, deed):
    """M46: not by hand either; what it bills is corrected where it is billed."""
    draft = next(i for i in world.rows("invoices") if i.status == "draft")
    arguments = () if deed == "finalize" else (day("2026-02-12"),)
    with pytest.raises(AuthorityElsewhere):
        world.on(getattr(documents, deed), str(draft.invoice_id), *arguments)
