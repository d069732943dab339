"""Each contradiction with both figures and the remedy, as people read it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.billing.documents.issued import BOOK, CALLS, PRO, issued

from trueup.billing.documents.model import Allowance, Brand, Kind, TaxCategory
from trueup.billing.documents.rules import LOGO_SIZE_MAX, contradictions, texts
from trueup.kernel.currency import currency
from trueup.kernel.money import Money

EUR = currency("EUR")
SOUND = issued(PRO, BOOK, CALLS)


def eur(amount):
    return Money.from_major(amount, EUR)


def line(**changed):
    return replace(SOUND, lines=(replace(PRO, **changed), BOOK, CALLS))


def totals(**changed):
    return replace(SOUND, totals=replace(SOUND.totals, **changed))


@pytest.mark.parametrize(("document", "told"), [
    (replace(SOUND, number=" "), ["number is ' ': a document names it"]),
    (replace(SOUND, lines=()), ["lines is '()': a document has at least one line"]),
    (line(description=""), ["lines[0].description is '': say what it is for"]),
    (line(description="bell \x07"), [r"lines[0].description is 'bell \x07': it has control characters; remove them"]),
    (replace(SOUND, kind=Kind.CREDIT_NOTE), ["preceding is 'None': a credit note names the invoice it corrects"]),
    (replace(SOUND, brand=Brand(accent="blue")), ["brand.accent is 'blue': write a colour as #rrggbb"]),
    (replace(SOUND, brand=Brand(logo_svg=" " * (LOGO_SIZE_MAX + 1))), ["brand.logo_svg is '200001 characters': use a logo of at most 200000"]),
    (replace(SOUND, brand=Brand(logo_svg=" " * LOGO_SIZE_MAX)), []),
    (line(net=Money.from_major("348", currency("USD"))), ["lines[0].net is '348.00 USD': the document is in EUR"]),
    (totals(due=eur("575.1101")), ["totals.due is '575.110100 EUR': an issued amount is a whole number of steps"]),
    (line(discount=eur("-1.00")), [
        "lines[0].discount is '-1.00 EUR': a discount is positive",
        "lines[0].net is '348.00 EUR': expected 12 times 29.00, less the discount",
    ]),
    (line(quantity=Decimal(11)), ["lines[0].net is '348.00 EUR': expected 11 times 29.00, less the discount"]),
    (line(tax_rate=Decimal(7)), [
        "tax_groups[0].taxable is '440.13 EUR': its lines come to 92.13 EUR",
        "tax_groups[1].taxable is '48.00 EUR': its lines come to 396.00 EUR",
    ]),
    (line(tax_rate=Decimal(16)), [
        "tax_groups[0].taxable is '440.13 EUR': its lines come to 92.13 EUR",
        "tax_groups is 'standard 16 %': lines have it; sum it up in a group",
    ]),
    (replace(SOUND, tax_groups=(*SOUND.tax_groups, SOUND.tax_groups[1])), [
        "tax_groups[2] is 'standard 7 %': no line is in it, or twice",
        "totals.tax is '86.98 EUR': expected 90.34 EUR",
    ]),
    (totals(lines=eur("488.12")), [
        "totals.lines is '488.12 EUR': expected 488.13 EUR",
        "totals.net is '488.13 EUR': expected 488.12 EUR",
    ]),
    (replace(SOUND, allowances=(Allowance("x", eur("-1"), TaxCategory.STANDARD, PRO.tax_rate),)), [
        "allowances[0].amount is '-1.00 EUR': an allowance is positive",
        "tax_groups[0].taxable is '440.13 EUR': its lines come to 441.13 EUR",
        "totals.allowance is '0.00 EUR': expected -1.00 EUR",
    ]),
])  # fmt: skip
def test_a_contradiction_is_told_with_both_figures_and_the_remedy(document, told):
    assert [str(obstacle) for obstacle in contradictions(document)] == told


@pytest.mark.parametrize(("quantity", "is_told"), [
    ("12", False),
    ("12.0003", False),       # 348.0087: a cent less by rounding down
    ("11.9997", False),       # 347.9913: a cent more by rounding up
    ("12.0004", True),        # 348.0116
    ("11.9996", True),        # 347.9884
])  # fmt: skip
def test_a_net_may_be_rounded_by_any_mode_and_no_further(quantity, is_told):
    fields = [each.field for each in contradictions(line(quantity=Decimal(quantity)))]
    assert fields == (["lines[0].net"] if is_told else [])


def test_every_text_is_found_by_its_path():
    found = dict(texts(SOUND))
    assert found["number"] == SOUND.number
    assert found["lines[1].description"] == BOOK.description
    assert found["seller.address.lines[0]"] == SOUND.seller.address.lines[0]
    assert dict(texts(("a", 1, ("b",)), "x")) == {"x[0]": "a", "x[2][0]": "b"}
