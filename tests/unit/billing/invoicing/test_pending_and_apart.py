"""What waits for an invoice: which goes along, in which order, and what is billed at a person's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.invoicing.subscribers import (
    BERLIN,
    CENT,
    CUSTOMER,
    TAXED,
    UNTAXED,
    agreed,
    at,
    context,
    figures,
    ident,
    key,
    lines_of,
    subscribed,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import day

from trueup.billing.dialect.model import CreditUse, Dialect
from trueup.billing.discounts.model import SpendableCredit
from trueup.billing.drafting.model import LineKind
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import InvoiceKind, Spent
from trueup.billing.invoicing.rules.apart import Asked, billed_apart
from trueup.billing.invoicing.rules.pending import going_along, in_order, line_of
from trueup.billing.rating.derivation import Flat
from trueup.billing.taxes.model import Buyer
from trueup.kernel.currency import currency
from trueup.kernel.ids import derived_id

EUR = currency("EUR")
ABROAD = replace(UNTAXED, legal_entity_id=UUID(int=0xF), code="us")
WORD = UUID(int=0xD)
ASKED = Asked(WORD, CUSTOMER, at("03-15"), BERLIN, net_days=10)


def names(items) -> list[str]:
    return [item.description for item in items]


# ---- which, and in which order


@pytest.mark.parametrize(("said", "goes"), [
    ({}, True),
    ({"goes_with": ident(1)}, True),
    ({"goes_with": ident(2)}, False),
    ({"occurred_at": at("03-14")}, True),
    ({"occurred_at": at("03-15")}, True),
    ({"occurred_at": at("03-16") - timedelta(seconds=1)}, True),  # still that day in Berlin
    ({"occurred_at": at("03-16")}, False),
    ({"goes_with": ident(2), "occurred_at": at("03-14")}, False),
])  # fmt: skip
def test_what_goes_along_fits_the_invoice_and_had_occurred_by_its_day(said, goes):
    found = going_along([waiting(1, 5, **said)], {ident(1)}, day("03-15"), BERLIN)
    assert bool(found) is goes


@given(st.permutations(range(5)))
def test_items_stand_by_time_whatever_order_they_came_in(order):
    times = [None, None, at("01-01"), at("01-01"), at("02-01")]
    items = [waiting(n, 1, occurred_at=times[n]) for n in range(5)]
    assert in_order(items[n] for n in order) == items


def test_a_line_of_an_item_is_its_amount_as_agreed_for_no_time_and_no_item():
    line = line_of(waiting(7, 250, subscription_id=ident(1)), EUR, Dialect())
    assert line.key == f"{key(1)}/pending/{waiting(7, 0).pending_item_id}"
    assert (line.kind, line.contract, line.amount_micros) == (LineKind.ONE_OFF, key(1), 250 * CENT)
    assert (line.item, line.plan, line.component, line.span, line.full) == (None,) * 5
    assert (line.description, line.derivation) == ("item 7", Flat(Decimal("2.5")))


def test_a_line_of_an_item_of_nothing_is_the_customers():
    line = line_of(waiting(7, -250), EUR, Dialect())
    assert (line.key, line.contract, line.amount_micros) == (
        f"pending/{waiting(7, 0).pending_item_id}",
        None,
        -250 * CENT,
    )


# ---- billed apart


def test_what_waits_is_billed_at_a_persons_word_and_of_nothing_else():
    items = (waiting(2, 250, occurred_at=at("03-01")), waiting(1, 100))
    (bill,) = billed_apart(ASKED, context(pending={(CUSTOMER, "EUR"): items}), agreed())
    assert lines_of(bill) == ["one_off item 1 1.00", "one_off item 2 2.50"]
    assert figures(bill) == [350, 0, 0, 0, 0, 350]
    assert (bill.kind, bill.at, bill.due_at) == (InvoiceKind.MANUAL, at("03-15"), at("03-15") + timedelta(days=10))  # fmt: skip
    assert (bill.customer_id, bill.subscription, bill.currency) == (CUSTOMER, None, "EUR")
    assert bill.pending == tuple(waiting(n, 0).pending_item_id for n in (1, 2))
    ids = [str(name) for name in bill.pending]
    assert bill.invoice_id == derived_id(WORD, "invoice", *ids)
    assert (bill.treatment, bill.tax_fact) == (None, None)


def test_an_invoice_apart_is_one_currency_entity_and_dialect():
    """B20: and each of them settles what the ones before have left of the credit."""
    items = {
        (CUSTOMER, "USD"): (waiting(1, 100, currency="USD"),),
        (CUSTOMER, "EUR"): (
            waiting(2, 100),
            waiting(3, 200, legal_entity_id=ABROAD.legal_entity_id),
            waiting(4, 400, dialect="lago"),
            waiting(5, 800),
        ),
        (UUID(int=0xD), "EUR"): (waiting(6, 999, customer_id=UUID(int=0xD)),),
    }
    held = {(CUSTOMER, "EUR"): (SpendableCredit(str(UUID(int=1)), 250 * CENT, "EUR", 0, at("01-01")),)}  # fmt: skip
    lago = Dialect(name="lago", credit_use=CreditUse.LINE)
    found = billed_apart(
        ASKED, context(pending=items, credits=held), agreed(None, UNTAXED, ABROAD, lago=lago)
    )
    said = [(b.currency, b.entity.code, figures(b)[0], b.spent) for b in found]
    spent = [(Spent(UUID(int=1), cents * CENT),) for cents in (200, 50)]
    assert said == [
        ("EUR", "us", 200, spent[0]),
        ("EUR", "de", 900, spent[1]),
        ("EUR", "de", 400, ()),
        ("USD", "de", 100, ()),
    ]
    assert [b.is_settled_by_line for b in found] == [False, False, True, False]


@pytest.mark.parametrize(("of", "whose"), [
    ([1, 1], ident(1)),
    ([1, 2], None),
    ([1, None], None),
    ([None, None], None),
])  # fmt: skip
def test_an_invoice_apart_is_a_subscriptions_where_all_of_it_is(of, whose):
    items = tuple(
        waiting(n, 100, subscription_id=None if s is None else ident(s)) for n, s in enumerate(of)
    )
    (bill,) = billed_apart(ASKED, context(pending={(CUSTOMER, "EUR"): items}), agreed())
    assert bill.subscription == whose


def test_an_invoice_apart_bears_tax_and_has_no_days_of_grace():
    """Who asks has looked: credits settle it at once (B46, B49)."""
    held = {(CUSTOMER, "EUR"): (SpendableCredit(str(UUID(int=1)), 50 * CENT, "EUR", 0, at("01-01")),)}  # fmt: skip
    waits = replace(TAXED, grace_days=3)
    around = context(pending={(CUSTOMER, "EUR"): (waiting(1, 100),)}, credits=held)
    (bill,) = billed_apart(ASKED, around, agreed(None, waits))
    assert figures(bill) == [100, 0, 19, 50, 0, 69]
    assert bill.entity == TAXED
    assert bill.tax_fact is not None
    unknown = context(pending={(CUSTOMER, "EUR"): (waiting(1, 100),)}, buyer=Buyer(None))
    with pytest.raises(TaxPending):
        billed_apart(ASKED, unknown, agreed(None, waits))


def test_an_invoice_apart_is_taxed_by_the_customers_local_day():
    """Midnight in Berlin is the day before in UTC; Estonia has 22 % since 2024."""
    around = context(pending={(CUSTOMER, "EUR"): (waiting(1, 100),)}, buyer=Buyer("EE"))
    (bill,) = billed_apart(Asked(WORD, CUSTOMER, at("01-01"), BERLIN), around, agreed(None, TAXED))
    assert figures(bill)[2] == 22


def test_where_nothing_waits_there_is_no_invoice():
    assert billed_apart(ASKED, context(subscribed()), agreed()) == []
