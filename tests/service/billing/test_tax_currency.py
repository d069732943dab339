"""Tax in the currency of the tax office: by a rate on file, kept with the invoice, told on its papers."""

from __future__ import annotations

import pytest
from tests.service.billing.worlds import FEE, World, day
from tests.support.statements import statement

from trueup.billing.catalog.model import PriceModel
from trueup.billing.documents.model import Format
from trueup.billing.documents.service import render
from trueup.billing.documents.ubl import ubl
from trueup.billing.documents.validation import Validator
from trueup.billing.fx import service as fx
from trueup.billing.fx.errors import FxRateConflict
from trueup.billing.fx.rules import read_rate
from trueup.billing.invoicing import documents, issued, runs
from trueup.billing.invoicing.errors import EntityUnknown
from trueup.billing.invoicing.explaining import explained
from trueup.billing.invoicing.letterhead import Letterhead
from trueup.db.errors import FactUnchangeable

KEPT = statement(
    "select i.number, x.currency, x.tax_micros, r.source from billing.tax_exchange x"
    " join billing.invoice i using (tenant_id, invoice_id)"
    " join billing.fx_rate r using (tenant_id, fx_rate_id) order by i.number"
)
LETTERHEADS = {"de": Letterhead(address=("Weg 1",), city="Berlin", postal_code="10115")}


@pytest.fixture
def world(db, tenant_id):
    """A seller in Germany whose customer pays in dollars: 100 a month, 19 % on it."""
    world = World(db, tenant_id).entity().plan("pro", FEE, {"currency": "USD", "euros": "100"})
    world.customer("ann", currency="USD").start("s", "ann", "pro", "2026-01-10")
    with world.tx() as tx:
        runs.keep_tax_currency(tx, "de", "EUR")
    return world


def add(world, rate, at="2026-01-09", base="USD", quote="EUR", source="ECB"):
    with world.tx() as tx:
        return fx.add_rates(tx, [read_rate({"from": base, "to": quote, "rate": rate, "source": source, "effective_at": at})])  # fmt: skip


def kept(world):
    with world.tx() as tx:
        return [tuple(row) for row in tx.many(KEPT)]


def test_without_a_rate_nothing_is_issued_and_the_fix_is_told(world):
    """B20: it is parked, and billed for its own date once the rate is there."""
    report = world.run("2026-01-10")
    assert (report.done.invoices, report.still_parked) == (0, 1)
    with world.tx() as tx:
        (parked,) = runs.parked(tx)
    assert parked.code == "fx_rate_missing"
    assert "trueup fx add USD EUR" in parked.fix
    add(world, "0.9234")
    assert world.run("2026-01-20").done.invoices == 1
    assert kept(world) == [("INV-000001", "EUR", 17_540_000, "ECB")]  # 19.00 x 0.9234 = 17.5446


@pytest.mark.parametrize("is_steady", [True, False])
def test_plain_renewals_and_the_general_rules_take_the_same_rate(world, is_steady):
    """Each month by the rate that counts at its issue, whichever way it is billed."""
    add(world, "0.9234")
    add(world, "1.05", "2026-02-08", base="EUR", quote="USD", source="Bundesbank")
    add(world, "0.94", "2026-03-09")
    world.run("2026-01-10")
    for until in ("2026-02-10", "2026-03-10"):
        if not is_steady:
            world.do("unsteady")
        world.run(until)
    assert kept(world) == [
        ("INV-000001", "EUR", 17_540_000, "ECB"),
        ("INV-000002", "EUR", 18_100_000, "Bundesbank"),  # 19.00 / 1.05 = 18.0952...
        ("INV-000003", "EUR", 17_860_000, "ECB"),
    ]


def test_a_renewal_whose_rate_no_longer_stands_is_parked_and_no_other(world):
    world.customer("bob").start("t", "bob", "pro", "2026-01-10")
    add(world, "0.9234")
    world.run("2026-01-10")
    report = world.run("2026-03-10")
    assert report.still_parked == 1
    assert sorted(row.currency for row in world.rows("invoices")) == ["EUR", "EUR", "EUR", "USD"]
    assert report.is_complete


def test_what_the_books_cannot_keep_is_parked(world):
    world.plan("vast", {"currency": "USD", "euros": "10000000"}).customer("eve", currency="USD")
    world.start("v", "eve", "vast", "2026-01-12")
    add(world, "999999999")
    assert world.run("2026-01-12").still_parked == 1
    with world.tx() as tx:
        assert [row.code for row in runs.parked(tx)] == ["amount_too_large"]


@pytest.mark.parametrize("country", ["US", "CH"])
def test_where_no_tax_is_charged_no_rate_is_needed(world, country):
    world.customer("far", currency="USD", country=country).start("f", "far", "pro", "2026-01-12")
    add(world, "0.9234")
    world.run("2026-01-12")
    taxes = {row.tax_micros for row in world.rows("invoices")}
    assert (taxes, len(kept(world))) == ({0, 19_000_000}, 1)


