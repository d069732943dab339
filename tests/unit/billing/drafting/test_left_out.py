"""Usage that no bill will hold is named, and no other (B28)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.drafting.books import Books
from tests.unit.billing.subscriptions.contracts import FIRSTS, charge, contract, day, terms

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Dialect
from trueup.billing.drafting.rules.left_out import left_out
from trueup.billing.subscriptions.rules import ending, pausing, timeline
from trueup.billing.subscriptions.terms import ChargeKind

USAGE: dict[str, Any] = {
    "kind": ChargeKind.USAGE,
    "timing": Timing.IN_ARREARS,
    "is_prorated": False,
}
CALLS = charge("calls", "1", **USAGE, meter="calls+texts")
HORIZON = Dialect(late_usage_periods=2)


def told(books: Books, on: str) -> list[str]:
    """`too_late calls 01-01..02-01 2 in 1`."""
    return [
        f"{x.reason} {x.meter} {x.span.start:%m-%d}..{x.span.end:%m-%d} {x.quantity} in {x.events}"
        for x in left_out(books.situation(on))
    ]


def metered(dialect: Dialect = HORIZON) -> Books:
    return Books(contract(CALLS), dialect)


def test_what_came_too_late_is_told_by_period_and_meter() -> None:
    """B28: from February on it is in time in April."""
    books = metered()
    for on, qty, meter in (("01-20", "2", "calls"), ("01-21", "3", "calls"), ("01-02", "1", "texts"), ("02-20", "9", "calls")):  # fmt: skip
        books.use(on, qty, meter, recorded="04-10")
    assert told(books, "05-01") == [
        "too_late texts 01-01..02-01 1 in 1",
        "too_late calls 01-01..02-01 5 in 2",
    ]
    books.run("05-01")
    assert told(books, "06-01") == told(books, "05-01")


def test_without_a_horizon_nothing_is_too_late() -> None:
    books = metered(Dialect())
    books.use("01-20", "2", recorded="12-10")
    assert told(books, "12-31") == []


def test_usage_of_no_service_is_told() -> None:
    """Before the start, in a pause, after the end; not what a running period will bill."""
    books = Books(contract(CALLS, start="02-01"))
    books.contract = pausing.pause(books.contract, day("03-10"))
    books.contract = pausing.resume(books.contract, day("03-20"))
    for on in ("01-31", "02-01", "03-09", "03-10", "03-19", "03-20", "04-01"):
        books.use(on, "1")
    assert told(books, "04-02") == ["not_served calls 01-01..02-01 1 in 1", "not_served calls 03-01..04-01 2 in 2"]  # fmt: skip
    books.contract = ending.cancel(books.contract, day("04-01"))
    assert told(books, "04-02")[2:] == ["not_served calls 04-01..05-01 1 in 1"]


def test_the_last_day_is_in_service_where_the_dialect_counts_it() -> None:
    for counts, said in ((True, []), (False, ["not_served calls 01-01..02-01 1 in 1"])):
        books = metered(Dialect(counts_usage_of_last_day=counts))
        books.contract = ending.cancel(books.contract, day("01-20"))
        books.use("01-20", "1")
        assert told(books, "02-01") == said


def test_of_a_meter_that_no_charge_names_nothing_is_said() -> None:
    """Whether it is priced at all, metering knows."""
    books = metered()
    books.use("01-20", "1", "storage", recorded="12-10")
    assert told(books, "12-31") == []


@pytest.mark.parametrize("horizon", [None, 0, 1])
@given(events=st.lists(st.tuples(st.integers(1, 180), st.integers(0, 150)), max_size=8))
@settings(deadline=None, max_examples=60)
def test_each_event_is_billed_or_told_and_never_both(
    horizon: int | None, events: list[Any]
) -> None:
    """B28: of a plan that was left in April and a contract that ended in June."""
    books = metered(Dialect(late_usage_periods=horizon))
    other = terms(plan="other", metered=(CALLS,))
    books.contract = timeline.change_terms(books.contract, other, day("04-16"), (day("04-16"),), FIRSTS)  # fmt: skip
    books.contract = ending.cancel(books.contract, day("06-15"))
    for used_on, after in events:
        on = day("01-01") + timedelta(days=used_on - 1)
        recorded = on + timedelta(days=after)
        books.use(f"{on:%m-%d}", "1", recorded=f"{recorded:%m-%d}")
    billed = sum((line.quantity or Decimal(0) for line in books.lines("12-31")), Decimal(0))
    unbilled = sum(each.events for each in left_out(books.situation("12-31")))
    assert billed + unbilled == len(events)
