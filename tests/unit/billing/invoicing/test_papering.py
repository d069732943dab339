"""From what is owed to invoices: one a subscription, or one for all that go together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import (
    CENT,
    CUSTOMER,
    EURO,
    GERMAN,
    TAXED,
    UNTAXED,
    agreed,
    at,
    booked,
    context,
    due,
    figures,
    ident,
    key,
    lines_of,
    subscribed,
    told,
    used,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import CreditForm, CreditUse, Dialect, Shortfall
from trueup.billing.discounts.model import (
    Coupon,
    CreditOrder,
    Discount,
    DiscountConvention,
    SpendableCredit,
)
from trueup.billing.drafting.model import LineKind
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import InvoiceKind, Spent
from trueup.billing.invoicing.rules.papering import after, decided, papered, situation, watched
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import ChargeKind, Threshold
from trueup.billing.taxes.model import Buyer, CheckState, NumberCheck, TaxAction
from trueup.billing.taxes.rules.numbers import vat_number
from trueup.kernel.ids import derived_id

CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")
AT_ONCE = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ADVANCE, meter="calls")
JOINT = {"is_joint": True}
UNKNOWN = Buyer(None)


def credit(number: int, cents: int, **more: Any) -> SpendableCredit:
    plain: dict[str, Any] = {"currency": "EUR", "priority": 0, "granted_at": at("01-01")}
    return SpendableCredit(str(UUID(int=number)), cents * CENT, **(plain | more))


def off(percent: int, name: str = "d", **more: Any) -> Discount:
    return Discount.given(name, Coupon(name, percent_ppm=percent * 10_000, **more), at("01-01"))


def only(outcome: Any) -> Any:
    (bill,) = outcome.bills
    return bill


# ---- one subscription, one invoice


def test_a_due_subscription_is_billed_as_of_its_own_moment_and_moves_on():
    one = subscribed(net_days=14)
    found = papered([due(one, "01-01")], context(one), agreed())
    bill = only(found)
    assert lines_of(bill) == ["recurring fee 01-01..02-01 10.00"]
    assert figures(bill) == [1000, 0, 0, 0, 0, 1000]
    assert (bill.customer_id, bill.subscription, bill.currency) == (CUSTOMER, ident(1), "EUR")
    assert (bill.at, bill.due_at) == (at("01-01"), at("01-01") + timedelta(days=14))
    assert (bill.entity, bill.kind, bill.treatment, bill.tax_fact) == (
        UNTAXED,
        InvoiceKind.CYCLE,
        None,
        None,
    )
    (moved,) = found.advanced
    assert moved.next_bill_at == at("02-01")
    assert found.parked == ()


def test_an_invoice_has_the_identity_of_its_subscription_moment_and_orders():
    """B39: the same when it is asked again, another one after an order."""
    ids = [
        only(papered([due(one, "01-01")], context(one), agreed())).invoice_id
        for one in (subscribed(), subscribed(), subscribed(orders=1))
    ]
    assert ids[0] == ids[1] == derived_id(ident(1), "invoice", at("01-01").isoformat(), "0")
    assert ids[2] == derived_id(ident(1), "invoice", at("01-01").isoformat(), "1")


def test_who_owes_nothing_has_no_invoice_and_moves_on():
    one = subscribed(charge("later", timing=Timing.IN_ARREARS))
    found = papered([due(one, "01-01")], context(one), agreed())
    assert found.bills == ()
    assert [moved.next_bill_at for moved in found.advanced] == [at("02-01")]


def test_bills_come_in_the_order_of_their_moments():
    late, early = subscribed(number=1, start="02-01"), subscribed(number=2)
    found = papered([due(late, "02-01"), due(early, "01-01")], context(late, early), agreed())
    assert [bill.at for bill in found.bills] == [at("01-01"), at("02-01")]
    assert [bill.subscription for bill in found.bills] == [ident(2), ident(1)]


def test_usage_that_comes_after_the_moment_of_a_bill_is_not_on_it():
    """B11: a late run bills each period as a run in time would have."""
    one = subscribed(CALLS)
    usage = {ident(1): (used("01-31", "3"), used("02-01", "5"), used("02-02", "9"))}
    case = situation(one, at("02-01"), context(one, usage=usage), Dialect())
    assert [event.quantity for event in case.usage] == [3, 5]
    assert (case.now, case.currency.code, case.contract) == (day("02-01"), "EUR", one.contract)
    found = papered([due(one, "02-01")], context(one, usage=usage), agreed())
    assert told(found) == [["usage calls 01-01..02-01 3.00"]]


def test_what_is_billed_is_not_owed_again():
    """B39."""
    one = subscribed()
    bill = only(papered([due(one, "01-01")], context(one), agreed()))
    stands = context(one, books={ident(1): booked(one, bill)})
    assert papered([due(one, "01-01")], stands, agreed()).bills == ()
    assert told(papered([due(one, "02-01")], stands, agreed())) == [
        ["recurring fee 02-01..03-01 10.00"]
    ]


# ---- what cannot be billed is parked


def test_who_cannot_be_billed_is_parked_with_reason_and_fix_and_the_others_go_on():
    """B46: a tax that is not known is never zero."""
    bad = subscribed(number=1, customer_id=UUID(int=0xBAD))
    good = subscribed(number=2)
    buyers = {UUID(int=0xBAD): UNKNOWN, CUSTOMER: GERMAN}
    found = papered(
        [due(bad, "01-01"), due(good, "01-01")],
        context(bad, good, buyers=buyers),
        agreed(None, TAXED),
    )
    assert [bill.subscription for bill in found.bills] == [ident(2)]
    assert [moved.subscription_id for moved in found.advanced] == [ident(2)]
    (parked,) = found.parked
    assert (parked.subscription_id, parked.customer_id) == (ident(1), UUID(int=0xBAD))
    assert parked.code == "tax_pending"
    assert parked.sentence == "The customer's country is not known, so neither is the tax."
    assert "--country" in parked.fix


def test_those_on_one_invoice_are_parked_together():
    pair = [subscribed(number=n, **JOINT) for n in (1, 2)]
    found = papered(
        [due(s, "01-01") for s in pair], context(*pair, buyer=UNKNOWN), agreed(None, TAXED)
    )
    assert (found.bills, found.advanced) == ((), ())
    assert [parked.subscription_id for parked in found.parked] == [ident(1), ident(2)]


# ---- subscriptions that share an invoice (B50)


def test_joint_subscriptions_share_an_invoice_and_each_moves_on():
    pair = [
        subscribed(charge("fee"), number=1, **JOINT),
        subscribed(charge("seats", "7"), number=2, **JOINT),
    ]
    found = papered([due(s, "01-01") for s in reversed(pair)], context(*pair), agreed())
    bill = only(found)
    assert sorted(lines_of(bill)) == [
        "recurring fee 01-01..02-01 10.00",
        "recurring seats 01-01..02-01 7.00",
    ]
    assert figures(bill) == [1700, 0, 0, 0, 0, 1700]
    assert bill.subscription is None
    names = sorted(f"{ident(n)}/0" for n in (1, 2))
    assert bill.invoice_id == derived_id(CUSTOMER, "invoice", at("01-01").isoformat(), *names)
    assert {moved.subscription_id for moved in found.advanced} == {ident(1), ident(2)}


def test_a_joint_subscription_alone_has_an_invoice_named_by_its_customer():
    """More may join it later: its identity says which subscriptions are on it (B39)."""
    one = subscribed(**JOINT, orders=3)
    bill = only(papered([due(one, "01-01")], context(one), agreed()))
    assert bill.subscription == ident(1)
    assert bill.invoice_id == derived_id(
        CUSTOMER, "invoice", at("01-01").isoformat(), f"{ident(1)}/3"
    )


@pytest.mark.parametrize(("other", "on"), [
    ({"is_joint": False}, "02-01"),
    ({"is_joint": True, "currency": "USD"}, "02-01"),
    ({"is_joint": True, "customer_id": UUID(int=0xD)}, "02-01"),
    ({"is_joint": True, "legal_entity_id": UUID(int=0xF)}, "02-01"),
    ({"is_joint": True}, "03-01"),
])  # fmt: skip
def test_an_invoice_is_of_one_customer_moment_currency_and_entity(other, on):
    """B20: amounts of two currencies never meet."""
    pair = [subscribed(number=1, **JOINT), subscribed(number=2, **other)]
    abroad = replace(UNTAXED, legal_entity_id=UUID(int=0xF))
    found = papered(
        [due(pair[0], "02-01"), due(pair[1], on)], context(*pair), agreed(None, UNTAXED, abroad)
    )
    assert sorted(str(bill.subscription) for bill in found.bills) == [key(1), key(2)]
    assert {bill.entity for bill in found.bills} == (
        {UNTAXED, abroad} if "legal_entity_id" in other else {UNTAXED}
    )


def test_the_lines_of_a_joint_invoice_keep_the_names_they_are_known_by():
    pair = [subscribed(number=n, **JOINT) for n in (1, 2)]
    bill = only(papered([due(s, "01-01") for s in pair], context(*pair), agreed()))
    assert [(line.plan, line.component) for line in bill.draft.lines] == [("plan", "fee")] * 2
    assert [line.contract for line in bill.draft.lines] == [key(1), key(2)]


@pytest.mark.parametrize(("limit", "off_each"), [
    ({}, [5 * EURO, 3 * EURO, 0]),  # all of its own subscription, none of the other
    ({"items": frozenset({"seats"})}, [0, 3 * EURO, 0]),
    ({"plans": frozenset({"plan"})}, [5 * EURO, 3 * EURO, 0]),
    ({"items": frozenset({"gone"})}, [0, 0, 0]),  # a limit nothing meets is no discount
])  # fmt: skip
def test_a_discount_takes_off_only_what_it_covers_of_its_own_subscription(limit, off_each):
    """B50."""
    pair = [
        subscribed(charge("fee"), charge("seats", "6"), number=1, **JOINT),
        subscribed(charge("fee"), number=2, **JOINT),
    ]
    given = {ident(1): (off(50, **limit),)}
    bill = only(papered([due(s, "01-01") for s in pair], context(*pair, discounts=given), agreed()))
    assert list(bill.draft.off) == off_each


def test_a_discount_of_a_subscription_by_itself_is_as_it_was_given():
    one = subscribed(charge("fee"), charge("seats", "6"))
    given = {ident(1): (off(50, items=frozenset({"seats"})),)}
    bill = only(papered([due(one, "01-01")], context(one, discounts=given), agreed()))
    assert list(bill.draft.off) == [0, 3 * EURO]
    assert figures(bill) == [1600, 300, 0, 0, 0, 1300]


# ---- tax


def test_lines_bear_the_tax_of_their_customer_and_the_invoice_keeps_the_fact():
    """B42: tax is of what is left after discounts."""
    one = subscribed(charge("fee", "100"))
    given = {ident(1): (off(10),)}
    bill = only(papered([due(one, "01-01")], context(one, discounts=given), agreed(None, TAXED)))
    assert figures(bill) == [10_000, 1000, 1710, 0, 0, 10_710]
    assert bill.treatment.action is TaxAction.CHARGE
    assert bill.tax_fact["rates"][0]["rate_ppm"] == 190_000


def test_a_charge_may_state_its_own_rate_where_tax_is_charged():
    one = subscribed(charge("fee", "100", tax_percent=Decimal(7)), charge("other", "100"))
    bill = only(papered([due(one, "01-01")], context(one), agreed(None, TAXED)))
    assert list(bill.draft.taxes) == [7 * EURO, 19 * EURO]


@pytest.mark.parametrize("buyer", [Buyer("US", "NY"), Buyer("CH")])
def test_where_nobody_charges_tax_a_charge_of_its_own_rate_has_none_either(buyer):
    one = subscribed(charge("fee", "100", tax_percent=Decimal(7)))
    bill = only(papered([due(one, "01-01")], context(one, buyer=buyer), agreed(None, TAXED)))
    assert (bill.treatment.action, bill.draft.taxes) == (TaxAction.NO_CHARGE, (0,))


def test_an_entity_without_tax_has_none_and_asks_nothing():
    assert decided(UNKNOWN, UNTAXED, day("01-01"), Dialect(), agreed()) is None


def test_tax_is_decided_on_the_customers_local_day():
    """Midnight in Berlin is a day that is not over in UTC; Estonia has 22 % since 2024."""
    one = subscribed()
    bill = only(papered([due(one, "01-01")], context(one, buyer=Buyer("EE")), agreed(None, TAXED)))
    assert figures(bill) == [1000, 0, 220, 0, 0, 1220]


def test_a_tax_that_waits_says_what_a_person_can_do():
    """B46."""
    unchecked = NumberCheck(vat_number("FR40303265045"), CheckState.UNCHECKED)
    with pytest.raises(TaxPending, match="looked up") as refused:
        decided(Buyer("FR", is_business=True, check=unchecked), TAXED, day("01-01"), Dialect(), agreed())  # fmt: skip
    assert "--evidence" in refused.value.fix
    assert refused.value.fields["reason"] == "number_unchecked"


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


# ---- what usage makes due by itself


def test_usage_in_advance_is_billed_as_it_happens_and_the_cycle_stays():
    """B30."""
    one = subscribed(charge("fee"), AT_ONCE)
    usage = {ident(1): (used("01-10", "3"),)}
    found = watched([ident(1)], at("01-10"), context(one, usage=usage), agreed())
    bill = only(found)
    assert lines_of(bill) == ["usage calls 01-01..02-01 3.00"]
    assert (bill.kind, bill.at, found.advanced, found.parked) == (
        InvoiceKind.CYCLE,
        at("01-10"),
        (),
        (),
    )
    assert bill.invoice_id == derived_id(ident(1), InvoiceKind.CYCLE, bill.draft.lines[0].key)


def watching(amount: int) -> Any:
    plain = contract(CALLS, key=key())
    terms = replace(plain.terms, thresholds=(Threshold(Decimal(amount)),))
    return subscribed(contracted=replace(plain, terms=terms))


def test_usage_that_crosses_a_threshold_makes_an_invoice_of_its_own():
    one = watching(10)
    usage = {ident(1): (used("01-10", "12"),)}
    bill = only(watched([ident(1)], at("01-10"), context(one, usage=usage), agreed()))
    assert lines_of(bill) == ["usage calls 01-01..02-01 12.00"]
    assert bill.kind is InvoiceKind.THRESHOLD
    assert bill.draft.lines[0].kind is LineKind.USAGE
    assert bill.invoice_id == derived_id(ident(1), InvoiceKind.THRESHOLD, bill.draft.lines[0].key)
    short = {ident(1): (used("01-10", "9"),)}
    quiet = watched([ident(1)], at("01-10"), context(one, usage=short), agreed())
    assert (quiet.bills, quiet.parked) == ((), ())


def test_who_cannot_be_watched_is_parked_and_the_others_are_billed():
    bad = subscribed(AT_ONCE, number=1, legal_entity_id=UUID(int=0xFF))
    good = subscribed(AT_ONCE, number=2)
    usage = {ident(n): (used("01-10", "12"),) for n in (1, 2)}
    held = {(CUSTOMER, "EUR"): (credit(1, 1500),)}
    third = subscribed(AT_ONCE, number=3)
    usage[ident(3)] = (used("01-10", "5"),)
    around = context(bad, good, third, usage=usage, credits=held)
    found = watched([ident(n) for n in (1, 2, 3)], at("01-10"), around, agreed())
    assert [bill.subscription for bill in found.bills] == [ident(2), ident(3)]
    assert [bill.spent[0].amount_micros for bill in found.bills] == [1200 * CENT, 300 * CENT]
    assert [(parked.subscription_id, parked.code) for parked in found.parked] == [
        (ident(1), "legal_entity_missing")
    ]
