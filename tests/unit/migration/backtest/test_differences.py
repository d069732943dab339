"""Each difference by name with both figures; documents that are no bill of one period."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.unit.migration.backtest.histories import (
    DIALECT,
    SUBSCRIPTION,
    WINDOW,
    at,
    case,
    document,
    fee,
    item,
    judge,
    micros,
    sold,
)

from trueup.migration.backtest.model import (
    Cause,
    Difference,
    Finding,
    History,
    Judged,
    Kind,
    SoldItem,
)
from trueup.migration.backtest.rules.billing import billed_again
from trueup.migration.backtest.rules.comparing import agrees, differences, effect_of
from trueup.migration.backtest.rules.judging import judged

NEW_YORK = ZoneInfo("America/New_York")
MARCH, APRIL = document(), document("04-15", "05-15")
INVOICE = MARCH.invoice_id
TWO = (SoldItem(1, "plan", fee("10"), Decimal(1)), SoldItem(2, "seat", fee("4"), Decimal(1)))


@pytest.mark.parametrize(("of", "bill", "through", "told", "effect"), [
    (sold(), MARCH, "03-15", [], "0"),
    (sold(), document(amount="9"), "03-15", [("amount", "9.00 EUR", "10.00 EUR"), ("total", "9.00 EUR", "10.00 EUR")], "1"),
    (sold(), document(discount="1"), "03-15", [("discount", "1.00 EUR", "0.00 EUR"), ("total", "9.00 EUR", "10.00 EUR")], "1"),
    (sold(), document(tax="2"), "03-15", [("tax", "2.00 EUR", "0.00 EUR"), ("total", "12.00 EUR", "10.00 EUR")], "-2"),
    (sold(), document(issued="03-17"), "03-15", [("day", "2026-03-17", "2026-03-15")], "0"),
    (sold(), document("03-20", "04-20", issued="03-15"), "03-15",
        [("period", "2026-03-20T10:00:00+00:00 to 2026-04-20T10:00:00+00:00", "2026-03-15T10:00:00+00:00 to 2026-04-15T10:00:00+00:00")], "0"),
    (sold(items=TWO), MARCH, "03-15", [("line", "nothing", "4.00 EUR"), ("total", "10.00 EUR", "14.00 EUR")], "4"),
    (sold(), MARCH, "04-15", [("line", "10.00 EUR", "nothing"), ("total", "10.00 EUR", "0.00 EUR")], "-10"),
])  # fmt: skip
def test_every_field_that_differs_is_told_with_both_figures(of, bill, through, told, effect):
    of_bill = case(of, bill, through=through)
    again = billed_again(of_bill)
    assert list(differences(of_bill, again)) == [Difference(*each) for each in told]
    assert agrees(of_bill, again) is (not told)
    assert effect_of(of_bill, again) == micros(effect)


@pytest.mark.parametrize(("issued", "told"), [
    ("2026-03-16T03:59", []),                                      # still the fifteenth in New York
    ("2026-03-16T04:00", [("day", "2026-03-16", "2026-03-15")]),
])  # fmt: skip
def test_the_day_of_a_bill_is_a_day_where_the_source_bills(issued, told):
    of = replace(sold(), zone=NEW_YORK)
    of_bill = case(of, document(issued=issued))
    assert list(differences(of_bill, billed_again(of_bill))) == [Difference(*each) for each in told]
    undated = replace(of_bill, is_dated=False)
    assert agrees(undated, billed_again(undated))


def test_a_trials_notice_is_told_as_a_document_we_do_not_make():
    of = sold("03-15", trial_end=at("03-15"))
    assert judge(of, document("03-01", "03-15", "0"), MARCH, through=None)[0] == Judged(
        Kind.TRIAL,
        "EUR",
        Finding(
            kind=Kind.TRIAL,
            causes=(Cause.TRIAL_NOTICE,),
            currency="EUR",
            effect_micros=0,
            subscription_id=SUBSCRIPTION,
            invoice_id=INVOICE,
            number="INV-1",
            differences=(Difference("document", "a document of 0.00 EUR", "no document"),),
        ),
    )


def test_a_notice_in_a_trial_that_the_engine_would_bill_is_not_explained():
    of = sold("02-15", trial_end=at("03-15"))
    found = judge(of, document("03-01", "03-15", "0"), through=None)[0].finding
    assert found is not None
    assert (found.causes, found.effect_micros) == ((Cause.UNEXPLAINED,), micros("10"))
    assert found.differences == (Difference("document", "a document of 0.00 EUR", "10.00 EUR"),)


@pytest.mark.parametrize(("what", "bill"), [
    ("a fee and a discount as large", document("02-15", "03-15", discount="10")),
    ("a tax alone", document("02-15", "03-15", "0", tax="1")),
    ("after the trial", document("03-15", "04-15", "0")),
])  # fmt: skip
def test_only_a_document_of_nothing_announces_a_trial(what, bill):
    of = sold("02-15", trial_end=at("03-15"))
    kinds = {one.kind for one in judge(of, bill, through=None)}
    assert Kind.TRIAL not in kinds, what


def test_one_sum_for_several_periods_is_told_beside_the_sum_of_their_bills():
    opening = document("02-15", "04-15", "19", issued="04-15")
    assert judge(sold(), opening, APRIL, through="01-15")[0] == Judged(
        Kind.CARRIED_OVER,
        "EUR",
        Finding(
            kind=Kind.CARRIED_OVER,
            causes=(Cause.CARRIED_OVER,),
            currency="EUR",
            effect_micros=micros("1"),
            subscription_id=SUBSCRIPTION,
            invoice_id=INVOICE,
            number="INV-1",
            differences=(
                Difference("subtotal", "19.00 EUR", "20.00 EUR for 2 periods at today's price"),
            ),
        ),
        opening.lines,
    )


def test_one_sum_that_is_right_is_no_difference():
    opening = document("02-15", "04-15", "20", issued="02-15")
    assert judge(sold(), opening, APRIL, through="02-15")[0] == Judged(Kind.CARRIED_OVER, "EUR")


def test_an_older_price_explains_a_bill_where_causes_are_looked_for():
    of = sold(items=(item(versions=[fee("12")]),))
    history = History(of, (document(amount="12"), APRIL), through=at("03-15"))
    for explains, cause in ((True, Cause.PRICE_VERSION), (False, Cause.UNEXPLAINED)):
        found = next(judged(history, DIALECT, WINDOW, explains=explains)).finding
        assert found is not None
        assert found.causes == (cause,)
    draft = replace(document("05-15", "06-15", "12"), issued_at=None)
    found = judge(of, MARCH, APRIL, drafts=(draft, draft))[3].finding
    assert found is not None
    assert (found.kind, found.causes) == (Kind.DRAFT, (Cause.PRICE_VERSION,))
