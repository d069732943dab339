"""A subscription's documents one after another, and the periods that have none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.migration.backtest.histories import (
    SUBSCRIPTION,
    at,
    document,
    item,
    judge,
    micros,
    sold,
    usage_fee,
    used,
)

from trueup.migration.backtest.model import Cause, Difference, Judged, Kind, NextBill, Sold

MARCH, APRIL = document(), document("04-15", "05-15")


def told(found: list[Judged]) -> list[tuple[Kind, tuple[Cause, ...]]]:
    return [(one.kind, one.finding.causes if one.finding else ()) for one in found]


def test_renewals_that_follow_each_other_agree() -> None:
    assert told(judge(sold(), MARCH, APRIL)) == [(Kind.RENEWAL, ()), (Kind.RENEWAL, ())]


def test_a_first_bill_begins_with_the_subscription() -> None:
    assert told(judge(sold("03-15"), MARCH, APRIL, through=None)) == [(Kind.RENEWAL, ())] * 2


def test_one_bill_that_is_wrong_is_one_difference() -> None:
    wrong = document(amount="10.01")
    assert told(judge(sold(), wrong, APRIL)) == [
        (Kind.RENEWAL, (Cause.UNEXPLAINED,)),
        (Kind.RENEWAL, ()),
    ]


def test_a_period_that_nobody_billed_is_a_difference() -> None:
    found = judge(sold(), APRIL)
    assert told(found) == [(Kind.UNBILLED, (Cause.UNEXPLAINED,)), (Kind.RENEWAL, ())]
    finding = found[0].finding
    assert finding is not None
    assert finding.subscription_id == SUBSCRIPTION
    assert (finding.invoice_id, finding.number) == (None, None)
    assert (finding.currency, finding.effect_micros) == ("EUR", micros("10"))
    period = "2026-03-15T10:00:00+00:00 to 2026-04-15T10:00:00+00:00"
    assert finding.differences == (Difference("document", f"none for {period}", "10.00 EUR"),)


def test_a_difference_names_its_document() -> None:
    [found, *_] = judge(sold(), document(amount="10.01"), APRIL)
    assert found.finding is not None
    assert found.finding.number == "INV-1"
    assert found.finding.invoice_id == document().invoice_id
    assert found.finding.subscription_id == SUBSCRIPTION
    assert found.finding.currency == "EUR"


def test_each_draft_is_compared_by_itself() -> None:
    apart = replace(document(), issued_at=None, period_start=None, period_end=None)
    dear = replace(document("05-15", "06-15", amount="11"), issued_at=None)
    right = replace(document("05-15", "06-15"), issued_at=None)
    assert told(judge(sold(), MARCH, APRIL, drafts=(apart, dear, right)))[2:] == [
        (Kind.DRAFT, ()),
        (Kind.DRAFT, (Cause.UNEXPLAINED,)),
        (Kind.DRAFT, ()),
    ]


def test_a_document_that_was_set_aside_explains_one_period_without_one() -> None:
    """Of two periods without a document it explains one: it billed one."""
    found = judge(sold(set_aside={"invoice": 1}), APRIL, through="02-15")
    assert told(found)[:2] == [
        (Kind.UNBILLED, (Cause.MISSING_INVOICE,)),
        (Kind.UNBILLED, (Cause.UNEXPLAINED,)),
    ]


@pytest.mark.parametrize(
    ("who", "of", "expected"),
    [
        ("charged through", sold(), [(Kind.UNBILLED, (Cause.UNEXPLAINED,))]),
        (
            "which says so itself",
            sold(charged_through=at("04-15")),
            [(Kind.UNBILLED, (Cause.SOURCE_BEHIND,))],
        ),
        ("ended", sold(status="cancelled", ends_at=at("04-15"), end_known_at=at("04-01")), []),
        ("paused since", sold(status="paused", ends_at=at("04-02"), end_known_at=at("04-02")), []),
        ("not begun", sold(status="pending"), []),
    ],
)
def test_what_stands_on_no_document_at_the_end_is_told(
    who: str, of: Sold, expected: list[object]
) -> None:
    assert told(judge(of, MARCH))[1:] == expected, who


def test_what_falls_due_on_the_last_day_may_yet_be_billed() -> None:
    found = judge(
        sold("01-09", charged_through=at("05-09")), document("04-09", "05-09"), through="04-09"
    )
    assert told(found) == [(Kind.RENEWAL, ())]


def test_a_cancellation_that_came_later_was_not_known() -> None:
    of = sold(status="cancelled", ends_at=at("03-20"), end_known_at=at("03-20"))
    assert told(judge(of, MARCH)) == [(Kind.RENEWAL, ())]


def test_usage_of_a_last_period_that_was_never_billed_is_named() -> None:
    metered = sold(
        items=(item(usage_fee()),),
        status="cancelled",
        charged_through=at("04-15"),
        ends_at=at("04-20"),
        end_known_at=at("04-20"),
    )
    usage = (used("4", "03-20"), used("2", "04-17", is_billed=False))
    bill = document(amount="2", issued="04-15")
    assert told(judge(metered, bill, usage=usage)) == [
        (Kind.USAGE, ()),
        (Kind.UNBILLED, (Cause.UNBILLED_USAGE,)),
    ]


def test_a_document_of_nothing_announces_a_trial() -> None:
    of = sold("03-15", trial_end=at("03-15"))
    trial = document("03-01", "03-15", "0")
    assert told(judge(of, trial, MARCH, APRIL, through=None)) == [
        (Kind.TRIAL, (Cause.TRIAL_NOTICE,)),
        (Kind.RENEWAL, ()),
        (Kind.RENEWAL, ()),
    ]


@pytest.mark.parametrize(("amount", "causes"), [("20", ()), ("19", (Cause.CARRIED_OVER,))])
def test_one_sum_for_several_periods_is_told_from_a_bill(amount: str, causes: object) -> None:
    opening = document("02-15", "04-15", amount, issued="04-15")
    assert told(judge(sold(), opening, APRIL, through="02-15")) == [
        (Kind.CARRIED_OVER, causes),
        (Kind.RENEWAL, ()),
    ]


@pytest.mark.parametrize(
    ("what", "control", "causes"),
    [
        ("as we would", NextBill(at("05-15"), "EUR", micros("10")), ()),
        ("another amount", NextBill(at("05-15"), "EUR", micros("9")), (Cause.UNEXPLAINED,)),
        ("another day", NextBill(at("05-16"), "EUR", micros("10")), (Cause.UNEXPLAINED,)),
        ("none", None, (Cause.UNEXPLAINED,)),
    ],
)
def test_the_next_bill_is_compared_with_what_the_source_says(
    what: str, control: NextBill | None, causes: object
) -> None:
    found = judge(sold(), MARCH, APRIL, control=control)
    assert told(found)[2:] == [(Kind.NEXT_BILL, causes)], what


def test_a_source_without_next_bills_is_not_asked_for_them() -> None:
    assert len(judge(sold(), MARCH, APRIL, control=False)) == 2


def test_a_control_may_count_finer_than_the_currency() -> None:
    from tests.unit.migration.backtest.histories import percent  # noqa: PLC0415  only here

    of = sold(discounts=(percent("12.345"),))
    control = NextBill(at("05-15"), "EUR", micros("8.7655"))
    found = judge(
        of, document(discount="1.23"), document("04-15", "05-15", discount="1.23"), control=control
    )
    assert told(found)[2:] == [(Kind.NEXT_BILL, (Cause.CONTROL_PRECISION,))]


def test_neither_side_bills_what_is_metered_when_a_trial_ends() -> None:
    of = sold("05-20", items=(item(usage_fee()),), status="trialing", trial_end=at("05-20"))
    found = judge(of, through=None, control=NextBill(at("05-20"), "EUR", 0))
    assert told(found) == [(Kind.NEXT_BILL, (Cause.NOTHING_DUE,))]
