"""Too little to collect waits for the next bill; usage may not wait for the end of its period."""

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
    UNTAXED,
    agreed,
    at,
    booked,
    context,
    credit,
    due,
    ident,
    key,
    lines_of,
    off,
    only,
    subscribed,
    told,
    used,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import CreditForm, CreditUse, Dialect
from trueup.billing.drafting.model import LineKind
from trueup.billing.invoicing.model import InvoiceKind
from trueup.billing.invoicing.rules.papering import papered, watched
from trueup.billing.rating.model import Price, UnitPrice
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import ChargeKind, Threshold
from trueup.kernel.ids import derived_id

CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")
AT_ONCE = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ADVANCE, meter="calls")


# ---- too little to collect waits (B18)


def collecting(cents: int, **more: Any) -> Any:
    return replace(UNTAXED, least_due={"EUR": cents * CENT}, **more)


@pytest.mark.parametrize(("least", "is_billed"), [(1000, True), (1001, False), (0, True)])
def test_of_which_less_is_due_than_is_collected_waits_for_the_next_bill(least, is_billed):
    """B18: it owes all of it then, by the general rules."""
    one = subscribed()
    found = papered([due(one, "01-01")], context(one), agreed(None, collecting(least)))
    assert len(found.bills) == is_billed
    (stands,) = found.advanced
    assert (stands.is_steady, stands.next_bill_at) == (is_billed, at("02-01"))
    assert stands.charged_through_at == (at("02-01") if is_billed else None)
    later = papered([due(one, "02-01")], context(one), agreed(None, collecting(1999)))
    assert told(later) == [["recurring fee 01-01..02-01 10.00", "recurring fee 02-01..03-01 10.00"]]


def test_another_currency_has_a_least_of_its_own():
    one = subscribed(currency="USD")
    found = papered([due(one, "01-01")], context(one), agreed(None, collecting(9999)))
    assert len(found.bills) == 1


def test_what_credits_leave_is_what_is_collected_and_nothing_is_not_too_little():
    one = subscribed()
    for held_cents, is_billed in ((0, True), (1, False), (999, False), (1000, True)):
        held = {(CUSTOMER, "EUR"): (credit(1, held_cents),)}
        found = papered(
            [due(one, "01-01")], context(one, credits=held), agreed(None, collecting(1000))
        )
        assert len(found.bills) == is_billed
    taxed = agreed(None, replace(collecting(1190), takes_tax=True))
    assert len(papered([due(one, "01-01")], context(one), taxed).bills) == 1
    given = {ident(1): (off(10),)}
    less = papered([due(one, "01-01")], context(one, discounts=given), agreed(None, collecting(901)))  # fmt: skip
    assert less.bills == ()


def test_too_little_of_what_has_ended_is_collected_all_the_same():
    ended = replace(subscribed(), contract=ending.cancel(contract(key=key()), day("01-11")))
    found = papered([due(ended, "01-11")], context(ended), agreed(None, collecting(9999)))
    assert told(found) == [["recurring fee 01-01..01-11 3.23"]]


def test_a_note_goes_out_though_what_is_charged_beside_it_waits():
    dialect = Dialect(credit_form=CreditForm.CREDIT_NOTE)
    one = subscribed(charge("fee", "31"))
    first = only(papered([due(one, "01-01")], context(one), agreed(dialect)))
    less = timeline.remove_charge(one.contract, "fee", day("01-21"))
    both = timeline.add_charge(less, charge("more", "31"), day("01-21"), Decimal(1))
    stands = context(
        replace(one, contract=both),
        books={ident(1): booked(one, first)},
        credits={(CUSTOMER, "EUR"): (credit(1, 100),)},
        pending={(CUSTOMER, "EUR"): (waiting(1, 50),)},
    )
    by_line = replace(dialect, credit_use=CreditUse.LINE)
    bill = only(papered([due(one, "01-21")], stands, agreed(by_line, collecting(9999))))
    assert (bill.draft, bill.spent, bill.pending, bill.account_micros) == (None, (), (), 0)
    assert [note.net_micros for note in bill.notes] == [11 * EURO]


def test_usage_is_watched_in_the_dialect_of_its_subscription():
    one = subscribed(replace(AT_ONCE, price=Price(UnitPrice(Decimal("0.019")))), dialect="down")
    usage = {ident(1): (used("01-10", "1"),)}
    down = Dialect(name="down", rounding="ROUND_DOWN")
    found = watched([ident(1)], at("01-10"), context(one, usage=usage), agreed(down=down))
    assert told(found) == [["usage calls 01-01..02-01 0.01"]]


def test_too_little_usage_waits_for_the_bill_of_its_period():
    one = subscribed(AT_ONCE)
    usage = {ident(1): (used("01-10", "3"),)}
    found = watched([ident(1)], at("01-10"), context(one, usage=usage), agreed(None, collecting(301)))  # fmt: skip
    assert (found.bills, found.parked) == ((), ())


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
    assert bill.invoice_id == derived_id(
        ident(1), InvoiceKind.CYCLE, bill.draft.lines[0].key, str(one.record.orders)
    )


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
    assert bill.invoice_id == derived_id(
        ident(1), InvoiceKind.THRESHOLD, bill.draft.lines[0].key, str(one.record.orders)
    )
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
