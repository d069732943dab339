from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.documents.issued import BOOK, CALLS, PRO, cases, issued, line

from trueup.billing.documents.errors import DocumentInconsistent
from trueup.billing.documents.model import Brand, Format, Kind
from trueup.billing.documents.rules import LOGO_SIZE_MAX, contradictions
from trueup.billing.documents.service import render
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

EUR = currency("EUR")
SOUND = issued(PRO, BOOK, CALLS)


def eur(amount):
    return Money.from_major(amount, EUR)


def with_totals(**changed):
    return replace(SOUND, totals=replace(SOUND.totals, **changed))


def with_group(**changed):
    first, *others = SOUND.tax_groups
    return replace(SOUND, tax_groups=(replace(first, **changed), *others))


def with_line(**changed):
    return replace(SOUND, lines=(replace(PRO, **changed), BOOK, CALLS))


@pytest.mark.parametrize("name", sorted(cases()))
def test_what_a_seller_issues_adds_up(name):
    assert contradictions(cases()[name]) == ()


@pytest.mark.parametrize(("document", "fields"), [
    (replace(SOUND, number=" "), ["number"]),
    (replace(SOUND, seller=replace(SOUND.seller, name="")), ["seller.name"]),
    (replace(SOUND, buyer=replace(SOUND.buyer, name="")), ["buyer.name"]),
    (replace(SOUND, lines=()), ["lines"]),
    (with_line(description=""), ["lines[0].description"]),
    (with_line(description="bell \x07"), ["lines[0].description"]),
    (replace(SOUND, notes=("half \ud800",)), ["notes[0]"]),
    (replace(SOUND, kind=Kind.CREDIT_NOTE), ["preceding"]),
    (replace(SOUND, brand=Brand(accent="blue")), ["brand.accent"]),
    (replace(SOUND, brand=Brand(logo_svg=" " * (LOGO_SIZE_MAX + 1))), ["brand.logo_svg"]),
    (with_line(net=Money.from_major("348", currency("USD"))), ["lines[0].net"]),
    (with_totals(due=eur("575.1101")), ["totals.due"]),
    (with_line(discount=eur("-1.00")), ["lines[0].discount", "lines[0].net"]),
    (with_line(quantity=Decimal(11)), ["lines[0].net"]),
    (with_line(tax_rate=Decimal(7)), ["tax_groups[0].taxable", "tax_groups[1].taxable"]),
    (with_line(tax_rate=Decimal(16)), ["tax_groups[0].taxable", "tax_groups"]),
    (replace(SOUND, tax_groups=(*SOUND.tax_groups, SOUND.tax_groups[1])), ["tax_groups[2]", "totals.tax"]),
    (with_group(taxable=eur("440.12")), ["tax_groups[0].taxable"]),
    (with_group(tax=eur("83.63")), ["totals.tax"]),
    (with_totals(lines=eur("488.12")), ["totals.lines", "totals.net"]),
    (with_totals(allowance=eur("1.00")), ["totals.allowance", "totals.net"]),
    (with_totals(gross=eur("575.12")), ["totals.gross", "totals.due"]),
    (with_totals(prepaid=eur("0.01")), ["totals.due"]),
    (with_totals(credit_applied=eur("0.01")), ["totals.due"]),
])  # fmt: skip
def test_a_document_that_contradicts_itself_names_where(document, fields):
    assert [obstacle.field for obstacle in contradictions(document)] == fields


def test_untaxed_categories_bear_no_rate_and_no_tax():
    document = cases()["exempt"]
    taxed = replace(document.tax_groups[0], tax=eur("1.00"))
    found = contradictions(replace(document, tax_groups=(taxed,)))
    assert [obstacle.field for obstacle in found] == ["tax_groups[0]", "totals.tax"]


@pytest.mark.parametrize("form", Format)
def test_nothing_is_rendered_of_a_document_that_contradicts_itself(form):
    with pytest.raises(DocumentInconsistent) as refused:
        render(with_totals(due=eur("575.10")), form)
    assert refused.value.sentence == (
        "Document 'RE-2026-0042' contradicts itself. totals.due is '575.10 EUR': expected 575.11 EUR."
    )


@given(
    quantity=st.decimals(0, 10**6, places=3),
    price=st.decimals(-(10**4), 10**4, places=6),
    discount=st.integers(0, 10**6),
)
def test_any_rounding_of_a_line_to_a_cent_is_accepted_and_a_cent_more_is_not(
    quantity, price, discount
):
    exact = quantity * price * 100 - discount
    down = int(exact.to_integral_value(rounding="ROUND_FLOOR"))
    of = {"discount": str(Decimal(discount) / 100)}
    for cents in (down, down + (exact != down)):
        assert (
            contradictions(
                issued(line("x", str(quantity), str(price), str(Decimal(cents) / 100), **of))
            )
            == ()
        )
    for cents in (down - 1, down + 2):
        assert (
            contradictions(
                issued(line("x", str(quantity), str(price), str(Decimal(cents) / 100), **of))
            )
            != ()
        )
