"""A draft in its days of grace, drafted anew: usage follows, fees stay (B28, B49)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from tests.unit.billing.invoicing.subscribers import (
    BERLIN,
    CUSTOMER,
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
    row,
    subscribed,
    used,
    waiting,
)
from tests.unit.billing.subscriptions.contracts import charge, contract, day

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import CreditForm, Dialect
from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.invoicing.rules.papering import papered
from trueup.billing.invoicing.rules.refreshing import (
    is_as_drafted,
    one_at_a_time,
    redrafted,
    refreshed,
)
from trueup.billing.invoicing.rules.rows import papers
from trueup.billing.rating.model import Price, UnitPrice
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import ChargeKind

WAITS = replace(UNTAXED, grace_days=3)
CALLS = charge("calls", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ARREARS, meter="calls")
ID = UUID(int=0xD1)
AT = "02-01"


def stored(bill) -> list:
    """The lines of a bill as its rows are read again."""
    made = papers([bill], {key(n): BERLIN for n in (1, 2)})
    return [
        row(
            line | {"derivation": made.derivations[line["derivation_id"]]},
            subscription_id=line["subscription_id"] and UUID(bytes=line["subscription_id"]),
        )
        for line in made.lines.to_pylist()
    ]


def drafted(*subscriptions, **around):
    (bill,) = papered([due(s, AT) for s in subscriptions], context(*subscriptions, **around), agreed(None, WAITS)).bills  # fmt: skip
    return bill


def again(rows, *subscriptions, **around) -> list:
    return drafted_again(AT, rows, context(*subscriptions, **around), agreed(None, WAITS))


def drafted_again(on, rows, around, conventions) -> list:
    parts = redrafted(ID, at(on), rows, around, conventions)
    return refreshed(ID, at(on), parts, around, conventions)


def calls(quantity: str, number: int = 1) -> dict:
    return {"usage": {ident(number): (used("01-10", quantity),)}}


def test_usage_that_came_since_is_on_the_draft_and_the_fee_stays_as_it_was():
    """B28: under the identity that the draft has; an order that came since is billed by itself."""
    one = subscribed(charge("fee", is_per_unit=True), CALLS)
    rows = stored(drafted(one, **calls("3")))
    dearer = replace(one, contract=timeline.change_quantity(one.contract, Decimal(9), day("02-01")))
    (bill,) = again(rows, dearer, **calls("5"))
    assert bill.invoice_id == ID
    assert lines_of(bill) == [
        "recurring fee 01-01..02-01 10.00",
        "recurring fee 02-01..03-01 10.00",
        "usage calls 01-01..02-01 5.00",
    ]
    assert figures(bill)[0] == 2500


def test_the_same_usage_makes_the_same_draft_again():
    """B39."""
    one = subscribed(charge("fee"), CALLS)
    first = drafted(one, **calls("3"))
    (bill,) = again(stored(first), one, **calls("3"))
    assert bill.draft == first.draft


def test_a_line_that_stays_keeps_how_it_came_about():
    one = subscribed(charge("fee", "29"), start="01-15")
    first = drafted(one)
    (bill,) = again(stored(first), one)
    assert [line.derivation for line in bill.draft.lines] == [x.derivation for x in first.draft.lines]  # fmt: skip
    bare = [row(vars(r), derivation=None) for r in stored(first)]
    (plain,) = again(bare, one)
    assert [line.derivation for line in plain.draft.lines] == [
        flat(line.amount_micros) for line in first.draft.lines
    ]


def test_usage_that_is_there_no_more_leaves_a_line_over_nothing_or_no_draft():
    one = subscribed(CALLS)
    rows = stored(drafted(one, **calls("3")))
    assert [lines_of(bill) for bill in again(rows, one)] == [["usage calls 01-01..02-01 0.00"]]
    ended = replace(one, contract=ending.cancel(one.contract, day("01-01")))
    assert again(rows, ended) == []


def test_a_minimum_counts_the_usage_that_came_and_the_fees_that_stay():
    """B26."""
    plain = contract(charge("fee", timing=Timing.IN_ARREARS), CALLS, key=key())
    terms = replace(plain.terms, minimum_commitment=Decimal(50))
    one = subscribed(contracted=replace(plain, terms=terms))
    rows = stored(drafted(one, **calls("3")))
    (bill,) = again(rows, one, **calls("5"))
    assert lines_of(bill) == [
        "recurring fee 01-01..02-01 10.00",
        "usage calls 01-01..02-01 5.00",
        "commitment plan 01-01..02-01 35.00",
    ]


def committed(price: str):
    plain = contract(charge("fee", price, timing=Timing.IN_ARREARS), CALLS, key=key())
    terms = replace(plain.terms, minimum_commitment=Decimal(50))
    return subscribed(contracted=replace(plain, terms=terms))


def test_a_minimum_counts_fees_as_they_were_drafted_and_not_as_they_are_now():
    one = committed("10")
    (bill,) = papered([due(one, "03-01")], context(one), agreed(None, WAITS)).bills
    (new,) = drafted_again("03-01", stored(bill), context(committed("30")), agreed(None, WAITS))
    assert [x for x in lines_of(new) if x.startswith(("recurring", "commitment"))] == [
        "recurring fee 01-01..02-01 10.00",
        "recurring fee 02-01..03-01 10.00",
        "commitment plan 01-01..02-01 40.00",
        "commitment plan 02-01..03-01 40.00",
    ]


def test_a_draft_is_drafted_anew_in_the_dialect_of_its_subscription():
    one = subscribed(replace(CALLS, price=Price(UnitPrice(Decimal("0.005")))), dialect="down")
    around = context(one, **calls("1"))
    conventions = agreed(None, WAITS, down=Dialect(name="down", rounding="ROUND_DOWN"))
    (bill,) = papered([due(one, AT)], around, conventions).bills
    (new,) = drafted_again(AT, stored(bill), around, conventions)
    assert lines_of(bill) == lines_of(new) == ["usage calls 01-01..02-01 0.00"]


def test_what_usage_makes_due_after_the_draft_waits_for_the_next_one():
    """Only periods that have ended are the draft's."""
    ahead = charge("seats", "1", kind=ChargeKind.USAGE, timing=Timing.IN_ADVANCE, meter="calls")
    one = subscribed(charge("fee"), ahead)
    rows = stored(drafted(one))
    events = {"usage": {ident(1): (used("01-10", "3"), used("02-01", "7"))}}
    (bill,) = again(rows, one, **events)
    assert [x for x in lines_of(bill) if x.startswith("usage")] == ["usage seats 01-01..02-01 3.00"]


