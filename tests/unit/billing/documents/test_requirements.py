"""What keeps a document from being an e-invoice is named before any XML is made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.billing.documents.issued import (
    BUYERS,
    OUTSIDE,
    PRO,
    SELLER,
    SEPA,
    cases,
    issued,
    line,
)

from trueup.billing.documents.errors import EInvoiceNotPossible
from trueup.billing.documents.model import Format, Mailbox, PaymentMeans, TaxCategory
from trueup.billing.documents.requirements import obstacles
from trueup.billing.documents.service import render
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

CASES = cases()
HOME = CASES["domestic"]
ABROAD = CASES["reverse_charge"]


def seller(document, **changed):
    return replace(document, seller=replace(document.seller, **changed))


def buyer(document, **changed):
    return replace(document, buyer=replace(document.buyer, **changed))


def address(party, **changed):
    return replace(party, address=replace(party.address, **changed))


def paid(means, **changed):
    return replace(HOME, payment=replace(SEPA, means=means, **changed))


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_a_seller_issues_can_be_an_e_invoice(name):
    assert obstacles(CASES[name]) == ()


@pytest.mark.parametrize(("document", "field", "value", "rule"), [
    (replace(HOME, seller=address(SELLER, country="")), "seller.address.country", "", "BR-09"),
    (replace(HOME, buyer=address(BUYERS["DE"], country="Germany")), "buyer.address.country", "Germany", "BR-11"),
    (replace(HOME, buyer=address(BUYERS["DE"], lines=("a", "b", "c", "d"))), "buyer.address.lines", "4 lines", "at most 3"),
    (seller(HOME, vat_id="136695976"), "seller.vat_id", "136695976", "BR-CO-09"),
    (buyer(HOME, vat_id="DE 129 273 398"), "buyer.vat_id", "DE 129 273 398", "BR-CO-09"),
    (seller(HOME, vat_id=None, legal_id=None), "seller.vat_id", "None", "BR-CO-26"),
    (seller(HOME, vat_id=None, tax_number=None), "seller.vat_id", "None", "BR-S-02"),
    (buyer(HOME, mailbox=Mailbox("", "x")), "buyer.mailbox", "Mailbox(scheme='', address='x')", "BR-62"),
    (buyer(ABROAD, vat_id=None), "buyer.vat_id", "None", "BR-AE-02"),
    (seller(ABROAD, vat_id=None), "seller.vat_id", "None", "B47"),
    (seller(CASES["export"], vat_id=None), "seller.vat_id", "None", "BR-G-02"),
    (seller(CASES["outside_scope"], legal_id=None), "seller.legal_id", "None", "BR-CO-26"),
    (issued(PRO, line("Beratung", "1", "10.00", "10.00", **OUTSIDE)), "tax_groups", "outside_scope, standard", "BR-O-11"),
    (issued(line("Kurs", "1", "5.00", "5.00", tax_category=TaxCategory.EXEMPT, tax_rate="0")), "tax_groups[0].legend", "", "BR-E-10"),
    (issued(replace(PRO, unit=replace(PRO.unit, code="pcs"))), "lines[0].unit.code", "pcs", "BR-CL-23"),
    (replace(HOME, due_on=None), "due_on", "None", "BR-CO-25"),
    (paid(PaymentMeans.CREDIT_TRANSFER, iban=""), "payment.iban", "", "BR-61"),
    (paid(PaymentMeans.SEPA_DIRECT_DEBIT), "payment.mandate_reference", "", "mandate"),
    (paid(PaymentMeans.CARD, card_last_four="4242424242424242"), "payment.card_last_four", "16 characters", "BR-51"),
    (replace(CASES["in_dollars_taxed_in_euro"], tax_in=replace(CASES["in_dollars_taxed_in_euro"].tax_in, tax=Money.from_major("1.00", currency("USD")))), "tax_in.tax", "USD", "own currency"),
])  # fmt: skip
def test_what_is_missing_is_named_with_its_value_and_a_fix(document, field, value, rule):
    found = obstacles(document)
    assert [(obstacle.field, obstacle.value) for obstacle in found] == [(field, value)]
    assert rule in found[0].fix


def test_an_amount_of_three_decimals_is_refused_because_the_norm_takes_two():
    dinar = issued(line("Plan", "3", "29.505", "88.515", code="KWD", **OUTSIDE), buyer="KW")
    found = obstacles(dinar)
    assert [obstacle.field for obstacle in found] == ["lines[0].net", "tax_groups[0].taxable", "totals.lines", "totals.net", "totals.gross", "totals.due"]  # fmt: skip
    assert found[0].value == "88.515 KWD"
    assert "BR-DEC" in found[0].fix


@pytest.mark.parametrize("form", [Format.UBL, Format.CII, Format.FACTUR_X])
def test_every_e_invoice_is_refused_the_same_way(form):
    incomplete = buyer(ABROAD, vat_id=None)
    with pytest.raises(EInvoiceNotPossible) as refused:
        render(incomplete, form)
    assert refused.value.fields["obstacles"] == obstacles(incomplete)
    assert "reverse charge needs both VAT ids" in refused.value.sentence


def test_a_page_needs_no_vat_ids():
    assert render(buyer(ABROAD, vat_id=None), Format.PDF).startswith(b"%PDF")
