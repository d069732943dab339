"""A draft is computed anew as it is issued: what counts is what holds by then, for its own day."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.service.billing.worlds import EURO, World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.credits import service as credits_of
from trueup.billing.credits.model import NewCredit
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import Mended, NewTaxIdentity, TaxIdentityKind
from trueup.billing.discounts.model import Coupon, Discount
from trueup.billing.invoicing import documents, issuing, pending, runs
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import NewPendingItem
from trueup.billing.subscriptions import coupons
from trueup.billing.subscriptions.rules import planning
from trueup.billing.taxes import service as taxes
from trueup.kernel.ids import new_id

CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}


@pytest.fixture
def world(db, tenant_id):
    """A draft of the 10th over 10.00 and 19 % tax, which waits until the 13th."""
    world = World(db, tenant_id).entity(grace_days=3).plan("flat", {"euros": 10})
    return world.customer("ann", zone="UTC").start("s", "ann", "flat", "2026-01-10").run_until("2026-01-10")  # fmt: skip


def give(world, at, *, of="s", uses=None):
    coupon = Coupon("SPRING", percent_ppm=500_000, uses=uses)
    made = Discount.given(str(new_id(world.clock)), coupon, day(at))
    with world.tx() as tx:
        coupons.give(tx, world.id(of), made)
    return UUID(made.discount_id)


def uses_left(world, coupon):
    with world.tx() as tx:
        return coupons.get_coupon(tx, coupon).periods_remaining


def issued(world):
    """Net, tax and total in cents, and what is settled of it, of each issued invoice."""
    found = [
        (i.subtotal_micros - i.discount_micros, i.tax_micros, i.total_micros, i.credited_micros)
        for i in world.rows("invoices")
        if i.status != "draft"
    ]
    return [tuple(micros // 10_000 for micros in sums) for sums in found]


def test_a_coupon_given_while_a_draft_waits_counts_on_it(world):
    """B43, B49: of its day, though nothing was used."""
    give(world, "2026-01-10")
    assert world.run("2026-01-13").finalized == 1
    assert issued(world) == [(500, 95, 595, 0)]
    assert world.balance("receivable") == 5_950_000


def test_a_coupon_from_a_later_day_on_counts_on_later_invoices(world):
    """B43: a draft has the day on which it fell due, however long it waits."""
    give(world, "2026-01-11")
    world.run("2026-01-13")
    world.run("2026-02-13")
    assert issued(world) == [(1000, 190, 1190, 0), (500, 95, 595, 0)]


def test_a_coupon_revoked_while_a_draft_waits_counts_on_it_no_more(world):
    """B44: it is as if the draft had never used it."""
    world.run("2026-01-13")
    coupon = give(world, "2026-02-01", uses=1)
    world.run("2026-02-10")
    (draft,) = (i for i in world.rows("invoices") if i.status == "draft")
    assert (draft.discount_micros, uses_left(world, coupon)) == (5 * EURO, 0)
    with world.tx() as tx:
        coupons.take_back(tx, coupon, day("2026-02-10"))
    world.run("2026-02-13")
    assert issued(world) == [(1000, 190, 1190, 0)] * 2
    assert uses_left(world, coupon) == 1


def test_a_joint_draft_is_issued_with_what_counts_for_each_subscription_on_it(db, tenant_id):
    """B43, B50: the coupon of one of them, and no other."""
    world = World(db, tenant_id).entity(grace_days=3).plan("flat", {"euros": 10}).customer("ann", zone="UTC")  # fmt: skip
    for name in ("s", "t"):
        world.start(name, "ann", "flat", "2026-01-10", may_repeat=True, is_joint=True)
    world.run("2026-01-10")
    give(world, "2026-01-10", of="t")
    world.run("2026-01-13")
    assert issued(world) == [(1500, 285, 1785, 0)]


def test_drafts_of_one_subscription_are_issued_by_one_run_one_after_the_other(db, tenant_id):
    """B40, B43, B49: what one uses of a coupon is not there for the next."""
    world = World(db, tenant_id).entity(grace_days=60).plan("flat", {"euros": 10})
    world.customer("ann", zone="UTC").start("s", "ann", "flat", "2026-01-10").run("2026-02-10")
    world.order("s", "2026-02-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    give(world, "2026-01-01", uses=1)
    assert world.run("2026-05-20").finalized == 2
    assert issued(world) == [(500, 95, 595, 0), (1000, 190, 1190, 0)]


def test_a_coupon_for_one_invoice_is_used_once_by_drafts_that_wait_together(world):
    """B43: whichever is issued first; the other one is whole."""
    world.run("2026-01-13")
    world.run("2026-02-10")
    give(world, "2026-01-01", uses=1)
    world.run("2026-03-13")
    assert sorted(issued(world)) == [(500, 95, 595, 0), (1000, 190, 1190, 0), (1000, 190, 1190, 0)]


def test_a_tax_identity_that_comes_while_a_draft_waits_decides_its_tax(world):
    """B46, B47: reverse charge between two member states, with the answer of the registry."""
    known = NewTaxIdentity(new_id(world.clock), world.id("ann"), TaxIdentityKind.VAT, "FR40303265045", "FR", evidence="VIES 42")  # fmt: skip
    with world.tx() as tx:
        customers.mend_customer(tx, world.id("ann"), Mended(country="FR", company="Ann SARL"))
        taxes.keep_tax_identity(tx, known)
    world.run("2026-01-13")
    assert issued(world) == [(1000, 0, 1000, 0)]


def test_credit_granted_while_a_draft_waits_settles_it(world):
    """B42: from the draft's own day on."""
    given = NewCredit(new_id(world.clock), world.id("ann"), "EUR", 3 * EURO, day("2026-01-10"))
    with world.tx() as tx:
        credits_of.grant(tx, given, day("2026-01-11"))
    world.run("2026-01-13")
    assert issued(world) == [(1000, 190, 1190, 300)]


