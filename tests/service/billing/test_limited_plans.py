"""A plan whose last phase has a length: service, fees, usage and the subscription end with it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.service.billing.worlds import EURO, FEE, World, day

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import PriceModel
from trueup.billing.subscriptions.errors import TransitionNotAllowed
from trueup.billing.subscriptions.rules import planning

CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity(takes_tax=False).customer("ann")


def term(count, unit):
    return [{"kind": "fixedterm", "count": count, "unit": unit}]


MONTHLY, FIRST, FULL = {"euros": 28}, {"euros": 10, "phase": 0}, {"euros": 28, "charge": "full", "phase": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("phases", "prices", "amounts"),
    [
        (term(3, "months"), [MONTHLY], [28, 28, 28]),
        (term(40, "days"), [MONTHLY], [28, 9]),  # of February 9 days of 28
        ([{"kind": "discount", "count": 1, "unit": "months"}, *term(1, "months")], [FIRST, FULL], [10, 28]),
    ],
)  # fmt: skip
def test_fees_end_with_the_last_phase(world, phases, prices, amounts):
    """B35: as in simulation; then it is over, and nothing is due any more."""
    world.plan("term", *prices, phases=phases).start("s", "ann", "term", "2026-01-01")
    world.run("2026-12-01")
    assert [row.total_micros for row in world.rows("invoices")] == [n * EURO for n in amounts]
    (stands,) = world.rows("schedule")
    assert (stands.status, stands.next_bill_at) == ("cancelled", None)


def test_usage_ends_with_the_last_phase(world):
    world.plan("term", FEE, CALLS, phases=term(2, "months"))
    world.start("s", "ann", "term", "2026-01-01")
    world.use("in", 100, "2026-02-20").use("after", 900, "2026-03-20")
    world.run("2026-12-01")
    used = [line.quantity for line in world.rows("lines") if line.charge == "calls"]
    assert used == [0, 100]


def test_what_is_over_takes_no_order(world):
    world.plan("term", FEE, phases=term(1, "months")).start("s", "ann", "term", "2026-01-01")
    world.run("2026-02-01")
    with pytest.raises(TransitionNotAllowed):
        world.order(
            "s", "2026-02-03", lambda s, d, o: planning.change_quantity(s, Decimal(2), o, d)
        )


def test_a_change_to_a_plan_without_an_end_takes_the_end_away(world):
    world.plan("term", FEE, phases=term(2, "months")).plan("open", FEE)
    world.start("s", "ann", "term", "2026-01-01").run("2026-01-01")
    with world.tx() as tx:
        plan = catalog.get_plan(tx, "open")
        prices = catalog.offered(tx, plan, "EUR", day("2026-01-20"))
    world.order("s", "2026-01-20", lambda s, d, o: planning.change(s, plan, prices, o, d))
    world.run("2026-06-01")
    (stands,) = world.rows("schedule")
    assert (stands.status, stands.next_bill_at > day("2026-06-02")) == ("active", True)
