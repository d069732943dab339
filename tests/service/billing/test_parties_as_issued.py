"""B41: an issued document goes on naming its parties as they were when it was issued."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.service.billing.rows import rows
from tests.service.billing.worlds import EURO, World, day
from tests.support.statements import statement

from trueup.billing.clocks import service as clocks
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import Mended, NewTaxIdentity, TaxIdentityKind
from trueup.billing.documents.model import Format
from trueup.billing.documents.service import render
from trueup.billing.documents.ubl import ubl
from trueup.billing.invoicing import documents, issued, runs, service
from trueup.billing.invoicing.model import INVOICE, LINE_ITEM, MendedEntity
from trueup.billing.taxes import service as taxes
from trueup.db.errors import FactUnchangeable
from trueup.kernel.ids import new_id

KEPT = statement(
    "select name, country, vat_number from billing.customer_earlier order by held_until"
)
FIRST, SECOND, NOTE = "INV-000001", "INV-000002", "CN-INV-000001"


@pytest.fixture
def world(db, tenant_id):
    """Ann of Germany, billed 10.00 on the 10th of January."""
    world = World(db, tenant_id).entity().plan("flat", {"euros": 10}).customer("ann")
    return world.start("s", "ann", "flat", "2026-01-10").run_until("2026-01-10")


def mend(world, **said):
    with world.tx() as tx:
        customers.mend_customer(tx, world.id("ann"), Mended(**said))


def mend_entity(world, **said):
    with world.tx() as tx:
        runs.mend_legal_entity(tx, "de", MendedEntity(**said))


def identify(world, value, evidence=None, kind=TaxIdentityKind.VAT):
    with world.tx() as tx:
        taxes.keep_tax_identity(tx, NewTaxIdentity(new_id(world.clock), world.id("ann"), kind, value, "DE", evidence=evidence))  # fmt: skip


def kept(world):
    with world.tx() as tx:
        return [tuple(row) for row in tx.many(KEPT)]


def document(world, number=FIRST):
    with world.tx() as tx:
        return issued.document(tx, number)


CHANGES = {
    "name": lambda world: mend(world, name="Anna"),
    "company": lambda world: mend(world, company="Ann GmbH"),
    "address": lambda world: mend(world, address_line1="Weg 1", city="Bonn", postal_code="53111"),
    "country": lambda world: mend(world, country="AT"),
    "email": lambda world: mend(world, email="ann@example.com"),
    "language": lambda world: mend(world, locale="de-DE"),
    "days": lambda world: mend(world, time_zone="Pacific/Auckland"),
    "VAT number": lambda world: identify(world, "DE129273398"),
    "seller": lambda world: mend_entity(world, name="Acme SE", region="HH", postal_code="20457"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_mended_after_an_invoice_was_issued_is_on_the_next_one(world, change):
    """B41: the first document stays to the byte, as an e-invoice too; the second says the new."""
    before = document(world)
    told = ubl(before)
    change(world)
    assert document(world) == before
    assert ubl(document(world)) == told
    world.run("2026-02-10")
    after = document(world, SECOND)
    unlike = (before.buyer, before.seller, before.locale) != (
        after.buyer,
        after.seller,
        after.locale,
    )
    assert unlike is (change is not CHANGES["days"])  # a subscription keeps its days


def test_the_page_stays_to_the_byte(world):
    """B41."""
    page = render(document(world), Format.PDF)
    mend(world, name="Anna", city="Trier", locale="de-DE")
    mend_entity(world, name="Acme SE")
    assert render(document(world), Format.PDF) == page


def test_each_of_several_mends_is_on_what_was_issued_under_it(world):
    """B41: mended twice between two bills, the one in between was true of no document."""
    mend(world, name="Anna")
    mend(world, name="Anne")
    mend_entity(world, name="Acme AG")
    mend_entity(world, name="Acme SE")
    world.run("2026-02-10")
    mend(world, name="Annika")
    mend_entity(world, name="Acme KG")
    world.run("2026-03-10")
    parties = [
        (told.buyer.name, told.seller.name)
        for told in (document(world, f"INV-00000{place}") for place in (1, 2, 3))
    ]
    assert parties == [("ann", "Acme"), ("Anne", "Acme SE"), ("Annika", "Acme KG")]


def test_a_credit_note_names_its_parties_as_it_was_issued_itself(world):
    """B41, B48: not as they were on its invoice, nor as they are now."""
    mend(world, name="Anna")
    world.on(documents.credit, FIRST, day("2026-01-12"), net_micros=5 * EURO)
    before = document(world, NOTE)
    mend(world, name="Anne")
    mend_entity(world, name="Acme SE")
    assert document(world, NOTE) == before
    assert (before.buyer.name, document(world).buyer.name) == ("Anna", "ann")


@pytest.mark.parametrize("is_by_hand", [True, False])
def test_a_draft_says_what_is_true_as_it_is_issued(db, tenant_id, is_by_hand):
    """B41, B49: until then nothing of it is final."""
    world = World(db, tenant_id).entity(grace_days=3).plan("flat", {"euros": 10}).customer("ann")
    world.start("s", "ann", "flat", "2026-01-10").run("2026-01-10")
    mend(world, name="Anna")
    if is_by_hand:
        (draft,) = world.rows("invoices")
        with world.tx() as tx:
            documents.finalize(tx, draft.invoice_id)
    else:
        world.run("2026-01-13")
    mend(world, name="Anne")
    assert document(world).buyer.name == "Anna"


def test_an_answer_of_the_registry_changes_no_document_of_an_earlier_day(world):
    """B41, B46: of two numbers the one with evidence is printed, from then on."""
    identify(world, "DE129273398")
    identify(world, "DE136695976")
    world.run("2026-02-10")
    identify(world, "DE136695976", evidence="VIES 42")
    assert [document(world, number).buyer.vat_id for number in (FIRST, SECOND)] == [None, "DE129273398"]  # fmt: skip


def test_only_what_documents_print_is_kept(world):
    mend(world, name="ann")
    mend(world, is_tax_exempt=True)
    identify(world, "HRB 1", kind=TaxIdentityKind.OTHER)
    assert kept(world) == []
    mend(world, name="Anna")
    identify(world, "DE129273398")
    assert kept(world) == [("ann", "DE", None), ("Anna", "DE", None)]


def test_what_was_kept_never_changes(world):
    mend(world, name="Anna")
    mend_entity(world, name="Acme SE")
    for table in ("customer_earlier", "legal_entity_earlier"):
        for change in (f"update billing.{table} set name = 'x'", f"delete from billing.{table}"):
            with pytest.raises(FactUnchangeable), world.db.owner_transaction() as tx:
                tx.execute(statement(change))


def test_when_an_invoice_was_issued_never_changes(world):
    with pytest.raises(FactUnchangeable), world.tx() as tx:
        tx.execute(statement("update billing.invoice set finalized_at = now()"))


def test_a_mend_waits_for_the_document_that_is_being_issued(world):
    """B41: it would else be dated before a document that was made without it."""
    with ThreadPoolExecutor(1) as other:
        with world.tx() as tx:
            invoice_id = documents.get_invoice(tx, FIRST).invoice_id
            documents.credit(tx, invoice_id, day("2026-01-12"), net_micros=5 * EURO)
            before = issued.document(tx, NOTE)
            mended = [other.submit(mend, world, name="Anna")]
            mended.append(other.submit(mend_entity, world, name="Acme SE"))
        for each in mended:
            each.result()
    assert document(world, NOTE) == before


def test_an_imported_invoice_names_the_customer_as_its_source_did(world):
    """B41, M46: and as its seller the default entity, which no source named."""
    held = {"invoice_id": world.id("old"), "customer_id": world.id("ann"), "number": "LEG-77"}
    with world.tx() as tx:
        service.import_invoices(tx, rows(INVOICE, held), rows(LINE_ITEM))
    before = document(world, "LEG-77")
    mend(world, name="Anna", time_zone="Pacific/Auckland")
    mend_entity(world, name="Acme SE")
    after = document(world, "LEG-77")
    assert (after.buyer, after.issued_on, after.seller.name) == (before.buyer, before.issued_on, "Acme SE")  # fmt: skip


def test_a_copy_on_a_test_clock_says_what_the_document_says(world):
    """B41: history comes along with who its parties were."""
    before = document(world)
    mend(world, name="Anna")
    mend_entity(world, name="Acme SE")
    clock = clocks.create_clock(world.db, world.tenant_id, "acme", "spring", day("2026-01-11"))
    clocks.attach(world.db, world.tenant_id, clock, [world.id("ann")])
    with world.db.transaction(tenant_id=clock.books_id) as tx:
        copied = issued.document(tx, f"COPY-{FIRST}")
    assert (copied.buyer, copied.seller) == (before.buyer, before.seller)
    clocks.delete_clock(world.db, clock)