def test_a_charge_that_is_added_while_a_draft_waits_goes_along(world):
    """B28, B49: if it occurred by the draft's day."""
    for name, on in (("mine", "2026-01-10"), ("later", "2026-01-11")):
        item = NewPendingItem(world.id(name), world.id("ann"), name, "EUR", 2 * EURO, day(on))
        with world.tx() as tx:
            pending.add(tx, item)
    world.run("2026-01-13")
    assert issued(world) == [(1200, 228, 1428, 0)]


def test_an_address_without_a_country_parks_the_draft_until_somebody_knows(world):
    """B46: never zero, and never the tax of where the customer is no more."""
    world.do("country", id=world.id("ann"), country=None)
    report = world.run("2026-01-13")
    assert (report.finalized, report.still_parked, issued(world)) == (0, 1, [])
    with world.tx() as tx:
        (held,) = runs.parked(tx)
    assert (held.subscription_id, held.code) == (world.id("s"), "tax_pending")
    world.do("country", id=world.id("ann"), country="FR")
    report = world.run("2026-01-14")
    assert (report.finalized, report.still_parked, issued(world)) == (1, 0, [(1000, 200, 1200, 0)])
    with world.tx() as tx:
        assert runs.parked(tx) == []


def test_a_draft_that_is_parked_keeps_none_after_it_from_being_issued(world, monkeypatch):
    """B40: one waits for a person, the run goes on."""
    monkeypatch.setattr(issuing, "CHUNK", 1)
    for name in ("bob", "eve"):
        world.customer(name, zone="UTC").start(f"{name}s", name, "flat", "2026-01-10")
    world.run("2026-01-10")
    world.do("country", id=world.id("ann"), country=None)
    report = world.run("2026-01-13")
    assert (report.finalized, report.still_parked) == (2, 1)


def test_a_draft_issued_by_hand_is_computed_anew_too(world):
    """B46, B49: and refused for what a run parks it for."""
    (draft,) = world.rows("invoices")
    world.do("country", id=world.id("ann"), country=None)
    with pytest.raises(TaxPending):
        world.on(documents.finalize, str(draft.invoice_id))
    world.do("country", id=world.id("ann"), country="FR")
    world.on(documents.finalize, str(draft.invoice_id))
    assert issued(world) == [(1000, 200, 1200, 0)]


def test_usage_that_came_after_the_last_refresh_is_on_the_invoice(db, tenant_id):
    """B28: by hand no run has refreshed it."""
    world = World(db, tenant_id).entity(grace_days=3).plan("used", CALLS)
    world.customer("ann", zone="UTC").start("s", "ann", "used", "2026-01-10")
    world.use("a", 100, "2026-01-20").run("2026-02-10")
    world.use("late", 50, "2026-01-25", recorded="2026-02-11")
    (draft,) = world.rows("invoices")
    world.on(documents.finalize, str(draft.invoice_id))
    assert issued(world) == [(150, 29, 179, 0)]


def test_a_draft_with_what_is_given_back_is_issued_as_it_was_drafted(world):
    """B31, B39: nothing is asked for again but what may have changed."""
    world.run("2026-01-13")
    world.order("s", "2026-01-26", lambda s, d, o: planning.cancel(s, o, d, at_period_end=False))
    world.run("2026-01-26")
    drafted = world.rows("all_lines")
    world.run("2026-01-29")
    assert sorted(world.rows("all_lines")) == sorted(drafted)
    assert [(i.status, i.total_micros, i.put_aside_micros) for i in world.rows("invoices")] == [
        ("open", 11_900_000, 0),
        ("paid", 0, 5_760_000),
    ]
