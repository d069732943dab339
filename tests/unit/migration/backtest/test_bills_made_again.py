"""One bill again: which line is which, what is taken off, which rates count, when it was due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.unit.migration.backtest.histories import (
    CUSTOMER,
    DIALECT,
    SUBSCRIPTION,
    at,
    case,
    document,
    fee,
    item,
    judge,
    micros,
    percent,
    sold,
    usage_fee,
    used,
)

from trueup.billing.calendar.model import Anchor, Grid, Proration, Recurrence
from trueup.billing.subscriptions.cycle import Reach
from trueup.migration.backtest.model import Line, SoldItem
from trueup.migration.backtest.rules.billing import (
    billed_again,
    contract_of,
    due_at,
    given_alone,
    next_bill,
    owed_lines,
    reach_of,
)
from trueup.migration.backtest.rules.foretelling import is_parted

NEW_YORK = ZoneInfo("America/New_York")
BY_DAYS = replace(DIALECT, proration=Proration.DAY)
TWO = (SoldItem(1, "plan", fee("10"), Decimal(1)), SoldItem(2, "seat", fee("4"), Decimal(1)))
MARCH = (at("03-15"), at("04-15"))


def lines(*rows):
    """Lines of (amount, rate, start, end); the period of the document where none is said."""
    return tuple(
        Line("line", Decimal(1), micros(amount), rate and Decimal(rate), *(span or MARCH))
        for amount, rate, *span in rows
    )


def bill(*rows, discount="0", tax="0"):
    of = lines(*rows)
    subtotal = sum(line.amount_micros for line in of)
    return replace(
        document(),
        lines=of,
        subtotal_micros=subtotal,
        discount_micros=micros(discount),
        tax_micros=micros(tax),
        total_micros=subtotal - micros(discount) + micros(tax),
    )


@pytest.mark.parametrize(("theirs", "pairs", "given"), [
    ([("10", None), ("4", None)], [("10", "10"), ("4", "4")], []),
    ([("4", None), ("10", None)], [("10", "10"), ("4", "4")], []),                       # in any order
    ([("3", None), ("10", None)], [("10", "10"), ("4", "3")], []),                       # what agrees goes first
    ([("-4", None), ("10", None)], [("10", "10"), ("4", None)], ["-4"]),                 # a refund is no fee
    ([("10", None), ("0", None)], [("10", "10"), ("4", "0")], []),                       # nothing may be charged
    ([("10", None), ("4", None), ("4", None)], [("10", "10"), ("4", "4")], ["4"]),       # the same twice
    ([("10", None, at("02-15"), at("03-15")), ("9", None), ("4", None)], [("10", "9"), ("4", "4")], ["10"]),   # its own period before its own amount
    ([("7", None, at("02-15"), at("03-15")), ("4", None)], [("10", "7"), ("4", "4")], []),                     # and any charge at last
])  # fmt: skip
def test_each_line_is_found_by_amount_and_period_then_period_then_charge(
    theirs, pairs, given
) -> None:
    again = billed_again(case(sold(items=TWO), bill(*theirs)))
    assert [
        (pair.ours.amount_micros, pair.theirs and pair.theirs.amount_micros) for pair in again.pairs
    ] == [(micros(ours), None if theirs is None else micros(theirs)) for ours, theirs in pairs]
    assert [line.amount_micros for line in again.given] == [micros(each) for each in given]


def test_where_nothing_is_owed_every_line_wants_an_explanation() -> None:
    of = sold(items=TWO, ends_at=at("03-01"))
    again = billed_again(case(of, bill(("10", None), ("4", None)), ends_at=at("03-01")))
    assert [(pair.ours, pair.theirs.amount_micros) for pair in again.pairs] == [
        (None, micros("10")),
        (None, micros("4")),
    ]
    assert (again.given, again.draft.subtotal_micros, again.due_at) == ((), 0, None)


@pytest.mark.parametrize(("theirs", "tax"), [
    ([("10", "0.2"), ("4", "0.2")], "2.8"),
    ([("10", "0.2"), ("4", "0.1")], "2.4"),
    ([("10", "0.2"), ("4", None)], "2"),                      # a line without a rate is not taxed
    ([("10", "0.2")], "2.8"),                                 # what they forgot has the rate of the rest
    ([("10", None), ("4", None), ("5", "0.2")], "1"),         # a line of no contract has its own
])  # fmt: skip
def test_each_line_is_taxed_as_the_sources_line(theirs, tax) -> None:
    again = billed_again(case(sold(items=TWO), bill(*theirs)))
    assert again.draft.tax_micros == micros(tax)


@pytest.mark.parametrize(("credit", "nets", "discount"), [
    ("-4", False, "1"),        # of the fee
    ("-4", True, "0.6"),       # of what is left of it
    ("-10", True, "0"),        # nothing is left
    ("-10.01", True, "1"),     # no line charges as much: each stands alone
])  # fmt: skip
def test_a_discount_of_the_net_is_taken_after_what_gives_back(credit, nets, discount) -> None:
    again = billed_again(
        case(
            sold(),
            bill(("10", None), (credit, None)),
            nets_credits=nets,
            discounts=(percent("10"),),
        )
    )
    assert again.draft.discount_micros == micros(discount)


def test_what_gives_back_is_taken_off_the_first_line_that_charges_enough() -> None:
    again = billed_again(
        case(
            sold(items=(TWO[1], TWO[0])),
            bill(("4", None), ("10", None), ("0", None), ("-6", None)),
            nets_credits=True,
        )
    )
    assert sorted(line.amount_micros for line in again.draft.lines) == [
        0,
        micros("4"),
        micros("4"),
    ]


def test_a_document_without_contract_is_its_lines() -> None:
    again = given_alone(case(sold(), bill(("7", "0.2"), ("-2", "0.2"))))
    assert (again.pairs, again.earlier, again.due_at) == ((), (), None)
    assert (again.draft.subtotal_micros, again.draft.tax_micros) == (micros("5"), micros("1"))
    assert [line.key for line in again.draft.lines] == ["given/0", "given/1"]


@pytest.mark.parametrize(("items", "lines_at", "due"), [
    ((item(fee()),), "03-15", "03-15"),                  # in advance: when its period begins
    ((item(usage_fee()),), "04-15", "04-15"),            # by use: when it ends
    ((SoldItem(1, "plan", fee(), Decimal(1)), SoldItem(2, "calls", usage_fee(), Decimal(1))), "04-15", "04-15"),
])  # fmt: skip
def test_a_bill_is_due_when_its_last_line_is(items, lines_at, due) -> None:
    of = case(sold(items=items), usage=(used("4", "03-20"),), at=at(lines_at))
    owed = owed_lines(of)
    assert due_at(of, owed) == at(due)
    assert due_at(of, []) is None


def test_days_are_days_of_the_sources_zone() -> None:
    """Midnight in New York is four or five in the morning where it is stored."""
    start = datetime(2026, 2, 20, tzinfo=NEW_YORK)
    cycle = Recurrence(
        Grid(sold().cycle.grid.cadence, Anchor.on(start.date())), NEW_YORK, start.time()
    )
    of = replace(sold(), zone=NEW_YORK, cycle=cycle, begins=start)
    found = replace(
        case(of, dialect=BY_DAYS), through=start, at=datetime(2026, 3, 25, tzinfo=NEW_YORK)
    )
    owed = owed_lines(found)
    assert [(str(line.span.start), str(line.span.end)) for line in owed] == [
        ("2026-02-20", "2026-03-20"),
        ("2026-03-20", "2026-04-20"),
    ]
    assert due_at(found, owed[:1]) == start
    theirs = Line("plan", None, 0, None, start, datetime(2026, 3, 20, tzinfo=NEW_YORK))
    assert reach_of(found, theirs) == owed[0].span
    assert reach_of(found, theirs._replace(period_start=None)) is None
    assert reach_of(found, theirs._replace(period_end=None)) is None


@pytest.mark.parametrize(("dialect", "minute", "day"), [(DIALECT, True, True), (BY_DAYS, False, True)])  # fmt: skip
def test_two_moments_part_as_finely_as_the_dialect_tells_them(dialect, minute, day) -> None:
    of = replace(case(dialect=dialect), sold=replace(sold(), zone=NEW_YORK))
    late = at("2026-03-15T23:59")
    assert is_parted(of, at("2026-03-15T23:58"), late) is minute
    assert is_parted(of, late, at("2026-03-16T04:00")) is day
    assert is_parted(of, late, late) is False


def test_use_is_rated_on_the_axis_of_the_dialect() -> None:
    of = case(sold(items=(item(usage_fee()),)), usage=(used("4", "03-20"), used("1", "05-01")), at=at("04-15"))  # fmt: skip
    assert [line.amount_micros for line in owed_lines(of)] == [micros("2")]


@pytest.mark.parametrize(("settings", "keeps", "costs_full"), [
    ({"credits_at_end": False, "end_date_cuts_price": True}, True, False),
    ({"credits_at_end": True, "end_date_cuts_price": False}, False, True),
])  # fmt: skip
def test_a_contract_is_handed_over_where_the_source_had_billed_to(
    settings, keeps, costs_full
) -> None:
    of = sold(items=(item(fee("2", is_per_unit=True), "3"), SoldItem(2, "flat", fee(), Decimal(7))))
    made = contract_of(case(of, dialect=replace(DIALECT, **settings), ends_at=at("04-01")))
    assert (made.key, made.customer, made.quantity) == (str(SUBSCRIPTION), str(CUSTOMER), 1)
    assert (made.start, made.origin, made.cycle) == (at("03-15"), at("03-15"), of.cycle)
    assert (made.cancelled, made.keeps_prepaid) == (at("04-01"), keeps)
    assert [(i.key, i.plan, i.quantity, i.start, i.end, i.costs_full_last_period) for i in made.items] == [
        (f"{SUBSCRIPTION}/1", "plan", 3, at("03-15"), at("04-01"), costs_full),
        (f"{SUBSCRIPTION}/2", "flat", 1, at("03-15"), at("04-01"), costs_full),   # a flat fee is one, however many
    ]  # fmt: skip


def test_an_end_before_what_is_billed_cuts_nothing_that_is_billed() -> None:
    made = contract_of(case(ends_at=at("03-01")))
    assert made.cancelled == at("03-15")


@pytest.mark.parametrize(("charge", "through", "span", "due", "amount"), [
    (usage_fee(), "03-15", MARCH, "04-15", "2"),                              # by use: at its end
    (fee(), "03-15", MARCH, "03-15", "10"),                                   # overdue since then
    (fee(), "05-15", (at("05-15"), at("06-15")), "05-15", "10"),              # in two months
])  # fmt: skip
def test_what_follows_is_the_next_moment_at_which_something_is_owed(
    charge, through, span, due, amount
) -> None:
    of = case(sold(items=(item(charge),)), usage=(used("4", "03-20"),), at=at("03-16"), through=through)  # fmt: skip
    found = next_bill(of)
    assert found is not None
    assert found[0] == at(due)
    assert [(line.span, line.amount_micros) for line in found[1]] == [(Reach(*span), micros(amount))]  # fmt: skip


def test_nothing_follows_an_end() -> None:
    assert next_bill(case(sold(), ends_at=at("03-15"), at=at("03-20"))) is None


def test_of_periods_before_the_document_each_is_told_apart() -> None:
    again = billed_again(case(sold(), document("04-15", "05-15"), through="02-15"))
    assert [line.span for line in again.earlier] == [
        Reach(at("02-15"), at("03-15")),
        Reach(at("03-15"), at("04-15")),
    ]
    assert [pair.ours.span for pair in again.pairs if pair.ours] == [Reach(at("04-15"), at("05-15"))]  # fmt: skip
    assert again.due_at == at("04-15")


def test_a_discount_counts_on_the_day_the_bill_was_due_not_when_it_was_written() -> None:
    """Issued on 20 March for 15 March: a discount of the days between was not yet there."""
    late = percent("10", starts_at=at("03-18"))
    found = judge(sold(discounts=(late,)), document(issued="03-20"), document("04-15", "05-15", discount="1"))  # fmt: skip
    assert [d.field for one in found if one.finding for d in one.finding.differences] == ["day"]
