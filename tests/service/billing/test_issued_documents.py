"""What stands in the books becomes the customer's document: as issued, in their language, valid."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.service.billing.issued_world import (
    BILLED,
    ENTITY,
    LETTERHEADS,
    PEOPLE,
    bill,
    sell,
)
from tests.service.billing.rows import CENT, ident, later, rows

from trueup.billing.credits import service as credits_
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import CUSTOMER
from trueup.billing.documents.errors import DocumentInconsistent, LanguageUnknown
from trueup.billing.documents.model import Format, Kind, PaymentMeans, Span, TaxCategory
from trueup.billing.documents.service import render
from trueup.billing.documents.validation import Validator
from trueup.billing.invoicing import documents, issued, issuers, service
from trueup.billing.invoicing.errors import EntityMissing, InvoiceUnknown
from trueup.billing.invoicing.model import CREDIT_NOTE, INVOICE, LINE_ITEM
from trueup.billing.invoicing.refusals import CreditNoteUnknown, InvoiceNotIssued
from trueup.billing.rating.rules.proof import proof_of
from trueup.kernel.currency import currency

EURO = 100 * CENT
MARCH = Span(date(2026, 3, 17), date(2026, 4, 1))


@pytest.fixture(scope="module")
def validator():
    with Validator() as opened:
        yield opened


@pytest.fixture
def billed(db, tenant_id):
    """Three customers billed three times; numbers by customer, oldest first."""
    with db.transaction(tenant_id=tenant_id) as tx:
        sell(tx)
    report = bill(db, tenant_id, *PEOPLE)
    assert (report.is_complete, report.done.parked) == (True, 0)
    numbers: dict[str, list[str]] = {name: [] for name in PEOPLE}
    by_locale = {said["locale"]: name for name, said in PEOPLE.items()}
    with db.transaction(tenant_id=tenant_id) as tx:
        for number in (f"RE-{each:06}" for each in range(1, 12)):
            row = tx.one(
                issued.Q.invoices, ids=[tx.one(issued.Q.find_invoice, number=number).invoice_id]
            )
            numbers[by_locale[row.locale]].append(number)
        yield tx, numbers, report


def test_a_billed_invoice_is_a_document_in_the_customers_language(billed):
    tx, numbers, _ = billed
    document = issued.invoice(tx, numbers["blumen"][0], letterheads=LETTERHEADS)
    assert (document.kind, document.locale) == (Kind.INVOICE, "de-DE")
    assert (document.issued_on, document.due_on) == (date(2026, 3, 17), date(2026, 3, 31))
    assert (document.seller.name, document.seller.address.city) == (ENTITY.name, "Hamburg")
    assert (document.buyer.name, document.buyer.contact) == ("Blumen & Söhne KG", "Anna Blum")
    assert document.buyer.vat_id == "DE129273398"
    fee, seats = document.lines
    assert (fee.description, seats.description) == ("Pro", "Pro, seats")
    assert (fee.period, seats.period) == (MARCH, MARCH)
    assert fee.detail == "15 von 31 Tagen (17.–31. März 2026) von 31,00\xa0€ = 15,00\xa0€"
    assert seats.detail.endswith("gerundet auf 6,05\xa0€")
    assert [str(line.net) for line in document.lines] == ["13.50 EUR", "5.44 EUR"]
    assert [str(line.discount) for line in document.lines] == ["1.50 EUR", "0.61 EUR"]
    totals = document.totals
    assert [str(x) for x in (totals.net, totals.tax, totals.gross, totals.due)] == [
        "18.94 EUR", "3.60 EUR", "22.54 EUR", "22.54 EUR",
    ]  # fmt: skip
    assert document.payment is not None
    assert document.payment.means is PaymentMeans.CREDIT_TRANSFER
    assert document.payment.reference == document.number


def test_a_whole_fee_shows_its_price_and_needs_no_sentence(billed):
    tx, numbers, _ = billed
    fee, seats = issued.invoice(tx, numbers["maison"][1]).lines
    assert (fee.quantity, fee.unit_price, fee.detail) == (1, 31, "")
    assert (seats.quantity, seats.unit_price) == (15, None)
    assert seats.detail.startswith(
        "10\xa0×\xa01,00\xa0€ (jusqu’à 10) + 5\xa0×\xa00,50\xa0€ (au-delà de 10)"
    )


def test_reverse_charge_and_its_evidence_come_from_the_fact_the_invoice_keeps(billed):
    """B46, B47: what was decided then, not what would be decided today."""
    tx, numbers, _ = billed
    document = issued.invoice(tx, numbers["maison"][0])
    assert [group.category for group in document.tax_groups] == [TaxCategory.REVERSE_CHARGE]
    assert document.buyer.vat_id == "FR83404833048"
    abroad = issued.invoice(tx, numbers["harbor"][0])
    assert [group.category for group in abroad.tax_groups] == [TaxCategory.OUTSIDE_SCOPE]


def test_a_negative_invoice_is_due_nothing_and_its_credit_shows_on_the_next(billed):
    """B19."""
    tx, numbers, _ = billed
    below = issued.invoice(tx, numbers["maison"][2], letterheads=LETTERHEADS)
    assert below.lines[0].description == "Avoir pour la période non utilisée : Pro, seats"
    assert below.totals.gross.micros == -75 * CENT
    assert below.totals.due.micros == 0
    assert below.payment is None  # nobody is asked to pay nothing
    after = issued.invoice(tx, numbers["maison"][3])
    assert after.totals.credit_applied.micros == 75 * CENT
    assert after.totals.due.micros == after.totals.gross.micros - 75 * CENT


def test_a_document_stays_as_it_was_issued(billed):
    """A note that came later takes nothing off the invoice it corrects."""
    tx, numbers, _ = billed
    number = numbers["blumen"][1]
    before = issued.invoice(tx, number)
    documents.credit(tx, tx.one(issued.Q.find_invoice, number=number).invoice_id, BILLED)
    assert issued.invoice(tx, number) == before


def test_every_invoice_of_a_run_is_an_e_invoice_in_both_syntaxes(billed, validator):
    """EN 16931, by CEN's rules; a German, a French and an American customer."""
    tx, numbers, _ = billed
    for name in PEOPLE:
        for number in numbers[name]:
            document = issued.invoice(tx, number, letterheads=LETTERHEADS)
            for form in (Format.UBL, Format.CII):
                assert render(document, form, validator=validator).startswith(b"<?xml")


