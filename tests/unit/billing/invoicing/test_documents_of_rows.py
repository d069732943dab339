"""Stored rows become a document that says what they say, and nothing they do not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from tests.service.billing.issued_world import ENTITY, LETTERHEADS

from trueup.billing.documents.errors import DocumentInconsistent
from trueup.billing.documents.model import Line, Span, TaxCategory, TaxInCurrency
from trueup.billing.documents.rules import contradictions
from trueup.billing.invoicing.letterhead import BLANK, Letterhead
from trueup.billing.invoicing.rules.document import Stored, Telling, invoice_document, title
from trueup.billing.invoicing.rules.noted import note_document
from trueup.billing.invoicing.rules.taxed import NO_TAX, Tax, spread, spread_tax, tax_of
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

D = Decimal
EUR = currency("EUR")
EURO = 1_000_000
STANDARD, ZERO, OUTSIDE = TaxCategory.STANDARD, TaxCategory.ZERO_RATED, TaxCategory.OUTSIDE_SCOPE
AT = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)

LINE = {
    "position": 0, "description": None, "quantity": None, "unit_amount_micros": None, "amount_micros": 0, "tax_micros": 0,
    "tax_rate": None, "period_start": None, "period_end": None, "subscription_id": "s", "line_key": "k", "kind": "recurring",
    "plan": "Pro", "charge": "base", "discount_micros": 0, "gives_back": None, "derivation": None, "dialect": None, "time_zone": None,
}  # fmt: skip
HEADER = {
    "number": "RE-1", "currency": "EUR", "subtotal_micros": 0, "discount_micros": 0, "tax_micros": 0, "put_aside_micros": 0,
    "applied_micros": 0, "fx_rate_id": None, "base": None, "quote": None, "rate": None, "source": None, "effective_at": None, "issued_at": AT, "due_at": None, "period_start": None, "period_end": None, "tax_fact": None,
    "time_zone": "Europe/Berlin", "name": "Anna", "company": None, "email": "a@example.com", "locale": "en-GB",
    "address_line1": None, "address_line2": None, "city": None, "region": None, "postal_code": None, "country": "DE",
}  # fmt: skip
NOTE = {"number": "GS-1", "amount_micros": 0, "tax_micros": 0, "reason": None, "issued_at": AT}
NOTED = {"position": 0, "subscription_id": "s", "gives_back": "k", "amount_micros": 0, "period_start": None, "period_end": None}  # fmt: skip


def row(plain, **said):
    assert set(said) <= set(plain)
    return SimpleNamespace(**(plain | said))


def stored(*lines, letterhead: Letterhead = BLANK, **header) -> Stored:
    total = (
        header.get("subtotal_micros", 0)
        - header.get("discount_micros", 0)
        + header.get("tax_micros", 0)
    )
    head = row(HEADER, **header)
    head.total_micros = total
    rows = [row(LINE, **({"position": n} | line)) for n, line in enumerate(lines)]
    return Stored(head, rows, None, ENTITY, letterhead)


def document(*lines, **header):
    made = invoice_document(stored(*lines, **header), "en-GB")
    assert contradictions(made) == ()
    return made


def eur(cents: int) -> Money:
    return Money.from_minor(cents, EUR)


# ---- taxes


@pytest.mark.parametrize(("action", "rate", "tax", "expected"), [
    ("charge", "0.19", 190, Tax(STANDARD, D(19))),
    ("charge", "0.100000", 100, Tax(STANDARD, D(10))),  # never 1E+1
    ("charge", "0.08875", 89, Tax(STANDARD, D("8.875"))),
    ("charge", "0", 0, Tax(ZERO, D(0))),
    ("reverse_charge", "0", 0, Tax(TaxCategory.REVERSE_CHARGE, D(0))),
    ("no_charge", "0", 0, Tax(OUTSIDE, D(0))),
    ("exempt", "0", 0, Tax(TaxCategory.EXEMPT, D(0))),
    (None, "0.07", 70, Tax(STANDARD, D(7))),
    (None, None, 0, NO_TAX),
    (None, None, 190, Tax(STANDARD, D(19))),
    (None, None, -190, None),  # a negative tax of a positive net
])  # fmt: skip
def test_a_line_is_taxed_as_the_invoices_fact_says_or_as_its_source_did(
    action, rate, tax, expected
):
    fact = None if action is None else {"action": action}
    found = tax_of(fact, None if rate is None else D(rate), eur(1000), eur(tax))
    assert found == expected
    assert found is None or "E" not in str(found.rate)


@pytest.mark.parametrize(("net", "tax"), [(0, 5), (1, 1), (2500, 206), (100, 1000)])
def test_a_rate_that_is_not_sure_is_not_stated(net, tax):
    found = tax_of(None, None, eur(net), eur(tax))
    assert found is None or found.rate * net == tax * 100


def line(cents: int, rate: str, category=STANDARD) -> Line:
    return Line("x", D(1), None, eur(cents), category, D(rate))


def test_what_belongs_to_the_whole_is_spread_without_loss():
    lines = [line(1000, "19"), line(500, "7"), line(-300, "7"), line(100, "0", ZERO)]
    shares = spread(eur(100), lines)
    assert shares == {
        Tax(STANDARD, D(19)): eur(77),
        Tax(STANDARD, D(7)): eur(15),
        Tax(ZERO, D(0)): eur(8),
    }
    assert spread(eur(5), [line(-100, "19")]) == {Tax(STANDARD, D(19)): eur(5)}
    assert spread_tax(eur(225), lines[:2]) == [1_900_000 + 0, 350_000]
    assert spread_tax(eur(3), [line(100, "0", ZERO), line(50, "0", ZERO)]) == [30_000, 0]


# ---- invoices


def test_a_day_is_the_customers_and_a_span_ends_with_its_last_day():
    """Half past eleven in UTC is tomorrow in Berlin."""
    made = document(
        {"amount_micros": EURO, "period_start": datetime(2026, 2, 28, 23, tzinfo=UTC), "period_end": datetime(2026, 3, 31, 22, tzinfo=UTC)},
        subtotal_micros=EURO, due_at=AT,
        period_start=datetime(2026, 3, 1, 12, tzinfo=UTC), period_end=datetime(2026, 3, 1, 13, tzinfo=UTC),
    )  # fmt: skip
    assert (made.issued_on, made.due_on) == (date(2026, 4, 1), date(2026, 4, 1))
    assert made.lines[0].period == Span(date(2026, 3, 1), date(2026, 4, 1))
    assert made.supplied == Span(date(2026, 3, 1), date(2026, 3, 2))


@pytest.mark.parametrize(("said", "called"), [
    ({"description": "Gold"}, "Gold"),
    ({}, "Pro"),
    ({"charge": "seats"}, "Pro, seats"),
    ({"charge": "Pro"}, "Pro"),
    ({"plan": None, "charge": "calls"}, "calls"),
    ({"plan": None}, "base"),
    ({"kind": "credit"}, "Credit for unused time: Pro"),
    ({"kind": "minimum", "plan": None, "charge": None}, "Short of the minimum"),
    ({"kind": None}, "Pro"),
])  # fmt: skip
def test_a_line_is_called_by_its_source_or_by_plan_charge_and_kind(said, called):
    assert title(row(LINE, **said), Telling("en")) == called


UNIT = {"op": "unit", "price": "2.5", "qty": "3"}


@pytest.mark.parametrize(("said", "quantity", "price", "detail"), [
    ({"derivation": UNIT, "amount_micros": 7_500_000}, 3, "2.5", ""),
    ({"derivation": {"op": "flat", "amount": "7.5"}, "amount_micros": 7_500_000, "quantity": D(9)}, 1, "7.5", ""),
    ({"derivation": {"op": "neg", "x": UNIT}, "amount_micros": -7_500_000, "kind": "credit", "quantity": D("3.000000")}, 3, None, "3 × €2.50 = €7.50"),
    ({"derivation": {"op": "fraction", "amount": "7.5", "num": "1", "den": "2"}, "amount_micros": 3_750_000, "quantity": D("1.50")}, D("1.5"), None,
     "1/2 of €7.50 = €3.75"),
    ({"unit_amount_micros": 2_500_000, "quantity": D("3.000000"), "amount_micros": 7_500_000}, 3, "2.5", ""),
    ({"unit_amount_micros": 2_500_000, "quantity": D(2), "amount_micros": 7_500_000}, 2, None, ""),  # it does not multiply out
    ({"amount_micros": 7_500_000}, 1, None, ""),
])  # fmt: skip
def test_a_price_is_shown_where_it_makes_the_amount_else_a_sentence(said, quantity, price, detail):
    (shown,) = document(said, subtotal_micros=said["amount_micros"]).lines
    assert shown.quantity == quantity
    assert shown.unit_price == (None if price is None else D(price))
    assert shown.detail.replace("\xa0", " ") == detail


def test_discounts_of_lines_are_theirs_and_the_rest_is_the_documents():
    made = document(
        {"amount_micros": 10 * EURO, "discount_micros": EURO, "tax_micros": 1_710_000, "tax_rate": D("0.19")},
        {"amount_micros": -5 * EURO, "discount_micros": -EURO, "tax_micros": -760_000, "tax_rate": D("0.19"), "kind": "credit"},
        subtotal_micros=5 * EURO, discount_micros=EURO, tax_micros=760_000,
    )  # fmt: skip
    assert [str(x.net) for x in made.lines] == ["9.00 EUR", "-4.00 EUR"]
    assert [x.discount and str(x.discount) for x in made.lines] == ["1.00 EUR", None]
    assert [(x.reason, str(x.amount)) for x in made.allowances] == [("Discount", "1.00 EUR")]
    assert str(made.totals.gross) == "4.76 EUR"


@pytest.mark.parametrize(("lines", "header", "credit", "due"), [
    ([{"amount_micros": 10 * EURO}], {"applied_micros": 3 * EURO}, 3, 7),
    # Credit of the account is no supply, though a dialect writes it as a line.
    ([{"amount_micros": 10 * EURO}, {"amount_micros": -3 * EURO, "kind": "account_credit"}], {"subtotal_micros": 7 * EURO}, 3, 7),
    ([{"amount_micros": -3 * EURO}, {"amount_micros": 3 * EURO, "kind": "account_credit"}], {"subtotal_micros": 0}, -3, 0),
    ([{"amount_micros": -3 * EURO}], {"subtotal_micros": -3 * EURO, "put_aside_micros": 3 * EURO}, -3, 0),
])  # fmt: skip
def test_credit_settles_and_is_never_sold(lines, header, credit, due):
    made = document(
        *lines, **({"subtotal_micros": 10 * EURO} | header), letterhead=LETTERHEADS["de"]
    )
    assert len(made.lines) == 1
    assert (made.totals.credit_applied, made.totals.due) == (eur(credit * 100), eur(due * 100))
    assert (made.payment is None) is (due <= 0)


@pytest.mark.parametrize(("fact", "note", "legend"), [
    (None, "", "No tax is charged."),
    (None, "Small business, §19 UStG", "Small business, §19 UStG"),
    ({"action": "no_charge"}, "Small business, §19 UStG", ""),  # the law's own words
    ({"action": "exempt", "evidence": {"certificate": "TX-7"}}, "", "Exempt from tax by certificate TX-7."),
    ({"action": "exempt", "evidence": {}}, "", "Exempt from tax."),
])  # fmt: skip
def test_a_document_without_tax_says_why(fact, note, legend):
    made = document(
        {"amount_micros": EURO},
        subtotal_micros=EURO,
        tax_fact=fact,
        letterhead=Letterhead(no_tax_note=note),
    )
    assert [group.legend for group in made.tax_groups] == [legend]


def test_a_company_is_named_and_a_person_is_its_contact():
    made = document(
        {"amount_micros": EURO},
        subtotal_micros=EURO,
        company="Acme",
        address_line1="Way 1",
        country=None,
    )
    assert (made.buyer.name, made.buyer.contact, made.buyer.address.lines) == (
        "Acme",
        "Anna",
        ("Way 1",),
    )
    alone = document({"amount_micros": EURO}, subtotal_micros=EURO, name=None)
    assert (alone.buyer.name, alone.buyer.contact) == ("a@example.com", "")


# ---- tax in the currency of the tax office

POUNDS = {
    "fx_rate_id": UUID(int=1), "base": "EUR", "quote": "GBP", "rate": D("0.860000000000"), "source": "ECB",
    "effective_at": datetime(2026, 3, 30, 22, 30, tzinfo=UTC),
}  # fmt: skip
TAX = {"amount_micros": 10 * EURO, "tax_micros": 1_900_000, "tax_rate": D("0.19")}


def test_the_tax_is_told_again_by_the_rate_that_the_invoice_keeps():
    """B20: the day of the rate is the seller's, as it was put on file."""
    head = {"subtotal_micros": 10 * EURO, "tax_micros": 1_900_000}
    made = document(TAX, **head, **POUNDS)
    pounds = Money(1_630_000, currency("GBP"))
    assert made.tax_in == TaxInCurrency(pounds, D("0.86"), "ECB, 2026-03-30", is_inverse=False)
    assert str(made.tax_in.rate) == "0.86"
    other = document(TAX, **head, **(POUNDS | {"base": "GBP", "quote": "EUR", "rate": D("1.25")}))
    assert other.tax_in is not None
    assert (other.tax_in.tax.micros, other.tax_in.is_inverse) == (1_520_000, True)


