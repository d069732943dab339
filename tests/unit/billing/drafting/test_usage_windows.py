"""Usage by windows: once when they close, then what late events change (B27, B28, B30)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.unit.billing.drafting.books import Books
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.rules.due import usage_due_at_once
from trueup.billing.subscriptions.rules import ending, timeline
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind


def metered(price: str = "1", **more: object) -> Books:
    timing = more.pop("timing", Timing.IN_ARREARS)
    dialect = more.pop("dialect", Dialect())
    more.setdefault("is_prorated", False)
    charged = charge("calls", price, kind=ChargeKind.USAGE, timing=timing, meter="calls", **more)
    return Books(contract(charged), dialect)  # type: ignore[arg-type]  # popped above


def test_a_window_is_billed_when_it_closes() -> None:
    books = metered()
    books.use("01-05", "3")
    books.use("01-31", "4")
    books.use("02-01", "5")
    assert books.run("01-31") == []
    assert books.run("02-01") == ["usage calls 01-01..02-01 7.00"]
    assert books.run("02-01") == []


def test_late_usage_is_a_difference_on_its_own_period() -> None:
    """B28."""
    books = metered()
    books.use("01-05", "3")
    books.run("02-01")
    books.use("01-20", "2", recorded="02-10")
    assert books.run("03-01") == [
        "usage calls 01-01..02-01 2.00",
        "usage calls 02-01..03-01 0.00",
    ]


@pytest.mark.parametrize(
    ("keeps", "back"), [(False, ["usage calls 01-01..01-16 -4.00"]), (True, [])]
)
def test_billed_usage_stays_where_the_dialect_says(*, keeps: bool, back: list[str]) -> None:
    """An end that is agreed for before shortens the window; what comes late only adds (B28)."""
    books = metered(dialect=Dialect(keeps_billed_usage=keeps))
    books.use("01-05", "3")
    books.use("01-20", "4")
    books.run("02-01")
    books.contract = ending.cancel(books.contract, day("01-16"))
    assert books.run("02-10") == back
    assert books.run("02-11") == []
    books.use("01-06", "5", recorded="02-12")
    after = "1.00" if keeps else "5.00"
    assert books.run("02-12") == [f"usage calls 01-01..01-16 {after}"]


def test_usage_beyond_the_horizon_is_not_billed() -> None:
    """Two periods back from the one that learnt of it, here April: from February on."""
    books = metered(dialect=Dialect(late_usage_periods=2))
    books.use("01-20", "2", recorded="04-10")
    books.use("02-20", "3", recorded="04-10")
    assert books.run("05-01")[:2] == [
        "usage calls 01-01..02-01 0.00",
        "usage calls 02-01..03-01 3.00",
    ]


@pytest.mark.parametrize(
    ("aggregation", "amount"),
    [
        (Aggregation.COUNT, "4.00"),
        (Aggregation.SUM, "17.00"),
        (Aggregation.MAX, "9.00"),
        (Aggregation.LATEST, "2.00"),
        (Aggregation.UNIQUE, "4.00"),
    ],
)
def test_how_events_become_a_quantity(aggregation: Aggregation, amount: str) -> None:
    """B27."""
    books = metered(aggregation=aggregation)
    for on, qty in (("01-05", "3"), ("01-06", "9"), ("01-07", "3"), ("01-30", "2")):
        books.use(on, qty)
    assert books.run("02-01") == [f"usage calls 01-01..02-01 {amount}"]


def test_unique_counts_what_events_name() -> None:
    books = metered(aggregation=Aggregation.UNIQUE)
    for user in ("a", "b", "a"):
        books.use("01-05", "1", dimensions={"user": user})
    assert books.run("02-01") == ["usage calls 01-01..02-01 2.00"]


def test_what_stands_is_weighed_by_days_and_carried_over() -> None:
    """Five from the 2nd: 30 of 31 days; in February whole."""
    books = metered("31", carries_over=True, is_prorated=True)
    books.use("01-02", "5")
    assert books.run("02-01") == ["usage calls 01-01..02-01 150.00"]
    assert books.run("03-01") == ["usage calls 02-01..03-01 155.00"]


def test_a_level_is_weighed_to_the_moment() -> None:
    """From noon of the 16th: 15.5 of 31 days."""
    books = metered("1", aggregation=Aggregation.TIME_WEIGHTED)
    books.use("01-16", "20", into_day=Fraction(1, 2))
    assert books.run("02-01") == ["usage calls 01-01..02-01 10.00"]


@pytest.mark.parametrize(("counts", "amount"), [(True, "7.00"), (False, "3.00")])
def test_the_last_day_counts_where_the_dialect_says(*, counts: bool, amount: str) -> None:
    books = metered(dialect=Dialect(counts_usage_of_last_day=counts))
    books.use("01-05", "3")
    books.use("01-20", "4")
    books.use("01-21", "5")
    books.contract = ending.cancel(books.contract, day("01-20"))
    assert books.run("01-20") == [f"usage calls 01-01..01-20 {amount}"]


def test_usage_is_split_where_the_plan_changes() -> None:
    """B30: each part at its own price, none twice."""
    books = metered("1")
    dearer = charge("calls", "2", kind=ChargeKind.USAGE, meter="calls", is_prorated=False)
    other = terms(metered=(replace(dearer, timing=Timing.IN_ARREARS),))
    at = day("01-16")
    books.contract = timeline.change_terms(books.contract, other, at, (at,), FIRSTS)
    books.use("01-15", "3")
    books.use("01-16", "4")
    assert books.run("01-16") == ["usage calls 01-01..01-16 3.00"]
    assert books.run("02-01") == ["usage calls 01-16..02-01 8.00"]


def test_a_charge_in_advance_is_billed_as_it_is_used() -> None:
    books = metered(timing=Timing.IN_ADVANCE)
    assert usage_due_at_once(books.situation("01-01")) == ([], [])
    books.use("01-05", "3")
    assert books.run("01-05") == ["usage calls 01-01..02-01 3.00"]
    books.use("01-06", "4")
    assert books.run("01-06") == ["usage calls 01-01..02-01 4.00"]
    assert books.run("02-01") == []


def test_what_was_used_is_said_on_the_line() -> None:
    books = metered()
    books.use("01-05", "2.5")
    (line,) = books.lines("02-01")
    assert line.quantity == Decimal("2.5")


def seats(timing: Timing, *, is_prorated: bool, seen_by: str | None) -> Books:
    """Five seats from January on; on the 16th another plan takes over, and there is one more.

    seen_by: under which plan that one was added, where the day does not tell.
    """
    books = metered("31", carries_over=True, is_prorated=is_prorated, timing=timing)
    books.use("01-01", "5")
    books.look("01-01")
    at = day("01-16")
    other = terms(books.contract.items[0].charge, plan="other")
    books.contract = timeline.change_terms(books.contract, other, at, (at,), FIRSTS)
    books.use("01-16", "1", plan=seen_by)
    return books


def billed_from(books: Books, first: str, before: str) -> Decimal:
    """What lines come to whose span starts within."""
    rows = [row.line for of in books.billed.values() for row in of]
    spans = [(row.span.start, row.amount_micros) for row in rows if row.span is not None]
    micros = sum(amount for start, amount in spans if day(first) <= start < day(before))
    return Decimal(micros).scaleb(-6)


@pytest.mark.parametrize("timing", list(Timing))
@pytest.mark.parametrize("seen_by", ["plan", "other", None])
@pytest.mark.parametrize(("is_prorated", "january"), [(True, "171.00"), (False, "186.00")])
def test_what_stands_goes_on_under_the_next_plan(
    timing: Timing, seen_by: str | None, january: str, *, is_prorated: bool
) -> None:
    """B27, B30: whoever saw the sixth seat, it stands from then on, and nobody pays twice.

    Five whole months and 16 of 31 days, or six whole ones; in February six.
    """
    books = seats(timing, is_prorated=is_prorated, seen_by=seen_by)
    for on in ("01-16", "02-01", "03-01"):
        books.run(on)
    assert billed_from(books, "01-01", "02-01") == Decimal(january)
    assert billed_from(books, "02-01", "03-01") == Decimal("186.00")
