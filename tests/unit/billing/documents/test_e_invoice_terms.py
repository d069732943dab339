from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it has no types
from tests.unit.billing.documents.issued import cases, issued, line

from trueup.billing.documents.cii import cii
from trueup.billing.documents.terms import amount_text, number_text, priced
from trueup.billing.documents.ubl import ubl
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


@pytest.mark.parametrize(("quantity", "price", "net", "discount", "expected"), [
    ("12", "29.00", "348.00", None, ("12", "29", None)),
    ("1", "-33.68", "-33.68", None, ("-1", "33.68", None)),  # BR-27: a price is never negative
    ("184250", None, "92.13", None, ("184250", "92.13", "184250")),  # tiers: the price of all of it
    ("3", None, "70.00", "17.00", ("3", "87", "3")),
    ("5", None, "-2.50", None, ("-5", "2.5", "5")),
    ("9000", None, "0", None, ("0", "0", None)),
    ("0", None, "10.00", None, ("1", "10", None)),  # a fee on no use: one of the amount
    ("0", None, "-10.00", None, ("-1", "10", None)),
])  # fmt: skip
def test_a_line_has_a_price_that_is_not_negative(quantity, price, net, discount, expected):
    found = priced(line("x", quantity, price, net, discount=discount))
    size = None if found.price_quantity is None else number_text(found.price_quantity)
    assert (number_text(found.quantity), number_text(found.price), size) == expected


@given(quantity=st.decimals(-(10**6), 10**6, places=3), cents=st.integers(-(10**9), 10**9))
def test_quantity_times_price_is_the_amount_whatever_made_it(quantity, cents):
    net = Decimal(cents) / 100
    found = priced(line("x", str(quantity), None, str(net)))
    assert found.price >= 0
    assert found.quantity * found.price == net * (found.price_quantity or 1)


@pytest.mark.parametrize(("amount", "code", "text"), [
    ("1234.5", "EUR", "1234.50"), ("-0.07", "EUR", "-0.07"), ("1234", "JPY", "1234"), ("59.000", "KWD", "59.00"),
])  # fmt: skip
def test_amounts_have_two_decimals_at_most(amount, code, text):
    assert amount_text(Money.from_major(amount, currency(code))) == text


@pytest.mark.parametrize(("number", "text"), [("1E+3", "1000"), ("19.00", "19"), ("0.0225", "0.0225"), ("100", "100"), ("0", "0")])  # fmt: skip
def test_numbers_are_written_out(number, text):
    assert number_text(Decimal(number)) == text


@pytest.mark.parametrize("write", [ubl, cii])
def test_text_is_text_whatever_it_looks_like(write):
    hostile = '<!ENTITY x "y"> ]]> & "quoted" \'too\' </Invoice>'
    root = etree.fromstring(write(issued(line(hostile, "1", "1.00", "1.00"))))
    assert hostile in root.itertext()


@pytest.mark.parametrize("write", [ubl, cii])
def test_no_vat_id_stands_outside_the_scope_of_vat(write):
    assert b"DE136695976" not in write(cases()["outside_scope"])
    assert b"DE136695976" in write(cases()["export"])


@pytest.mark.parametrize("write", [ubl, cii])
def test_reverse_charge_says_so_with_both_vat_ids(write):
    xml = write(cases()["reverse_charge"]).decode()
    assert all(
        part in xml
        for part in ("DE136695976", "FR83404833048", "VATEX-EU-AE", "Autoliquidation", ">AE<")
    )


def test_what_was_paid_and_what_a_credit_covers_are_one_sum():
    root = etree.fromstring(ubl(cases()["prepaid_and_credit"]))
    assert root.findtext(f".//{CBC}PrepaidAmount") == "150.00"
    assert root.findtext(f".//{CBC}PayableAmount") == "264.12"


def test_a_span_ends_on_its_last_day():
    root = etree.fromstring(ubl(cases()["domestic"]))
    assert root.findtext(f".//{CBC}EndDate") == "2026-01-31"


def test_the_same_document_gives_the_same_bytes():
    assert [ubl(cases()["two_rates"]), cii(cases()["two_rates"])] == [
        ubl(cases()["two_rates"]),
        cii(cases()["two_rates"]),
    ]
