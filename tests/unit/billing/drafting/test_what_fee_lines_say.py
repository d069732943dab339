"""Fee and credit lines whole: tax, quantity, span and key; what is given back of several parts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.billing.drafting.books import Books
from tests.unit.billing.subscriptions.contracts import charge, contract, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import ArrearsAtChange, Dialect
from trueup.billing.drafting.model import DraftLine
from trueup.billing.subscriptions.cycle import Reach
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.terms import ChargeKind

SEVEN = Decimal(7)
JANUARY = Reach(day("01-01"), day("02-01"))


def facts(line: DraftLine) -> dict[str, object]:
    return {
        "contract": line.contract,
        "plan": line.plan,
        "component": line.component,
        "span": line.span,
        "full": line.full,
        "quantity": line.quantity,
        "tax_percent": line.tax_percent,
    }


def test_a_fee_and_what_is_given_back_of_it_are_taxed_alike() -> None:
    """B45, B48: a credit carries the plan, quantity and tax of the line it takes back."""
    books = Books(contract(charge("seat", "31", is_per_unit=True, tax_percent=SEVEN), quantity=2))
    (fee,) = books.lines("01-01")
    expected = {
        "contract": "s",
        "plan": "plan",
        "component": "seat",
        "span": JANUARY,
        "full": JANUARY,
        "quantity": Decimal(2),
        "tax_percent": SEVEN,
    }
    assert facts(fee) == expected
    books.contract = ending.cancel(books.contract, day("01-21"))
    (credit,) = books.lines("01-21")
    assert facts(credit) == expected | {"span": Reach(day("01-21"), day("02-01"))}
    assert (credit.gives_back, credit.amount_micros) == (fee.key, -22_000_000)


@pytest.mark.parametrize(("kind", "end", "span"), [
    (ChargeKind.ONE_OFF, None, None),
    (ChargeKind.ONE_OFF, "03-01", None),                 # for nothing but itself
    (ChargeKind.FIXED, None, None),                      # of a phase without end
    (ChargeKind.FIXED, "03-01", ("01-01", "03-01")),     # for the phase
])  # fmt: skip
def test_what_is_due_at_its_start_is_for_its_phase_or_for_itself(kind, end, span) -> None:
    opened = contract(charge("once", "99", kind=kind, is_per_unit=True, tax_percent=SEVEN), quantity=3)  # fmt: skip
    item = replace(opened.items[0], end=end and day(end))
    (line,) = Books(replace(opened, items=(item,))).lines("01-01")
    reach = span and Reach(*map(day, span))
    assert facts(line) == {
        "contract": "s",
        "plan": "plan",
        "component": "once",
        "span": reach,
        "full": reach,
        "quantity": Decimal(3),
        "tax_percent": SEVEN,
    }
    assert (line.key, line.amount_micros) == (f"{item.key}/{kind}/2024-01-01", 297_000_000)


def test_two_pauses_of_one_period_give_back_no_more_than_is_left() -> None:
    """B31: of 12.00 the first ten days take 10.00; for ten days more 2.00 are left."""
    books = Books(contract(charge("fee", "31")))
    (line,) = books.lines("01-01")
    item = line.item or ""
    books.billed[item] = (replace(books.billed[item][0], left_micros=12 * 10**6),)
    for start, end in (("01-02", "01-12"), ("01-20", "01-30")):
        books.contract = pausing.resume(pausing.pause(books.contract, day(start)), day(end))
    assert books.run("01-31") == [
        "credit fee 01-02..01-12 -10.00",
        "credit fee 01-20..01-30 -2.00",
    ]
    assert books.billed[item][0].left_micros == 0


def test_what_is_kept_of_one_charge_is_given_back_of_the_next() -> None:
    """An add-on that the dialect keeps does not hide the fee behind it."""
    extra = charge("extra", "31", kind=ChargeKind.ADD_ON)
    books = Books(contract(extra, charge("fee", "31")), Dialect(credits_add_ons=False))
    books.run("01-01")
    books.contract = ending.cancel(books.contract, day("01-21"))
    assert books.run("01-21") == ["credit fee 01-21..02-01 -11.00"]


def test_a_change_gives_back_although_the_end_keeps_what_was_prepaid() -> None:
    books = Books(contract(charge("fee", "31")))
    books.run("01-01")
    at = day("01-11")
    books.contract = timeline.change_terms(
        books.contract, terms(charge("fee", "62"), plan="other"), at, (at,), books.contract.cycle
    )
    books.contract = ending.cancel(books.contract, day("01-21"), keeps_prepaid=True)
    assert books.run("01-21") == ["credit fee 01-11..02-01 -21.00", "recurring fee 01-11..01-21 20.00"]  # fmt: skip


def test_a_change_on_the_day_of_renewal_waits_for_nothing() -> None:
    """Nothing of a period is left over: both sides are whole."""
    books = Books(
        contract(charge("later", "31", timing=Timing.IN_ARREARS)),
        Dialect(arrears_at_change=ArrearsAtChange.AT_RENEWAL),
    )
    at = day("02-01")
    other = terms(charge("other", "29", timing=Timing.IN_ARREARS), plan="other")
    books.contract = timeline.change_terms(books.contract, other, at, (at,), books.contract.cycle)
    assert books.run("02-01") == ["recurring later 01-01..02-01 31.00"]
    assert books.run("03-01") == ["recurring other 02-01..03-01 29.00"]


def test_lines_billed_again_are_counted_in_their_keys() -> None:
    """B39: the same history has the same keys, whenever it is billed."""
    books = Books(contract(charge("fee", "31")))
    keys = []
    for _ in range(3):
        keys += [line.key for line in books.lines("01-01")]
        books.contract = ending.cancel(books.contract, day("01-01"))
        books.run("01-01")
        books.contract = ending.uncancel(books.contract, day("12-31").replace(year=2023))
    first = f"{books.contract.items[0].key}/recurring/2024-01-01"
    assert keys == [first, f"{first}/1", f"{first}/2"]