def test_what_bears_no_tax_or_keeps_no_rate_tells_none_again():
    assert document({"amount_micros": EURO}, subtotal_micros=EURO, **POUNDS).tax_in is None
    assert document(TAX, subtotal_micros=10 * EURO, tax_micros=1_900_000).tax_in is None


# ---- credit notes

TAXED = {"amount_micros": 10 * EURO, "tax_micros": 1_900_000, "tax_rate": D("0.19")}
OTHER = {"amount_micros": 10 * EURO, "tax_micros": 700_000, "tax_rate": D("0.07"), "line_key": "l"}
FREE = {"amount_micros": 10 * EURO, "tax_rate": D(0), "line_key": "f"}


def noted(invoice: Stored, *rows, **said):
    note = row(NOTE, **said)
    made = note_document(
        invoice, note, [row(NOTED, **({"position": n} | r)) for n, r in enumerate(rows)], "en-GB"
    )
    assert contradictions(made) == ()
    return made


def test_a_note_gives_back_lines_with_their_own_tax_and_part_of_the_discount():
    invoice = stored(TAXED, OTHER, subtotal_micros=20 * EURO, tax_micros=2_600_000)
    span = {
        "period_start": datetime(2026, 3, 16, tzinfo=UTC),
        "period_end": datetime(2026, 3, 31, 22, tzinfo=UTC),
    }
    made = noted(
        invoice, {"amount_micros": 5 * EURO} | span, {"amount_micros": 5 * EURO, "gives_back": "l"},
        amount_micros=10_170_000, tax_micros=1_170_000,
    )  # fmt: skip
    assert [x.description for x in made.lines] == ["Credit for unused time: Pro", "Pro"]
    assert [(g.rate, str(g.taxable), str(g.tax)) for g in made.tax_groups] == [
        (19, "4.50 EUR", "0.86 EUR"), (7, "4.50 EUR", "0.31 EUR"),
    ]  # fmt: skip
    assert str(made.totals.allowance) == "1.00 EUR"
    assert made.preceding is not None
    assert made.preceding.number == "RE-1"


