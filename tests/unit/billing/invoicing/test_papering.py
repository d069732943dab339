"""From what is owed to invoices: one a subscription, or one for all that go together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import (
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
    off,
    only,
    subscribed,
    told,
    used,
)
from tests.unit.billing.subscriptions.contracts import charge, day

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import InvoiceKind
from trueup.billing.invoicing.rules.papering import papered, situation
from trueup.billing.invoicing.rules.totalling import decided
from trueup.billing.subscriptions.terms import ChargeKind
from trueup.billing.taxes.model import Buyer, CheckState, NumberCheck, TaxAction
from trueup.billing.taxes.rules.numbers import vat_number
from trueup.kernel.ids import derived_id

CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")
JOINT = {"is_joint": True}
UNKNOWN = Buyer(None)


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
    entities = [UNTAXED, abroad] if "legal_entity_id" in other else [UNTAXED] * 2
    by_subscription = {bill.subscription: bill.entity for bill in found.bills}
    assert [by_subscription[ident(n)] for n in (1, 2)] == entities


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
