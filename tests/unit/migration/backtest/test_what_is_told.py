"""What a comparison says of itself: every field of a finding, bills of no period, bills to come."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.migration.backtest.histories import (
    DIALECT,
    SUBSCRIPTION,
    WINDOW,
    at,
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

from trueup.migration.backtest.model import (
    Cause,
    Difference,
    Document,
    Finding,
    History,
    Judged,
    Kind,
    Line,
    NextBill,
    SoldItem,
)
from trueup.migration.backtest.rules.judging import judged

MARCH, APRIL = document(), document("04-15", "05-15")
INVOICE = MARCH.invoice_id


def told(found: list[Judged]) -> list[tuple[Kind, tuple[Cause, ...]]]:
    return [(one.kind, one.finding.causes if one.finding else ()) for one in found]


def without_period(bill: Document, **facts: Any) -> Document:
    return replace(bill, **({"period_start": None, "period_end": None} | facts))


def test_a_wrong_bill_is_told_with_every_figure_and_whose_it_is() -> None:
    assert judge(sold(), document(amount="10.01", others=["2"]), APRIL)[0] == Judged(
        Kind.RENEWAL_WITH_LINES,
        "EUR",
        Finding(
            kind=Kind.RENEWAL_WITH_LINES,
            causes=(Cause.UNEXPLAINED,),
            currency="EUR",
            effect_micros=micros("-0.01"),
            subscription_id=SUBSCRIPTION,
            invoice_id=INVOICE,
            number="INV-1",
            differences=(
                Difference("amount", "10.01 EUR", "10.00 EUR"),
                Difference("total", "12.01 EUR", "12.00 EUR"),
            ),
        ),
        (Line("other", Decimal(1), micros("2"), None, at("03-15"), at("04-15")),),
    )


def test_a_period_without_document_is_told_by_its_span_and_price() -> None:
    span = "2026-03-15T10:00:00+00:00 to 2026-04-15T10:00:00+00:00"
    assert judge(sold(), APRIL)[0] == Judged(
        Kind.UNBILLED,
        "EUR",
        Finding(
            kind=Kind.UNBILLED,
            causes=(Cause.UNEXPLAINED,),
            currency="EUR",
            effect_micros=micros("10"),
            subscription_id=SUBSCRIPTION,
            invoice_id=None,
            number=None,
            differences=(Difference("document", f"none for {span}", "10.00 EUR"),),
        ),
    )


@pytest.mark.parametrize(("of", "bill", "usage", "kind"), [
    (sold(), MARCH, (), Kind.RENEWAL),
    (sold(), document(others=["5"]), (), Kind.RENEWAL_WITH_LINES),
    (sold(), document(others=["-5"]), (), Kind.RENEWAL_WITH_LINES),     # what gives back is no fee of ours
    (sold(items=(item(usage_fee()),)), document(amount="2", issued="04-15"), (used("4", "03-20"),), Kind.USAGE),
    (sold(items=(item(usage_fee()),)), document(amount="2", issued="04-15", others=["5"]), (used("4", "03-20"),), Kind.USAGE_WITH_LINES),
])  # fmt: skip
def test_a_bill_is_named_by_what_stands_on_it(of, bill, usage, kind) -> None:
    first = judge(of, bill, usage=usage)[0]
    assert (first.kind, first.finding, first.given) == (kind, None, bill.lines[1:])


@pytest.mark.parametrize(("periods", "issued_at", "kind"), [
    ({}, at("03-15"), Kind.MANUAL),
    ({"period_start": at("03-15")}, at("03-15"), Kind.MANUAL),   # half a period is none
    ({"period_end": at("04-15")}, at("03-15"), Kind.MANUAL),
    ({}, None, Kind.DRAFT),
])  # fmt: skip
def test_a_document_of_no_period_is_made_of_its_own_lines(periods, issued_at, kind) -> None:
    bill = without_period(
        document(amount="40", others=["-3"], rate="0.2", tax="7.4"), issued_at=issued_at, **periods
    )
    found = judge(sold(), bill, MARCH, APRIL)
    assert found[0] == Judged(kind, "EUR", None, bill.lines)
    assert told(found)[1:] == [(Kind.RENEWAL, ()), (Kind.RENEWAL, ())]


def test_a_document_of_no_period_that_does_not_add_up_is_told() -> None:
    bill = without_period(replace(document(amount="40"), total_micros=micros("41")))
    found = judge(sold(), bill, MARCH, APRIL)[0].finding
    assert found is not None
    assert (found.kind, found.invoice_id, found.causes) == (
        Kind.MANUAL,
        INVOICE,
        (Cause.UNEXPLAINED,),
    )
    assert found.effect_micros == micros("-1")
    assert found.differences == (Difference("total", "41.00 EUR", "40.00 EUR"),)


def test_the_rounding_of_a_tax_explains_a_document_of_no_period() -> None:
    """0.20 of 10.02 and of 0.03 is 2.01 in one sum, and 2.00 and 0.01 line by line."""
    bill = without_period(document(amount="10.02", others=["0.03", "0.03"], rate="0.2", tax="2.02"))
    by_line = judge(sold(), bill, MARCH, APRIL)[0]
    assert by_line.finding is None or Cause.UNEXPLAINED not in by_line.finding.causes


def test_causes_are_looked_for_only_where_somebody_asks() -> None:
    """A second pass that only counts does not search: it is asked for every setting."""
    of = sold(discounts=(percent("10", uses_left=0),), charged_through=at("04-15"))
    history = History(of, (document(discount="2"),), through=at("03-15"))
    quick = list(judged(history, DIALECT, replace_window(), explains=False))
    assert told(quick)[0] == (Kind.RENEWAL, (Cause.UNEXPLAINED,))
    assert quick[0].currency == "EUR"


def replace_window() -> Any:
    return WINDOW._replace(until=at("04-16"), now=at("04-16"))


def test_what_is_to_come_is_left_out_where_causes_are() -> None:
    control = NextBill(at("05-15"), "EUR", micros("9"))
    history = History(sold(), (MARCH, APRIL), through=at("03-15"), control=control)
    assert told(list(judged(history, DIALECT, WINDOW, explains=False))) == [(Kind.RENEWAL, ())] * 2
    assert len(list(judged(history, DIALECT, WINDOW))) == 3


# ---- drafts


@pytest.mark.parametrize(("what", "of", "draft", "expected"), [
    ("as we would", sold(), document("05-15", "06-15"), (Kind.DRAFT, ())),
    ("dearer", sold(), document("05-15", "06-15", "11"), (Kind.DRAFT, (Cause.UNEXPLAINED,))),
    ("less a discount with uses left", sold(discounts=(percent("10", uses_left=1, starts_at=at("05-01")),)), document("05-15", "06-15", discount="1"), (Kind.DRAFT, ())),
    ("no discount left", sold(discounts=(percent("10", uses_left=0, starts_at=at("05-01")),)), document("05-15", "06-15"), (Kind.DRAFT, ())),
    ("of no period", sold(), without_period(document(amount="3")), (Kind.DRAFT, ())),
    ("after a trial", sold("05-15", status="trialing", trial_end=at("05-15"), charged_through=None), document("05-15", "06-15"), (Kind.DRAFT, ())),
])  # fmt: skip
def test_a_draft_is_made_again_as_of_now(what, of, draft, expected) -> None:
    before = () if of.status == "trialing" else (MARCH, APRIL)
    prepared = replace(draft, issued_at=None)
    found = judge(of, *before, through="03-15" if before else None, drafts=(prepared,))
    assert told(found)[len(before) :] == [expected], what
    assert found[-1].currency == "EUR"


def test_a_draft_of_use_is_due_at_its_end() -> None:
    of = sold(items=(item(usage_fee()),), charged_through=at("05-15"))
    draft = replace(document("05-15", "06-15", "0"), issued_at=None)
    found = judge(of, document("04-15", "05-15", "0", issued="05-15"), through="04-15", drafts=(draft,))  # fmt: skip
    assert told(found)[-1][0] is Kind.DRAFT


# ---- what was known, and until when


@pytest.mark.parametrize(("known", "expected"), [
    ("04-01", ()),
    ("2026-04-20T10:00", ()),                   # at the very moment of the bill
    ("2026-04-20T10:01", (Cause.UNEXPLAINED,)),
])  # fmt: skip
def test_an_end_counts_on_bills_issued_since_it_was_known(known, expected) -> None:
    of = sold(
        items=(item(usage_fee()),),
        status="cancelled",
        ends_at=at("04-20"),
        end_known_at=at(known),
        charged_through=at("04-20"),
    )
    last = document("04-15", "04-20", "1", issued="04-20")
    assert told(judge(of, last, usage=(used("2", "04-17"),), through="04-15")) == [
        (Kind.USAGE, expected)
    ]


@pytest.mark.parametrize(("on", "amount"), [
    ("03-15", "2"),                     # the first moment of the period
    ("2026-03-15T09:59", "0"),          # the period before
    ("2026-04-15T09:59", "2"),
    ("04-15", "0"),                     # the period after
])  # fmt: skip
def test_use_counts_in_the_period_that_contains_it(on, amount) -> None:
    of = sold(items=(item(usage_fee()),), charged_through=at("04-15"), status="cancelled", ends_at=at("04-15"))  # fmt: skip
    bill = document(amount=amount, issued="04-15")
    assert told(judge(of, bill, usage=(used("4", on),))) == [(Kind.USAGE, ())]


# ---- periods without a document


def test_only_periods_that_begin_in_the_window_are_missed() -> None:
    """The window begins on 1 January: what nobody billed before is not looked for."""
    late = sold("2025-11-15T10:00")
    found = judge(late, MARCH, APRIL, through="2025-12-15T10:00")
    spans = [one.finding.differences[0].source for one in found if one.finding]
    assert [span[:19] for span in spans] == ["none for 2026-01-15", "none for 2026-02-15"]
    on_the_day = sold("2026-01-01T00:00", charged_through=at("2026-03-01T00:00"))
    bill = document("2026-02-01T00:00", "2026-03-01T00:00")
    found = judge(on_the_day, bill, through="2026-01-01T00:00")
    assert told(found)[0] == (Kind.UNBILLED, (Cause.UNEXPLAINED,))


def test_what_costs_nothing_is_not_missed_and_hides_nothing_behind_it() -> None:
    of = sold(items=(SoldItem(1, "free", fee("0"), Decimal(1)), SoldItem(2, "plan", fee(), Decimal(1))))  # fmt: skip
    found = judge(of, through="04-15")
    assert [one.finding.effect_micros for one in found if one.finding] == [micros("10")]


def test_what_is_due_today_hides_nothing_that_was_due_before() -> None:
    of = sold("01-10", charged_through=at("04-10"))
    found = judge(of, document("03-10", "04-10"), through="03-10")
    assert told(found)[1:] == [(Kind.UNBILLED, (Cause.SOURCE_BEHIND,))]


def test_a_paused_subscription_that_was_billed_further_owes_nothing_more() -> None:
    of = sold(status="paused", ends_at=at("04-20"), end_known_at=at("04-20"))
    assert told(judge(of, MARCH, APRIL)) == [(Kind.RENEWAL, ())] * 2


def test_documents_set_aside_explain_as_many_periods_and_not_those_the_source_admits() -> None:
    of = sold(set_aside={"invoice": 3}, charged_through=at("04-15"))
    assert told(judge(of, through="02-15")) == [
        (Kind.UNBILLED, (Cause.MISSING_INVOICE,)),
        (Kind.UNBILLED, (Cause.MISSING_INVOICE,)),
        (Kind.UNBILLED, (Cause.SOURCE_BEHIND,)),
    ]


# ---- the next bill, in words


@pytest.mark.parametrize(("control", "differences"), [
    (NextBill(at("05-15"), "EUR", micros("9")), (Difference("amount", "9.00 EUR", "10.00 EUR"),)),
    (NextBill(at("05-16"), "EUR", micros("10")), (Difference("due", "2026-05-16T10:00:00+00:00", "2026-05-15T10:00:00+00:00"),)),
    (None, (Difference("due", "never", "2026-05-15T10:00:00+00:00"),)),
])  # fmt: skip
def test_a_next_bill_that_differs_is_told_whole(control, differences) -> None:
    found = judge(sold(), MARCH, APRIL, control=control)[2].finding
    assert found == Finding(
        kind=Kind.NEXT_BILL,
        causes=(Cause.UNEXPLAINED,),
        currency="EUR",
        effect_micros=micros("10") - (control.amount_micros if control else 0),
        subscription_id=SUBSCRIPTION,
        invoice_id=None,
        number=None,
        differences=differences,
    )


def test_where_neither_side_expects_a_bill_nothing_is_compared() -> None:
    of = sold(ends_at=at("05-15"), end_known_at=at("05-01"))
    assert told(judge(of, MARCH, APRIL, control=None)) == [(Kind.RENEWAL, ())] * 2
    due = NextBill(at("05-15"), "EUR", micros("10"))
    found = judge(of, MARCH, APRIL, control=due)[2].finding
    assert found is not None
    assert found.differences == (Difference("due", "2026-05-15T10:00:00+00:00", "never"),)
    assert found.effect_micros == micros("-10")
