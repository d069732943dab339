"""Tax is told once more in the currency of the seller's tax office, by the rate at issue (B20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
from tests.unit.billing.invoicing.subscribers import (
    CUSTOMER,
    EURO,
    TAXED,
    UNTAXED,
    agreed,
    at,
    context,
    due,
    subscribed,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.fx.errors import FxRateMissing
from trueup.billing.fx.model import FxRate
from trueup.billing.fx.rules import Rates
from trueup.billing.invoicing.errors import AmountTooLarge
from trueup.billing.invoicing.rules.apart import Asked, billed_apart
from trueup.billing.invoicing.rules.exchanging import (
    EXCHANGES,
    check_tax_rate,
    tax_exchanges,
    tax_rate_of,
)
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.invoicing.rules.rows import LARGEST, papers

IN_POUNDS = replace(TAXED, tax_currency="GBP")
IN_YEN = replace(TAXED, legal_entity_id=UUID(int=0xF), tax_currency="JPY")


def rate(quote: str, number: str, on: str = "01-01", name: int = 1) -> FxRate:
    return FxRate(UUID(int=name), "EUR", quote, Decimal(number), "ECB", at(on))


POUND = rate("GBP", "0.8")


def bill(entity, *rates: FxRate, amount: str = "100", on: datetime | None = None):
    one = subscribed(charge("fee", amount))
    (made,) = papered([due(one, "01-01")], context(one), agreed(None, entity, fx=rates)).bills
    return made if on is None else replace(made, at=on)


@pytest.mark.parametrize(("office", "code", "expected"), [
    (None, "EUR", None), ("EUR", "EUR", None), ("GBP", "EUR", POUND), ("EUR", "GBP", POUND),
])  # fmt: skip
def test_tax_is_told_again_where_the_office_has_another_currency(office, code, expected):
    found = tax_rate_of(replace(TAXED, tax_currency=office), code, at("01-02"), Rates([POUND]))
    assert found == expected


def test_a_bill_whose_tax_cannot_be_told_waits_and_one_without_tax_does_not():
    """No rate is made up: the subscription is parked with a fix."""
    one = subscribed()
    found = papered([due(one, "01-01")], context(one), agreed(None, IN_POUNDS))
    assert [parked.code for parked in found.parked] == ["fx_rate_missing"]
    free = replace(UNTAXED, tax_currency="GBP")
    assert len(papered([due(one, "01-01")], context(one), agreed(None, free)).bills) == 1
    made = bill(IN_POUNDS, POUND)
    check_tax_rate(replace(made, draft=None), Rates())
    with pytest.raises(FxRateMissing):
        check_tax_rate(made, Rates())


def test_what_is_billed_apart_waits_for_its_rate_too():
    asked = Asked(UUID(int=0xD), CUSTOMER, at("03-15"), zone("Europe/Berlin"))
    around = context(pending={(CUSTOMER, "EUR"): (waiting(1, 100),)})
    with pytest.raises(FxRateMissing):
        billed_apart(asked, around, agreed(None, IN_POUNDS))
    assert len(billed_apart(asked, around, agreed(None, IN_POUNDS, fx=[rate("GBP", "1", "03-01")]))) == 1  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
def test_a_tax_that_has_no_place_in_the_books_of_the_office_is_refused(sign):
    made = bill(IN_POUNDS, POUND)
    assert made.draft is not None
    for micros, fits in ((LARGEST // 8 // 10_000 * 10_000, True), (LARGEST // 8 * 2, False)):
        large = replace(made, draft=replace(made.draft, tax_micros=sign * micros))
        eightfold = Rates([rate("GBP", "8")])
        if fits:
            check_tax_rate(large, eightfold)
            continue
        with pytest.raises(AmountTooLarge):
            check_tax_rate(large, eightfold)


def test_the_taxes_of_invoices_are_rows_by_the_rate_at_their_issue():
    pounds, yen = (POUND, rate("GBP", "0.9", "02-01", 2)), rate("JPY", "160", name=3)
    bills = [
        bill(IN_POUNDS, *pounds),
        replace(bill(IN_POUNDS, *pounds, on=at("02-02")), invoice_id=UUID(int=2)),
        replace(bill(IN_YEN, yen, amount="1.01"), invoice_id=UUID(int=3)),
        replace(bill(IN_YEN, yen, amount="1.01"), invoice_id=UUID(int=6)),
        replace(bill(replace(TAXED, legal_entity_id=UUID(int=9))), invoice_id=UUID(int=4)),
        replace(bill(replace(UNTAXED, tax_currency="GBP")), invoice_id=UUID(int=5)),
    ]
    invoices = papers(bills, {str(bills[0].subscription): zone("Europe/Berlin")}).invoices
    made = tax_exchanges(
        invoices, [IN_POUNDS, IN_YEN, replace(TAXED, legal_entity_id=UUID(int=9))], Rates([*pounds, yen])
    )  # fmt: skip
    assert made.schema == EXCHANGES
    assert made.to_pylist() == [
        {"invoice_id": i.bytes, "fx_rate_id": UUID(int=r).bytes, "currency": c, "tax_micros": m}
        for i, r, c, m in (
            (bills[0].invoice_id, 1, "GBP", 15_200_000),
            (UUID(int=2), 2, "GBP", 17_100_000),
            (UUID(int=3), 3, "JPY", 30 * EURO),  # 0.19 EUR are 30.4 yen
            (UUID(int=6), 3, "JPY", 30 * EURO),
        )
    ]


def test_where_no_office_has_another_currency_nothing_is_asked():
    invoices = papers([bill(TAXED)], {str(bill(TAXED).subscription): zone("Europe/Berlin")}).invoices  # fmt: skip
    assert tax_exchanges(invoices, [TAXED], Rates()) == EXCHANGES.empty_table()
    same = replace(TAXED, tax_currency="EUR")
    assert tax_exchanges(invoices, [same], Rates()) == pa.table(EXCHANGES.empty_table())
    with pytest.raises(FxRateMissing):
        tax_exchanges(invoices, [IN_POUNDS], Rates())