@pytest.mark.parametrize(("lines", "tax", "reason", "group", "called"), [
    ([TAXED], 1_900_000, "outage", (STANDARD, 19), "outage"),
    ([TAXED], 0, None, (OUTSIDE, 0), "Correction of invoice RE-1"),
    ([TAXED, FREE], 0, None, (ZERO, 0), "Correction of invoice RE-1"),
])  # fmt: skip
def test_a_note_that_names_no_line_corrects_what_it_can_only_mean(
    lines, tax, reason, group, called
):
    net = sum(each["amount_micros"] for each in lines)
    invoice = stored(*lines, subtotal_micros=net, tax_micros=1_900_000)
    made = noted(invoice, amount_micros=10 * EURO + tax, tax_micros=tax, reason=reason)
    assert [(g.category, g.rate) for g in made.tax_groups] == [group]
    assert made.lines[0].description == called


def test_the_reason_of_a_note_over_lines_stands_among_its_notes():
    invoice = stored(FREE, letterhead=Letterhead(notes=("Thank you.",)), subtotal_micros=10 * EURO)
    given = {"gives_back": "f", "amount_micros": 10 * EURO}
    said = {"amount_micros": 10 * EURO, "tax_micros": 0}
    assert noted(invoice, given, reason="outage", **said).notes == ("outage", "Thank you.")
    assert noted(invoice, given, reason=None, **said).notes == ("Thank you.",)
    whole = noted(invoice, reason="outage", **said)
    assert (whole.lines[0].description, whole.notes) == ("outage", ("Thank you.",))