def test_the_same_invoice_is_the_same_page_again(billed):
    tx, numbers, _ = billed
    pages = {render(issued.invoice(tx, numbers["blumen"][0]), Format.PDF) for _ in range(2)}
    assert len(pages) == 1
    assert next(iter(pages)).startswith(b"%PDF")


def test_a_credit_note_names_its_invoice_and_bears_the_tax_of_its_lines(billed, validator):
    """B48."""
    tx, numbers, _ = billed
    number = numbers["blumen"][1]
    invoice_id = tx.one(issued.Q.find_invoice, number=number).invoice_id
    note = documents.credit(tx, invoice_id, BILLED, charges=["seats"], reason="outage")
    document = issued.credit_note(tx, note.number, letterheads=LETTERHEADS)
    assert document.kind is Kind.CREDIT_NOTE
    assert document.preceding is not None
    assert document.preceding.number == number
    assert [line.description for line in document.lines] == ["Pro, seats"]
    assert str(document.totals.net) == "11.25 EUR"
    assert str(document.totals.gross) == "13.39 EUR"
    assert {line.tax_rate for line in document.lines} == {19}
    for form in (Format.UBL, Format.CII):
        assert b"outage" in render(document, form, validator=validator)  # BT-22


def test_a_whole_invoice_is_credited_to_the_cent(billed, validator):
    tx, numbers, _ = billed
    number = numbers["blumen"][0]
    note = documents.credit(tx, tx.one(issued.Q.find_invoice, number=number).invoice_id, BILLED)
    document = issued.document(tx, note.number, letterheads=LETTERHEADS)
    assert str(document.totals.gross) == "22.54 EUR"
    assert render(document, Format.UBL, validator=validator)


def test_every_line_of_a_run_comes_to_the_same_cent_again(billed):
    """B13: the derivation that was stored, executed again."""
    tx, numbers, _ = billed
    ids = [
        tx.one(issued.Q.find_invoice, number=n).invoice_id for of in numbers.values() for n in of
    ]
    lines = tx.many(issued.Q.lines, ids=ids)
    assert len(lines) >= 20
    for line in lines:
        assert proof_of(json.dumps(line.derivation), line.amount_micros, currency("EUR")).holds


def test_a_run_is_read_page_by_page(billed, monkeypatch):
    tx, _, report = billed
    monkeypatch.setattr(issued, "PAGE", 2)
    found, after = [], issued.FIRST
    while page := issued.page_of_run(tx, report.run_id, after):
        found += page
        after = page[-1].invoice_id
    assert len(found) == issued.count_of_run(tx, report.run_id) == report.done.invoices
    assert all(each.document is not None for each in found)
    assert len({each.number for each in found}) == len(found)


def test_one_that_cannot_be_told_stops_no_other(billed):
    tx, _, report = billed
    told = issued.page_of_run(tx, report.run_id, language="pl-PL")
    assert {type(each.refusal) for each in told} == {LanguageUnknown}
    assert issued.page_of_run(tx, ident("no run")) == []


