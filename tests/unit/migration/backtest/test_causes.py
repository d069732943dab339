"""A cause is named only where the bill, made again under it, agrees in every field."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import pytest
from tests.unit.migration.backtest.histories import (
    DIALECT,
    at,
    case,
    document,
    fee,
    item,
    off,
    percent,
    sold,
    usage_fee,
    used,
)

from trueup.billing.dialect.service import read_dialect
from trueup.migration.backtest.model import Case, Cause
from trueup.migration.backtest.rules.billing import billed_again
from trueup.migration.backtest.rules.comparing import agrees, differences, effect_of
from trueup.migration.backtest.rules.explaining import explained

METERED = sold(items=(item(usage_fee()),))
THREE_SEATS = sold(items=(item(fee(is_per_unit=True), "3"),))
OLDER = sold(items=(item(fee("12"), versions=(fee("10"),)),))
DEAR = sold(items=(item(fee("10.05")),))
TWO_LINES = {"rate": "0.1", "amount": "10.05", "others": ("10.05",)}


def made(bill: Case) -> list[tuple[str, str, str]]:
    return [tuple(each) for each in differences(bill, billed_again(bill))]


def named(given: str | Case) -> str:
    """A case is named by its first word; what it consists of fills pages."""
    return str(given) if isinstance(given, str) else "bill"


@pytest.mark.parametrize(
    ("what", "bill"),
    [
        ("a plain renewal", case()),
        ("per unit", case(THREE_SEATS, document(amount="30"))),
        ("issued half an hour late", case(bill=document(issued="2026-03-15T10:29"))),
        ("beside an add-on", case(bill=document(others=("7.77",)))),
        ("beside a credit", case(bill=document(others=("-1.23",)))),
        ("with tax", case(bill=document(tax="1.90", rate="0.19"))),
        ("with a discount", case(bill=document(discount="2.50"), discounts=(percent("25"),))),
        (
            "with usage",
            case(METERED, document(amount="2", issued="04-15"), usage=(used("4", "03-20"),)),
        ),
    ],
    ids=named,
)
def test_what_was_billed_as_we_would_does_not_differ(what: str, bill: Case) -> None:
    assert made(bill) == [], what


@pytest.mark.parametrize(
    ("cause", "bill"),
    [
        (
            Cause.UNBILLED_USAGE,
            case(
                METERED,
                document(amount="2", issued="04-15"),
                usage=(used("4", "03-20"), used("1", "03-21", is_billed=False)),
            ),
        ),
        (
            Cause.MISSING_USAGE,
            case(
                replace(METERED, set_aside={"usage_event": 1}),
                document(amount="2", issued="04-15", quantity="4"),
            ),
        ),
        (Cause.PRICE_VERSION, case(OLDER)),
        (Cause.QUANTITY, case(THREE_SEATS, document(amount="20", quantity="2"))),
        (
            Cause.DISCOUNT_OF_NET,
            case(bill=document(others=("-2",), discount="2"), discounts=(percent("25"),)),
        ),
        (
            Cause.DISCOUNT_USED_UP,
            case(sold(discounts=(percent("25", uses_left=0),)), discounts=(percent("25"),)),
        ),
        (
            Cause.MISSING_DISCOUNT,
            case(sold(set_aside={"discount": 1}), document(discount="3.33")),
        ),
        (Cause.SERVICE_ENDED, case(ends_at=at("03-15"))),
        (Cause.TIMING, case(bill=document(issued="03-18"))),
        (Cause.TIMING, case(bill=document(issued="03-13"))),
        (Cause.BILLED_BEFORE, case(through="04-15")),
        (Cause.TAX_PLACE, case(DEAR, document(tax="2.02", **TWO_LINES))),
        (Cause.TAX_ROUNDING, case(bill=document(tax="1.89", rate="0.1899"))),
        (
            Cause.ROUNDING,
            case(sold(items=(item(fee("3.335")),)), document(amount="3.33")),
        ),
        (
            Cause.DISCOUNT_ROUNDING,
            case(bill=document(discount="1.11"), discounts=(percent("11.15"),)),
        ),
        (
            Cause.DISCOUNT_ORDER,  # 1.00 and a fifth of 9.00, not a fifth of 10.00 and 1.00
            case(bill=document(discount="2.80"), discounts=(percent("20"), off("1"))),
        ),
        (Cause.WRONG_UNIT, case(bill=document(amount="1000", tax="190", rate="0.19"))),
    ],
    ids=named,
)
def test_each_cause_is_found_by_billing_again(cause: Cause, bill: Case) -> None:
    assert made(bill), "nothing differs that a cause could explain"
    assert explained(bill) == (cause,)


@pytest.mark.parametrize(
    ("why", "bill"),
    [
        ("a cent that no rule makes", case(bill=document(amount="10.01"))),
        ("a price that nobody ever asked", case(OLDER, document(amount="11"))),
        ("a discount that nobody granted", case(bill=document(discount="3.33"))),
        ("usage of which no report is missing", case(METERED, document(issued="04-15"))),
        ("a tax of no rate", case(bill=document(tax="1.90"))),
    ],
    ids=named,
)
def test_what_nothing_makes_agree_stays_unexplained(why: str, bill: Case) -> None:
    """A figure on the document explains nothing by itself: else it would explain everything."""
    assert explained(bill) == (Cause.UNEXPLAINED,), why


def test_two_causes_explain_together_what_neither_does_alone() -> None:
    bill = case(
        bill=document(others=("-2",), discount="2", issued="03-18"), discounts=(percent("25"),)
    )
    assert set(explained(bill)) == {Cause.DISCOUNT_OF_NET, Cause.TIMING}


def test_a_part_of_a_period_is_told_from_another_unit_of_proration() -> None:
    """From 10 p.m. of the 31st, 14.5 of 31 days by the second; 15 by the day."""
    by_second = case(
        bill=document(start="2026-03-31T22:00", amount="4.68"), through="2026-03-31T22:00"
    )
    assert made(by_second) == []
    by_day = replace(by_second, document=document(start="2026-03-31T22:00", amount="4.68"))
    days = replace(by_day, dialect=read_dialect("x", {"proration": "day"}))
    assert explained(days) == (Cause.PRORATION,)


def test_the_dialect_of_the_source_makes_a_difference_vanish() -> None:
    bill = case(sold(items=(item(fee("3.335")),)), document(amount="3.33"))
    other = replace(bill, dialect=replace(DIALECT, rounding=ROUND_DOWN))
    assert agrees(other, billed_again(other))


def test_the_effect_is_ours_less_theirs() -> None:
    bill = case(bill=document(amount="10.01"))
    assert Decimal(effect_of(bill, billed_again(bill))) / 1_000_000 == Decimal("-0.01")


def test_a_second_fee_beside_a_renewal_is_seen_as_a_line_of_no_contract() -> None:
    again = billed_again(case(bill=document(others=("10",))))
    assert [line.description for line in again.given] == ["other"]


def test_lines_are_not_given_where_the_engine_owes_nothing() -> None:
    """Else a bill after the end of service would agree with nothing at all."""
    again = billed_again(case(ends_at=at("03-15")))
    assert again.given == ()
    assert [pair.ours for pair in again.pairs] == [None]