def test_the_page_and_the_e_invoice_tell_the_tax_in_both(world):
    """EN 16931 BT-6 and BT-111; a note against the invoice takes its rate."""
    add(world, "0.9234")
    world.run("2026-01-10")
    add(world, "0.5", "2026-01-11")
    world.on(documents.credit, "INV-000001", day("2026-01-12"), net_micros=50_000_000)
    with world.tx() as tx:
        invoice = issued.document(tx, "INV-000001", language="en", letterheads=LETTERHEADS)
        note = issued.document(tx, "CN-INV-000001", language="en", letterheads=LETTERHEADS)
    assert (invoice.tax_in.tax.format(), invoice.tax_in.source) == ("17.54 EUR", "ECB, 2026-01-09")
    assert note.tax_in.tax.format() == "8.77 EUR"  # 9.50 x 0.9234 = 8.7723
    xml = ubl(invoice).decode()
    assert "<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>" in xml
    assert '<cbc:TaxAmount currencyID="EUR">17.54</cbc:TaxAmount>' in xml
    assert render(invoice, Format.PDF).startswith(b"%PDF")
    with Validator() as official:  # refuses what CEN's rules refuse
        for document in (invoice, note):
            for form in (Format.UBL, Format.CII):
                assert b"EUR" in render(document, form, validator=official)


def test_the_amount_follows_from_the_rate_again(world):
    add(world, "1.0823", base="EUR", quote="USD")
    world.run("2026-01-10")
    with world.tx() as tx:
        told = explained(tx, "INV-000001", "en").tax_in
    assert (told.holds, told.tax_micros, told.base, told.quote) == (True, 17_560_000, "EUR", "USD")


def test_a_rate_never_changes(world):
    assert (add(world, "0.9234"), add(world, "0.9234")) == (1, 0)
    with pytest.raises(FxRateConflict, match=r"1 USD = 0\.9234 EUR"):
        add(world, "0.95")
    for change in ("update billing.fx_rate set rate = 1", "delete from billing.fx_rate"):
        with pytest.raises(FactUnchangeable), world.db.owner_transaction() as tx:
            tx.execute(statement(change))


def test_an_entity_without_a_tax_currency_needs_no_rate(world):
    with world.tx() as tx:
        runs.keep_tax_currency(tx, "de", None)
    assert world.run("2026-01-10").done.invoices == 1
    assert kept(world) == []
    with pytest.raises(EntityUnknown), world.tx() as tx:
        runs.keep_tax_currency(tx, "fr", "EUR")


def test_a_draft_in_its_days_of_grace_keeps_the_rate_of_its_date(world):
    """B49: grace moves the number, not the date."""
    world.entity(code="late", prefix="L-", grace_days=3)
    world.plan("calls", {"currency": "USD", "model": PriceModel.FLAT, "euros": "10"})
    with world.tx() as tx:
        runs.keep_tax_currency(tx, "late", "EUR")
    world.customer("bob", currency="USD").start("t", "bob", "calls", "2026-01-10", legal_entity_id=world.id("late"))  # fmt: skip
    add(world, "0.9234")
    world.run("2026-01-10")
    forget = statement("delete from billing.tax_exchange")
    with pytest.raises(FactUnchangeable), world.tx() as tx:
        tx.execute(forget)  # of the issued one; a draft's goes with the draft
    world.run("2026-01-20")
    assert ("L-000001", "EUR", 1_750_000, "ECB") in kept(world)  # 1.90 x 0.9234 = 1.75446


def test_a_draft_that_is_made_anew_is_told_anew(db, tenant_id):
    """B28: usage that comes in the days of grace changes the tax, and with it what it is in euros."""
    calls = {"meter": "calls", "euros": "1", "model": PriceModel.PER_UNIT, "currency": "USD"}
    world = World(db, tenant_id).entity(grace_days=3).plan("calls", calls)
    world.customer("ann", currency="USD", zone="UTC").start("s", "ann", "calls", "2026-01-10")
    with world.tx() as tx:
        runs.keep_tax_currency(tx, "de", "EUR")
    add(world, "0.5", "2026-02-08")
    world.use("a", 100, "2026-01-20").run("2026-02-10")
    assert kept(world) == [(None, "EUR", 9_500_000, "ECB")]
    world.use("late", 100, "2026-01-25", recorded="2026-02-11")
    assert world.run("2026-02-11").refreshed == 1
    assert kept(world) == [(None, "EUR", 19_000_000, "ECB")]
    world.run("2026-02-14")
    assert kept(world) == [("INV-000001", "EUR", 19_000_000, "ECB")]