# ---- imported: the living history


@pytest.fixture
def history(db, tenant_id):
    with db.transaction(tenant_id=tenant_id) as tx:
        issuers.insert_legal_entity(tx, ENTITY)
        person = {"customer_id": ident("anna"), "name": "Anna", "country": "DE", "time_zone": "America/New_York", "locale": "es-ES"}  # fmt: skip
        customers.import_customers(tx, rows(CUSTOMER, person))
        yield tx


def imported(tx, *lines, **header):
    said = {
        "invoice_id": ident("old"),
        "customer_id": ident("anna"),
        "number": "LEG-77",
        "due_at": later(14),
    } | header
    billed = [
        {"invoice_id": ident("old"), "position": n, "description": "Gold plan"} | line
        for n, line in enumerate(lines)
    ]
    service.import_invoices(tx, rows(INVOICE, said), rows(LINE_ITEM, *billed))
    return issued.invoice(tx, said["number"], letterheads=LETTERHEADS)


def test_an_imported_invoice_keeps_number_dates_lines_and_tax(history, validator):
    document = imported(
        history,
        {"amount_micros": 20 * EURO, "tax_micros": 380 * CENT, "tax_rate": Decimal("0.19"), "quantity": Decimal(2), "unit_amount_micros": 10 * EURO},
        {"amount_micros": 5 * EURO, "tax_micros": 35 * CENT, "tax_rate": Decimal("0.07"), "description": "Book"},
        subtotal_micros=25 * EURO, tax_micros=415 * CENT, issued_at=datetime(2024, 3, 2, 3, tzinfo=UTC),
    )  # fmt: skip
    assert document.number == "LEG-77"
    assert document.issued_on == date(2024, 3, 1)  # of the customer's day
    assert document.locale == "es-ES"
    assert [(x.description, x.quantity, x.unit_price) for x in document.lines] == [
        ("Gold plan", 2, 10),
        ("Book", 1, None),
    ]
    assert [(g.rate, str(g.tax)) for g in document.tax_groups] == [
        (19, "3.80 EUR"),
        (7, "0.35 EUR"),
    ]
    assert render(document, Format.UBL, validator=validator)


@pytest.mark.parametrize(("net", "tax", "rate"), [
    (2500, 475, "19"), (100_000, 7700, "7.7"), (100_000, 8250, "8.25"), (-2500, -475, "19"),
])  # fmt: skip
def test_a_tax_without_its_rate_has_the_one_rate_that_gives_it_to_the_cent(history, net, tax, rate):
    line = {"amount_micros": net * CENT, "tax_micros": tax * CENT}
    document = imported(history, line, subtotal_micros=net * CENT, tax_micros=tax * CENT)
    assert [(g.category, g.rate) for g in document.tax_groups] == [
        (TaxCategory.STANDARD, Decimal(rate))
    ]


def test_a_tax_that_several_rates_explain_is_not_given_one(history):
    """2.06 on 25.00 is 8.25 % in Texas, and 8.24 % as well; a document states no guess."""
    with pytest.raises(DocumentInconsistent, match="the source has to say which"):
        imported(history, {"amount_micros": 25 * EURO, "tax_micros": 206 * CENT},
                 subtotal_micros=25 * EURO, tax_micros=206 * CENT)  # fmt: skip


def test_what_bears_no_tax_says_so_in_the_sellers_words(history):
    untaxed = {"amount_micros": 25 * EURO}
    document = imported(history, untaxed, subtotal_micros=25 * EURO)
    assert [(g.category, g.legend) for g in document.tax_groups] == [
        (TaxCategory.OUTSIDE_SCOPE, "No se repercute ningún impuesto.")
    ]


def test_a_discount_of_the_header_is_spread_over_its_taxes(history, validator):
    document = imported(
        history,
        {"amount_micros": 30 * EURO, "tax_micros": 380 * CENT, "tax_rate": Decimal("0.19")},
        {"amount_micros": 10 * EURO, "tax_micros": 0, "tax_rate": Decimal(0)},
        subtotal_micros=40 * EURO, discount_micros=CENT * 1333, tax_micros=380 * CENT,
    )  # fmt: skip
    assert [str(each.amount) for each in document.allowances] == ["10.00 EUR", "3.33 EUR"]
    assert str(document.totals.gross) == "30.47 EUR"
    assert render(document, Format.CII, validator=validator)


def test_an_invoice_whose_source_kept_no_lines_has_one(history):
    document = imported(
        history, subtotal_micros=25 * EURO, discount_micros=5 * EURO, tax_micros=380 * CENT
    )
    assert [line.description for line in document.lines] == ["Servicios facturados"]
    assert str(document.totals.due) == "23.80 EUR"


