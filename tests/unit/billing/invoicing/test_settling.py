"""What settles an invoice, what is given back, and what goes along with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import (
    CENT,
    CUSTOMER,
    EURO,
    TAXED,
    UNTAXED,
    agreed,
    at,
    booked,
    context,
    credit,
    due,
    figures,
    ident,
    lines_of,
    only,
    subscribed,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge, day

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import CreditForm, CreditUse, Dialect, Shortfall
from trueup.billing.discounts.model import (
    CreditOrder,
    DiscountConvention,
)
from trueup.billing.invoicing.model import Spent
from trueup.billing.invoicing.rules.papering import after, papered
from trueup.billing.subscriptions.rules import ending, timeline

JOINT = {"is_joint": True}


# ---- credits


def test_credits_settle_after_tax_in_order_and_never_more_than_is_due():
    """B42."""
    one = subscribed(charge("fee", "100"))
    held = {
        (CUSTOMER, "EUR"): (
            credit(1, 5000, priority=2),
            credit(2, 8000, priority=1),
            credit(3, 9000, priority=0, expires_at=at("01-01")),
        ),
        (CUSTOMER, "USD"): (credit(4, 9000, currency="USD"),),
    }
    bill = only(papered([due(one, "01-01")], context(one, credits=held), agreed(None, TAXED)))
    assert figures(bill) == [10_000, 0, 1900, 11_900, 0, 0]
    assert bill.spent == (
        Spent(UUID(int=2), 8000 * CENT),
        Spent(UUID(int=1), 3900 * CENT),
    )
    assert (bill.account_micros, bill.is_settled_by_line) == (0, False)


def test_credit_that_expires_later_counts():
    one = subscribed()
    held = {(CUSTOMER, "EUR"): (credit(1, 400, expires_at=at("01-02")),)}
    bill = only(papered([due(one, "01-01")], context(one, credits=held), agreed()))
    assert bill.spent == (Spent(UUID(int=1), 400 * CENT),)


def test_a_dialect_says_which_credit_goes_first():
    one = subscribed()
    held = {
        (CUSTOMER, "EUR"): (
            credit(1, 1000, priority=0),
            credit(2, 1000, priority=9, expires_at=at("03-01")),
        )
    }
    dialect = Dialect(discounts=DiscountConvention(credit_order=CreditOrder.EXPIRY_FIRST))
    bill = only(papered([due(one, "01-01")], context(one, credits=held), agreed(dialect)))
    assert bill.spent == (Spent(UUID(int=2), 1000 * CENT),)


def test_an_invoice_in_its_days_of_grace_settles_nothing():
    """B49."""
    one = subscribed()
    held = {(CUSTOMER, "EUR"): (credit(1, 400),)}
    waits = replace(UNTAXED, grace_days=3)
    bill = only(papered([due(one, "01-01")], context(one, credits=held), agreed(None, waits)))
    assert (bill.spent, figures(bill)) == ((), [1000, 0, 0, 0, 0, 1000])


@pytest.mark.parametrize(("use", "account", "by_line", "total"), [
    (CreditUse.APPLIED, 0, False, 600),
    (CreditUse.LINE, -400, True, 600),
    (CreditUse.SETTLED, 0, False, 1000),
])  # fmt: skip
def test_how_credit_shows_is_the_dialects_word(use, account, by_line, total):
    one = subscribed()
    held = {(CUSTOMER, "EUR"): (credit(1, 400),)}
    bill = only(
        papered([due(one, "01-01")], context(one, credits=held), agreed(Dialect(credit_use=use)))
    )
    assert (bill.account_micros, bill.is_settled_by_line) == (account * CENT, by_line)
    assert figures(bill) == [1000, 0, 0, 400, 0, total]


def test_one_credit_is_spent_once_over_the_bills_of_a_run():
    pair = [subscribed(number=n) for n in (1, 2)]
    held = {(CUSTOMER, "EUR"): (credit(1, 1500), credit(2, 100))}
    found = papered([due(s, "01-01") for s in pair], context(*pair, credits=held), agreed())
    assert [bill.spent for bill in found.bills] == [
        (Spent(UUID(int=1), 1000 * CENT),),
        (Spent(UUID(int=1), 500 * CENT), Spent(UUID(int=2), 100 * CENT)),
    ]


def test_after_a_bill_what_it_spent_and_took_along_is_there_no_more():
    one = subscribed()
    held = {
        (CUSTOMER, "EUR"): (credit(1, 1000), credit(2, 500)),
        (CUSTOMER, "USD"): (credit(3, 7),),
    }
    items = {(CUSTOMER, "EUR"): (waiting(1, 50), waiting(2, 60, goes_with=ident(9)))}
    before = context(one, credits=held, pending=items)
    bill = only(papered([due(one, "01-01")], before, agreed()))
    assert bill.pending == (waiting(1, 0).pending_item_id,)
    left = after(before, bill)
    assert left.credits[CUSTOMER, "EUR"] == (credit(2, 450),)
    assert left.credits[CUSTOMER, "USD"] == (credit(3, 7),)
    assert left.pending == {(CUSTOMER, "EUR"): (waiting(2, 60, goes_with=ident(9)),)}
    assert after(before, replace(bill, spent=(), pending=())) is before
    only_spent = after(before, replace(bill, pending=()))
    assert only_spent.pending == items


# ---- what is given back


def changed(dialect: Dialect, *, entity: Any = UNTAXED, fee: str = "31") -> Any:
    """A plan of 31 EUR billed for January and cancelled on the 21st: 11 days are given back."""
    one = subscribed(charge("fee", fee))
    first = only(papered([due(one, "01-01")], context(one), agreed(dialect, entity)))
    ended = replace(one, contract=ending.cancel(one.contract, day("01-21")))
    books = {ident(1): booked(one, first)}
    found = papered([due(ended, "01-21")], context(ended, books=books), agreed(dialect, entity))
    return first, only(found)


def test_credit_is_a_line_and_the_rest_goes_to_the_account():
    """B19, B31."""
    _, bill = changed(Dialect())
    assert lines_of(bill) == ["credit fee 01-21..02-01 -11.00"]
    assert figures(bill) == [-1100, 0, 0, 0, 1100, 0]
    assert (bill.account_micros, bill.notes) == (1100 * CENT, ())


def test_a_dialect_may_leave_a_total_below_zero():
    _, bill = changed(Dialect(shortfall=Shortfall.NEGATIVE))
    assert (bill.account_micros, figures(bill)[-1]) == (0, -1100)


def test_a_dialect_gives_back_by_a_note_against_the_invoice_that_charged():
    """B48: with its part of the tax; nothing else to bill is no invoice."""
    first, bill = changed(Dialect(credit_form=CreditForm.CREDIT_NOTE), entity=TAXED, fee="310")
    assert bill.draft is None
    (note,) = bill.notes
    assert note.invoice == str(first.invoice_id)
    assert (note.net_micros, note.tax_micros) == (110 * EURO, 20_900_000)
    assert [line.gives_back for line in note.lines] == [first.draft.lines[0].key]


def test_notes_go_beside_the_invoice_of_what_is_charged_one_for_each_invoice():
    """B32: an upgrade in the middle of a month, of lines that two invoices billed."""
    dialect = Dialect(credit_form=CreditForm.CREDIT_NOTE)
    one = subscribed(charge("fee", "31"), charge("seats", "62"))
    first = only(papered([due(one, "01-01")], context(one), agreed(dialect)))
    whole = booked(one, first)
    # As if two invoices had billed the two charges.
    other = {k: replace(f, invoice="other") for k, f in whole.facts.items() if "seats" in k}
    books = {ident(1): replace(whole, facts={**whole.facts, **other})}
    ended = ending.cancel(one.contract, day("01-21"))
    more = timeline.add_charge(one.contract, charge("more", "31"), day("01-21"), Decimal(1))
    both = replace(ended, items=(*ended.items, more.items[-1]))
    found = papered(
        [due(one, "01-21")], context(replace(one, contract=both), books=books), agreed(dialect)
    )
    bill = only(found)
    assert lines_of(bill) == ["recurring more 01-21..02-01 11.00"]
    assert [(note.invoice, note.net_micros) for note in bill.notes] == [
        (str(first.invoice_id), 11 * EURO),
        ("other", 22 * EURO),
    ]


# ---- what waits goes along


def test_what_waits_goes_along_but_makes_no_invoice():
    one = subscribed()
    items = {
        (CUSTOMER, "EUR"): (
            waiting(1, 250, occurred_at=at("01-01")),
            waiting(2, -50),
            waiting(3, 99, goes_with=ident(7)),
            waiting(4, 99, occurred_at=at("01-02")),
        ),
        (CUSTOMER, "USD"): (waiting(5, 99, currency="USD"),),
    }
    found = papered([due(one, "01-01")], context(one, pending=items), agreed())
    bill = only(found)
    assert lines_of(bill) == [
        "recurring fee 01-01..02-01 10.00",
        "one_off item 2 -0.50",
        "one_off item 1 2.50",
    ]
    assert bill.pending == (items[CUSTOMER, "EUR"][1].pending_item_id, items[CUSTOMER, "EUR"][0].pending_item_id)  # fmt: skip
    quiet = subscribed(charge("later", timing=Timing.IN_ARREARS))
    assert papered([due(quiet, "01-01")], context(quiet, pending=items), agreed()).bills == ()


def test_an_item_is_taken_by_the_first_bill_of_a_run_only():
    pair = [subscribed(number=n) for n in (1, 2)]
    items = {(CUSTOMER, "EUR"): (waiting(1, 250), waiting(2, 30, goes_with=ident(2)))}
    found = papered([due(s, "01-01") for s in pair], context(*pair, pending=items), agreed())
    assert [len(bill.pending) for bill in found.bills] == [1, 1]


def test_a_joint_invoice_takes_what_goes_with_any_of_its_subscriptions():
    pair = [subscribed(number=n, **JOINT) for n in (1, 2)]
    items = {(CUSTOMER, "EUR"): tuple(waiting(n, n, goes_with=ident(n)) for n in (1, 2, 3))}
    bill = only(papered([due(s, "01-01") for s in pair], context(*pair, pending=items), agreed()))
    assert bill.pending == tuple(waiting(n, 0).pending_item_id for n in (1, 2))


def test_a_note_alone_takes_nothing_along():
    dialect = Dialect(credit_form=CreditForm.CREDIT_NOTE)
    one = subscribed(charge("fee", "31"))
    first = only(papered([due(one, "01-01")], context(one), agreed(dialect)))
    ended = replace(one, contract=ending.cancel(one.contract, day("01-21")))
    stands = context(
        ended,
        books={ident(1): booked(one, first)},
        pending={(CUSTOMER, "EUR"): (waiting(1, 250),)},
    )
    bill = only(papered([due(ended, "01-21")], stands, agreed(dialect)))
    assert (bill.pending, bill.draft) == ((), None)
