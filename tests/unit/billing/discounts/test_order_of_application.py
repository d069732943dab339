"""B42: discounts, then tax, then credits; a credit never lowers what is taxed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trueup.billing.discounts.model import (
    Coupon,
    Discount,
    DiscountableLine,
    DiscountConvention,
    SpendableCredit,
)
from trueup.billing.discounts.rules.coupons import discount_lines
from trueup.billing.discounts.rules.credit_order import spend_credits
from trueup.billing.taxes.model import TaxConvention, TaxRate, TaxRounding
from trueup.billing.taxes.rules.amounts import tax_amounts
from trueup.kernel.currency import currency

EUR = currency("EUR")
CENT = EUR.step_micros
NOW = datetime(2023, 10, 19, tzinfo=UTC)
LAGO = TaxConvention(rounding_place=TaxRounding.INVOICE)


@pytest.mark.parametrize(("cents", "coupons", "percent", "tax", "total"), [
    ([1999, 99290, 299770, 3130, 6460, 3130], [1000, 1000], "10", 41178, 452957),   # lago-033
    ([1999, 6833, 20033], [1000], "20", 5573, 33438),                               # lago-034
])  # fmt: skip
def test_b42_tax_is_taken_of_what_discounts_leave(cents, coupons, percent, tax, total):
    held = [
        Discount.given(str(i), Coupon("ten", amount_micros=off * CENT, currency="EUR"), NOW)
        for i, off in enumerate(coupons)
    ]
    lines = [DiscountableLine(amount * CENT) for amount in cents]
    off = discount_lines(lines, held, currency=EUR, at=NOW, convention=DiscountConvention()).off
    left = [line.amount_micros - part for line, part in zip(lines, off, strict=True)]
    taxed = tax_amounts(left, (TaxRate.from_percent(percent),), currency=EUR, convention=LAGO)
    assert (taxed.tax_micros, taxed.gross_micros) == (tax * CENT, total * CENT)


def test_b42_credits_pay_the_gross_and_leave_the_tax_alone():
    taxed = tax_amounts(
        [10_000 * CENT], (TaxRate.from_percent("20"),), currency=EUR, convention=LAGO
    )
    credit = SpendableCredit("c", 11_000 * CENT, "EUR", 0, NOW)
    [use] = spend_credits([credit], taxed.gross_micros, currency=EUR, at=NOW)
    assert taxed.tax_micros == 2_000 * CENT
    assert taxed.gross_micros - use.amount_micros == 1_000 * CENT