def test_credits_of_its_day_are_on_an_invoice_and_later_ones_are_not(history):
    imported(
        history, {"amount_micros": 25 * EURO}, subtotal_micros=25 * EURO, credited_micros=7 * EURO
    )
    credit = {
        "credit_id": ident("credit"),
        "customer_id": ident("anna"),
        "original_micros": 7 * EURO,
        "remaining_micros": 0,
    }
    credits_.import_credits(history, rows(CREDIT, credit))
    used = {"credit_id": ident("credit"), "invoice_id": ident("old")}
    credits_.import_credit_applications(history, rows(
        CREDIT_APPLICATION,
        used | {"credit_application_id": ident("a"), "amount_micros": 3 * EURO},
        used | {"credit_application_id": ident("b"), "amount_micros": 4 * EURO, "applied_at": later(1)},
    ))  # fmt: skip
    totals = issued.invoice(history, "LEG-77").totals
    assert (str(totals.credit_applied), str(totals.due)) == ("3.00 EUR", "22.00 EUR")


@pytest.mark.parametrize(("lines", "header", "field"), [
    ([{"amount_micros": 24 * EURO}], {"subtotal_micros": 25 * EURO}, "totals.net"),  # a line is lost
    ([{"amount_micros": 100 * EURO, "tax_micros": 19 * EURO}, {"amount_micros": 0, "tax_micros": CENT}],
     {"subtotal_micros": 100 * EURO, "tax_micros": 19 * EURO + CENT}, "lines[1].tax"),  # a tax of nothing
])  # fmt: skip
def test_books_that_contradict_themselves_become_no_document(history, lines, header, field):
    with pytest.raises(DocumentInconsistent) as refused:
        imported(history, *lines, **header)
    assert [each.field for each in refused.value.fields["obstacles"]] == [field]


@pytest.mark.parametrize("status", ["draft", "void"])
def test_what_is_not_issued_or_claims_nothing_is_refused(history, status):
    with pytest.raises(InvoiceNotIssued, match=status):
        imported(
            history,
            {"amount_micros": EURO},
            subtotal_micros=EURO,
            status=status,
            voided_at=later(1),
        )


def test_an_imported_note_without_lines_corrects_an_invoice_of_one_tax(history, validator):
    imported(history, {"amount_micros": 25 * EURO, "tax_micros": 475 * CENT, "tax_rate": Decimal("0.19")},
             subtotal_micros=25 * EURO, tax_micros=475 * CENT)  # fmt: skip
    note = {
        "credit_note_id": ident("note"),
        "invoice_id": ident("old"),
        "number": "CN-1",
        "amount_micros": 1190 * CENT,
        "tax_micros": 190 * CENT,
    }
    service.import_credit_notes(history, rows(CREDIT_NOTE, note))
    document = issued.credit_note(history, "CN-1", letterheads=LETTERHEADS)
    assert [line.description for line in document.lines] == ["Rectificación de la factura LEG-77"]
    assert [(g.rate, str(g.tax)) for g in document.tax_groups] == [(19, "1.90 EUR")]
    assert render(document, Format.UBL, validator=validator)


def test_a_note_over_several_rates_that_names_no_line_is_refused(history):
    imported(history, {"amount_micros": 20 * EURO, "tax_micros": 380 * CENT, "tax_rate": Decimal("0.19")},
             {"amount_micros": 5 * EURO, "tax_micros": 35 * CENT, "tax_rate": Decimal("0.07")},
             subtotal_micros=25 * EURO, tax_micros=415 * CENT)  # fmt: skip
    note = {
        "credit_note_id": ident("note"),
        "invoice_id": ident("old"),
        "number": "CN-1",
        "amount_micros": 1190 * CENT,
        "tax_micros": 190 * CENT,
    }
    service.import_credit_notes(history, rows(CREDIT_NOTE, note))
    with pytest.raises(DocumentInconsistent, match="names no line"):
        issued.credit_note(history, "CN-1")


def test_unknown_numbers_are_refused(history):
    for refusal, ask in (
        (InvoiceUnknown, lambda: issued.invoice(history, "X")),
        (InvoiceUnknown, lambda: issued.document(history, "X")),
        (CreditNoteUnknown, lambda: issued.credit_note(history, "X")),
    ):
        with pytest.raises(refusal):
            ask()


def test_a_document_without_a_seller_is_refused(db, tenant_id):
    with db.transaction(tenant_id=tenant_id) as tx:
        customers.import_customers(tx, rows(CUSTOMER, {"customer_id": ident("anna")}))
        with pytest.raises(EntityMissing):
            imported(tx, {"amount_micros": EURO}, subtotal_micros=EURO)