@pytest.mark.parametrize(("lines", "rows", "why"), [
    ([TAXED, OTHER], [], "names no line"),
    ([TAXED], [{"gives_back": "gone", "amount_micros": 10 * EURO}], "has no such line"),
    ([TAXED], [{"amount_micros": 9 * EURO}], "the books say"),
])  # fmt: skip
def test_a_note_that_fits_no_invoice_is_refused(lines, rows, why):
    net, tax = (sum(each[name] for each in lines) for name in ("amount_micros", "tax_micros"))
    invoice = stored(*lines, subtotal_micros=net, tax_micros=tax)
    with pytest.raises(DocumentInconsistent, match=why):
        noted(invoice, *rows, amount_micros=11_900_000, tax_micros=1_900_000)


def test_an_invoice_without_lines_is_one_line_of_the_tax_its_header_has():
    made = document(subtotal_micros=25 * EURO, discount_micros=5 * EURO, tax_micros=3_800_000)
    assert [(x.description, str(x.net)) for x in made.lines] == [
        ("Services as invoiced", "25.00 EUR")
    ]
    assert [(g.rate, str(g.taxable)) for g in made.tax_groups] == [(19, "20.00 EUR")]


def test_a_tax_that_no_rate_explains_is_refused_with_its_line():
    with pytest.raises(DocumentInconsistent, match=r"lines\[1\].tax"):
        document(TAXED, {"amount_micros": 0, "tax_micros": 10_000},
                 subtotal_micros=10 * EURO, tax_micros=1_910_000)  # fmt: skip
