"""Usage is read back to the first window that may still owe something, and bills come to the same."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.service.billing.worlds import EURO, World, day

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import PriceModel
from trueup.billing.invoicing import documents, reading
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import REPORTED
from trueup.billing.subscriptions.rules import planning
from trueup.db import create_tenant
from trueup.kernel.errors import Refusal

UNIT = {"model": PriceModel.PER_UNIT}
CALLS = UNIT | {"meter": "calls", "euros": "0.01"}
PEAK = UNIT | {"meter": "peak", "euros": 1, "aggregation": "max"}
WHO = UNIT | {"meter": "who", "euros": 2, "aggregation": "unique", "interval": "week", "interval_count": 1}  # fmt: skip
AHEAD = UNIT | {"meter": "ahead", "euros": "0.05", "timing": "in_advance"}
SEATS = UNIT | {"meter": "seats", "euros": 9, "carries_over": True}
DISK = UNIT | {"meter": "disk", "euros": 3, "aggregation": "time_weighted", "carries_over": True}
TOP = UNIT | {"meter": "top", "euros": 4, "aggregation": "max", "carries_over": True}
LAST = UNIT | {"meter": "last", "euros": 4, "aggregation": "latest", "carries_over": True}
PACK = {"euros": 30, "included_meter": "calls", "included_quantity": Decimal(500), "charge": "pack", "timing": "in_advance"}  # fmt: skip
PLANS = {
    "plain": (CALLS, PEAK, WHO, AHEAD),
    "standing": (CALLS, SEATS, DISK),
    "largest": (TOP, CALLS | {"minimum_micros": 2 * EURO}),
    "latest": (LAST, AHEAD),
    "packed": (PACK, CALLS, SEATS),
    "mixed": (TOP, SEATS, CALLS),
}
METERS = ("calls", "peak", "who", "ahead", "seats", "disk", "top", "last")


def happenings(seed):
    """What happens to a subscription in four months, the same for whoever asks."""
    chance, found, number = random.Random(seed), [], 0  # noqa: S311  a story, no secret
    at = day("2026-01-10")
    while at < day("2026-05-12"):
        at += timedelta(days=chance.randint(3, 14))
        told = []
        for _ in range(chance.randint(0, 12)):
            number += 1
            used = at - timedelta(days=chance.choice([0, 0, 0, 1, 3, 20, 45]), minutes=chance.randint(1, 1439))  # fmt: skip
            told.append((f"e{number}", chance.choice(METERS), chance.randint(-3, 90), max(used, day("2026-01-10"))))  # fmt: skip
        order = chance.choices(["", "change", "cancel", "uncancel", "pause", "resume", "void"], [14, 2, 1, 1, 1, 2, 2])[0]  # fmt: skip
        found.append((at, told, order, chance.choice(sorted(PLANS)), chance.randint(0, 6)))
    return chance.choice(sorted(PLANS)), found


def lived(world, seed):
    """The lines and totals that a business comes to by these happenings."""
    for code, prices in PLANS.items():
        world.plan(code, *prices, thresholds=({"amount": "1.50", "is_recurring": True},))
    plan, found = happenings(seed)
    world.customer("ann", zone="Europe/Berlin").start("s", "ann", plan, "2026-01-10")
    for at, told, order, other, back in found:
        use(world, told, at)
        ordered(world, order, other, at - timedelta(days=back))
        world.run(str(at.date()))
    numbers = [(i.number, i.status, i.total_micros) for i in world.rows("invoices")]
    names = ("number", "kind", "charge", "amount_micros", "quantity", "period_start", "period_end", "is_void")  # fmt: skip
    return numbers, [tuple(getattr(line, n) for n in names) for line in world.rows("lines")]


def use(world, told, at):
    world.clock.at = at
    rows = [
        {
            "event_id": name,
            "subscription_id": world.id("s").bytes,
            "meter": meter,
            "quantity": Decimal(quantity),
            "occurred_at": used,
            "dimensions": f'{{"name": "{quantity % 3}"}}' if meter == "who" else None,
        }
        for name, meter, quantity, used in told
    ]
    with world.tx() as tx:
        metering.record_usage(tx, pa.Table.from_pylist(rows, schema=REPORTED), source="app", clock=world.clock)  # fmt: skip


def ordered(world, order, other, at):
    deeds = {
        "change": lambda s, d, o: planning.change(s, *offered(world, other, at), o, d),
        "cancel": lambda s, d, o: planning.cancel(s, o, d, at_period_end=True),
        "uncancel": lambda s, _, o: planning.uncancel(s, o),
        "pause": lambda s, _, o: planning.pause(s, o),
        "resume": lambda s, d, o: planning.resume(s, o, d),
    }
    try:
        if order == "void":
            (*_, last) = [i for i in world.rows("invoices") if i.status != "void"]
            world.on(documents.void, last.number, at, rebills=True)
        elif order:
            world.order("s", str(at.date()), deeds[order])
    except (Refusal, ValueError):
        pass  # both are refused, or have nothing to void


def offered(world, plan, at):
    with world.tx() as tx:
        found = catalog.get_plan(tx, plan)
        return found, catalog.offered(tx, found, "EUR", at)


@pytest.mark.parametrize("seed", range(4))
def test_bills_come_to_the_same_as_if_all_usage_were_read(db, tenant_id, seed):
    """B18, B28, B30, B33, B39: of a dialect that may have changed, all usage is read."""
    terms = {"takes_tax": False, "least_due": {"EUR": 2 * EURO} if seed % 2 else {}}
    bounded = World(db, tenant_id).entity(**terms)
    whole = World(db, create_tenant(db, "all of it")).entity(**terms).dialect()
    assert lived(bounded, seed) == lived(whole, seed)


def test_what_is_billed_and_unchanged_is_not_read(db, tenant_id):
    """B28: of seats that stand, a sum a day; a late event opens its window and all after it."""
    world = World(db, tenant_id).entity().plan("p", CALLS, SEATS).customer("ann", zone="UTC")
    world.start("s", "ann", "p", "2026-01-10").use("seats", 3, "2026-01-12T08:00", meter="seats")
    for number in range(1, 13):
        world.use(f"a{number}", 1, f"2026-0{1 + number // 4}-2{number % 4}T09:00")
    for month in ("02", "03", "04"):
        world.run(f"2026-{month}-10")
    assert read(world) == [("seats", "2026-01-12"), ("calls", "2026-04-20")]
    world.use("late", 1, "2026-02-25", recorded="2026-04-12")
    assert [at for _, at in read(world)][:3] == ["2026-01-12", "2026-02-20", "2026-02-21"]


def test_usage_of_a_bill_that_waits_is_not_taken_as_known(db, tenant_id):
    """B18, B28: what came before the first bill is on the one that is worth collecting."""
    world = World(db, tenant_id).entity(takes_tax=False, least_due={"EUR": EURO})
    world.plan("ahead", AHEAD | {"interval": "week", "interval_count": 1}).customer(
        "ann", zone="UTC"
    )
    world.start("s", "ann", "ahead", "2026-01-10")
    world.use("a", 10, "2026-01-11", meter="ahead").run_until("2026-01-17").run_until("2026-01-24")
    world.use("b", 10, "2026-01-25", meter="ahead").run("2026-01-31")
    assert [line.amount_micros for line in world.rows("lines")] == [500_000, 500_000]


def read(world):
    with world.tx() as tx:
        context = reading.context(tx, [world.id("s")], {}, reading.conventions(tx))
    return [(e.meter, str(e.at)) for e in context.usage[world.id("s")]]
