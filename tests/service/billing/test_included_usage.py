"""Usage that a fee includes is not given back once it is used up: in a database as in memory (B33)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.service.billing.scenarios import Lived, billed, simulated
from tests.service.billing.worlds import EURO, World

from trueup.billing.invoicing import previewing
from trueup.billing.invoicing.explaining import explained
from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.scenario import played
from trueup.billing.subscriptions.rules import planning
from trueup.db.errors import ConstraintBroken

FEE = {"euros": "31", "included_meter": "calls", "included_quantity": Decimal(100)}


@pytest.fixture
def world(db, tenant_id):
    made = World(db, tenant_id).entity(takes_tax=False).plan("pro", FEE).plan("mini", {"euros": 3})
    return made.customer("ann", zone="UTC").start("s", "ann", "pro", "2026-01-01").run_until("2026-01-01")  # fmt: skip


def cancel(subscription, dialect, ordered):
    return planning.cancel(subscription, ordered, dialect)


def given_back(world):
    return [line.amount_micros / EURO for line in world.rows("lines") if line.kind == "credit"]


@pytest.mark.parametrize(("used", "left"), [(100, 0), (80, -6.2), (10, -11)])
def test_who_uses_up_what_is_included_and_goes_is_given_back_what_is_left(world, used, left):
    """B33: the preview says the same, and the line tells why and holds."""
    world.use("a", used, "2026-01-02")
    with world.tx() as tx:
        at = world.clock.at.replace(day=21, hour=12)
        ordered = planning.Ordered(at)
        seen = previewing.preview(
            tx, world.id("s"), at, lambda s, dialect: planning.cancel(s, ordered, dialect)
        )
    world.order("s", "2026-01-21", cancel)
    world.run("2026-01-21")
    assert given_back(world) == [left]
    assert [line.amount_micros / EURO for line in seen.bill.draft.lines] == [left]
    with world.tx() as tx:
        line = explained(tx, "INV-000002", "en").lines[0]
    told = line.story.replace("\xa0", " ")
    assert line.holds
    assert f"{100 - used} of 100 calls (unused) of €31.00" in told


def test_renewals_stay_plain_and_an_order_still_finds_what_was_used(world):
    """B33: of the running period alone."""
    world.run("2026-02-01")
    world.use("a", 90, "2026-01-20", recorded="2026-02-02").use("b", 75, "2026-02-03")
    assert [row.is_steady for row in world.rows("schedule")] == [True]
    world.order("s", "2026-02-08", cancel)
    world.run("2026-02-08")
    assert given_back(world) == [-7.75]


def test_where_credit_is_given_by_notes_nothing_left_makes_none(world):
    """B33: and the books go on."""
    world.dialect(credit_form="credit_note")
    world.use("a", 100, "2026-01-02").order("s", "2026-01-21", cancel)
    report = world.run("2026-01-21")
    assert (report.still_due, report.done.parked, report.done.invoices) == (0, 0, 0)
    assert world.rows("notes") == []


@pytest.mark.parametrize(("meter", "quantity"), [("calls", None), (None, 5), ("calls", 0), ("calls", -1)])  # fmt: skip
def test_included_usage_is_whole_and_above_zero(world, meter, quantity):
    with pytest.raises(ConstraintBroken, match="price_included"):
        world.plan("broken", FEE | {"included_meter": meter, "included_quantity": quantity})


SEATS = {"amount": "20.00", "per_unit": True, "includes": {"metric": "calls", "quantity": "50"}}
LARGE = {"amount": "310.00", "includes": {"metric": "calls", "quantity": "1000"}}


def on(day, kind, **more):
    return {"at": f"2026-{day}T10:00:00", "type": kind} | more


HISTORIES = {
    "fewer seats": [on("01-05", "usage", metric="calls", qty="420"), on("01-11", "change_quantity", quantity="2")],
    "another plan and the end": [
        on("01-11", "usage", metric="calls", qty="900"),
        on("01-11", "change_plan", to="large"),
        on("01-12", "usage", metric="calls", qty="200"),
        on("01-20", "cancel"),
    ],
    "a pause and the end": [
        on("02-03", "usage", metric="calls", qty="450"),
        on("02-04", "pause"),
        on("02-20", "cancel"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("convention", ["trueup", "lago-day", "kb-day"])
@pytest.mark.parametrize("name", HISTORIES)
def test_it_is_billed_as_it_is_simulated(db, tenant_id, name, convention):
    """B33: one rule, in memory and in a database."""
    events = [on("01-01", "subscribe", plan="seats", quantity="10"), *HISTORIES[name]]
    plans = {"seats": SEATS, "large": LARGE}
    given = {"currency": "EUR", "timezone": "UTC", "plans": plans, "events": events}
    case = {"id": "x", "kind": "scenario", "convention": convention, "input": given}
    case["expected"] = {"invoices": [{"at": "2026-03-02", "lines": []}]}
    play = played(case, dialect_of(convention, {}))
    made = World(db, tenant_id).entity(takes_tax=False)
    lived = Lived(made, play.scene.case, convention)
    lived.play(play.until)
    assert lines_of(billed(lived)) == lines_of(simulated(play.world))


def lines_of(documents):
    """Day and lines of each; what a total is after credit of the account is not this rule's."""
    return [(day, lines) for day, _, _, lines in documents]
