"""When the books tie out, when they do not, and when nobody can know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.migration.evidence.reports import (
    BREAKS,
    CONTROL,
    CUSTOMERS,
    INVOICES,
    TIED,
    check,
    eur,
    off,
)

from trueup.kernel.currency import currency
from trueup.kernel.money import CurrencyMismatch, Money
from trueup.migration.evidence.model import (
    BudgetLine,
    Coverage,
    SetAsideGroup,
    Tally,
    TrialBalanceLine,
    Verdict,
)
from trueup.migration.evidence.rules import REASONS_MAX, judge, unexplained

NO, OPEN = Verdict.DOES_NOT_TIE_OUT, Verdict.INCONCLUSIVE


def test_books_tie_out_when_every_row_is_named_and_nothing_differs():
    judgement = judge(TIED)
    assert judgement.verdict is Verdict.TIES_OUT
    assert "150 source rows" in judgement.reasons[0]
    assert any("5 rows were rejected" in reason for reason in judgement.reasons)


def test_tables_that_stay_behind_are_named_beside_the_rows_that_came():
    behind = SetAsideGroup("excluded", "webhooks", "kept as evidence", "", 8516, (), "ops", "", ())
    judgement = judge(replace(TIED, set_aside=(*TIED.set_aside, behind)))
    assert judgement.verdict is Verdict.TIES_OUT
    assert "8,516 rows beside them, all of webhooks" in judgement.reasons[1]


@pytest.mark.parametrize(
    ("change", "verdict", "because"),
    [
        # What differs.
        ({"checks": (check(verdict="fail", breaks=73),)}, NO, "record by record: 73 breaks"),
        ({"checks": (check(verdict="fail", breaks=1),)}, NO, "1 break."),
        (
            {"tie_out": (CUSTOMERS, off(INVOICES, rejected=Tally(4, eur("40"))))},
            NO,
            "1 rows and 0.00 EUR",
        ),
        ({"tie_out": (CUSTOMERS, off(INVOICES, loaded=Tally(90, eur("899.99"))))}, NO, "0.01 EUR"),
        ({"tie_out": (off(CUSTOMERS, source=Tally(49)), INVOICES)}, NO, "-1 rows"),
        ({"controls": (replace(CONTROL, target=eur("901")),)}, NO, "Revenue differs"),
        (
            {"controls": (replace(CONTROL, gross=eur("200")),)},
            NO,
            "200.00 EUR gross",
        ),  # +100 and -100
        ({"controls": (replace(CONTROL, differing=2),)}, NO, "Revenue differs"),
        ({"trial_balance": (TrialBalanceLine("receivable", eur("1"), eur("2")),)}, NO, "in EUR"),
        # What nobody asked.
        ({"checks": ()}, OPEN, "No check was made"),
        ({"checks": (check(verdict="inconclusive", reason="no file"),)}, OPEN, "no file"),
        ({"checks": (check(verdict="inconclusive"),)}, OPEN, "not made"),
        ({"tie_out": ()}, OPEN, "No row was counted"),
        (
            {"coverage": (Coverage("customer", 50, ()), Coverage("invoice", 89, ()))},
            OPEN,
            "1 loaded records",
        ),
        ({"coverage": ()}, OPEN, "90 loaded records"),
        ({"controls": ()}, OPEN, "No control total"),
        ({"trial_balance": ()}, OPEN, "trial balance was not taken"),
    ],
)
def test_what_differs_or_was_not_asked_is_said(change, verdict, because):
    judgement = judge(replace(TIED, **change))
    assert judgement.verdict is verdict
    assert any(because in reason for reason in judgement.reasons), judgement.reasons


def test_a_difference_outranks_a_gap_in_the_evidence():
    judgement = judge(replace(TIED, controls=(), checks=(check(verdict="fail", breaks=1),)))
    assert judgement.verdict is NO


def test_one_cause_is_told_once():
    """A failed conservation check and the line it failed on are the same thing."""
    line = off(INVOICES, loaded=Tally(89, eur("900")))
    failed = check("conservation", verdict="fail", breaks=1)
    judgement = judge(replace(TIED, tie_out=(CUSTOMERS, line), checks=(failed,)))
    assert len(judgement.reasons) == 1


def test_a_long_list_of_reasons_ends_with_how_many_more():
    many = tuple(check(subject=f"entity_{n}", verdict="fail", breaks=1) for n in range(40))
    reasons = judge(replace(TIED, checks=many)).reasons
    assert len(reasons) == REASONS_MAX + 1
    assert reasons[-1] == "And 28 more, below."


def test_books_without_money_need_no_control_total():
    bare = replace(TIED, tie_out=(CUSTOMERS,), controls=(), trial_balance=())
    assert judge(bare).verdict is Verdict.TIES_OUT


@pytest.mark.parametrize(
    ("line", "rows", "amount"),
    [
        (INVOICES, 0, "0.00 EUR"),
        (CUSTOMERS, 0, None),
        (off(CUSTOMERS, derived=Tally(3), loaded=Tally(53)), 0, None),  # made from other rows
        (off(INVOICES, merged=Tally(3, eur("5"))), -2, "-5.00 EUR"),
        (off(INVOICES, loaded=Tally(88, None)), 2, "900.00 EUR"),  # nothing read back is not zero
    ],
)
def test_what_is_unexplained_is_what_came_less_what_is_in_a_bucket(line, rows, amount):
    rest = unexplained(line)
    assert rest.rows == rows
    assert (str(rest.amount) if rest.amount else None) == amount


def test_two_currencies_in_one_line_are_refused():
    yen = Money(1_000_000, currency("JPY"))
    with pytest.raises(CurrencyMismatch):
        judge(replace(TIED, tie_out=(off(INVOICES, loaded=Tally(90, yen)),), breaks=(BREAKS,)))


def test_books_that_reject_more_than_the_budget_do_not_tie_out():
    """Each row is named, so rows and money are conserved; yet the rows are not in the books."""
    over = (
        BudgetLine("invoice", 5, 100, 500, 100, "", "", is_within=False),
        BudgetLine("invoice", eur("40"), eur("1000"), 400, 100, "", "", is_within=False),
    )
    failed = (*TIED.checks, check("rejection_budget", verdict="fail", breaks=2))
    judgement = judge(replace(TIED, budget=over, checks=failed))
    assert judgement.verdict is NO
    assert judgement.reasons == (
        "Invoice: 5 of 100 rows rejected, 5 %; the budget allows 1 %.",
        "Invoice: 40.00 EUR of 1,000.00 EUR rejected, 4 %; the budget allows 1 %.",
    )
    assert judge(replace(TIED, budget=over)).verdict is NO  # whatever the checks say of it