def test_a_joint_draft_is_drafted_anew_for_each_of_its_subscriptions():
    """B50: what waited beside them is asked for again, too."""
    pair = [subscribed(CALLS, number=n, is_joint=True) for n in (1, 2)]
    items = {"pending": {(CUSTOMER, "EUR"): (waiting(1, 250),)}}
    rows = stored(drafted(*pair, **calls("3"), **items))
    assert len(rows) == 3
    (bill,) = again(rows, *pair, usage={ident(n): (used("01-10", "4"),) for n in (1, 2)}, **items)
    assert sorted(lines_of(bill)) == [
        "one_off item 1 2.50",
        "usage calls 01-01..02-01 4.00",
        "usage calls 01-01..02-01 4.00",
    ]
    assert (bill.subscription, bill.invoice_id) == (None, ID)


@pytest.mark.parametrize(("quantity", "is_the_same"), [("3", True), ("4", False)])
def test_a_draft_is_as_it_was_drafted_where_usage_comes_to_the_same(quantity, is_the_same):
    """B28: an event within the hour before it was drafted may have been on it, or not."""
    one = subscribed(charge("fee"), CALLS)
    rows = stored(drafted(one, **calls("3")))
    parts = redrafted(ID, at(AT), rows, context(one, **calls(quantity)), agreed(None, WAITS))
    assert is_as_drafted(rows, parts) is is_the_same


@pytest.mark.parametrize(
    ("bills", "taken"),
    [
        ([], 0),
        ([{1}, {2}, {3, 4}], 3),
        ([{1}, {2}, {2, 3}, {4}], 2),  # the third waits for what the second comes to
        ([{1}, {1}], 1),
        ([{1, 2}, set(), {2}], 2),
    ],
)
def test_drafts_are_taken_together_until_one_needs_what_another_comes_to(bills, taken):
    drafts = {UUID(int=n): {UUID(int=key) for key in keys} for n, keys in enumerate(bills)}
    assert one_at_a_time(drafts) == list(drafts)[:taken]


def test_a_draft_whose_usage_is_not_asked_again_keeps_every_line_of_items():
    """B39, B49: only what waits, discounts and tax are as they are now."""
    one = subscribed(charge("fee"), CALLS)
    rows = stored(drafted(one, **calls("3")))
    around = context(one, **calls("9"), pending={(CUSTOMER, "EUR"): (waiting(1, 250),)})
    parts = redrafted(ID, at(AT), rows, around, agreed(None, WAITS), follows_usage=False)
    (bill,) = refreshed(ID, at(AT), parts, around, agreed(None, WAITS))
    assert lines_of(bill) == [
        "recurring fee 01-01..02-01 10.00",
        "recurring fee 02-01..03-01 10.00",
        "usage calls 01-01..02-01 3.00",
        "one_off item 1 2.50",
    ]


@pytest.mark.parametrize("follows_usage", [True, False])
def test_what_a_draft_gives_back_stays_on_it_though_notes_were_agreed_on_since(follows_usage):
    """B31: a line that became a note here would be given back by nobody."""
    one = subscribed(charge("fee", "30"))
    (first,) = papered([due(one, "01-01")], context(one), agreed(None, WAITS)).bills
    gone = replace(one, contract=ending.cancel(one.contract, day("01-16")))
    around = context(gone, books={ident(1): booked(one, first)})
    (bill,) = papered([due(gone, "01-16")], around, agreed(None, WAITS)).bills
    notes = agreed(Dialect(credit_form=CreditForm.CREDIT_NOTE), WAITS)
    parts = redrafted(ID, at("01-16"), stored(bill), around, notes, follows_usage=follows_usage)
    (new,) = refreshed(ID, at("01-16"), parts, around, notes)
    assert (lines_of(new), new.notes) == (lines_of(bill), ())
