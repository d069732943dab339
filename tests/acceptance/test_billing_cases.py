"""The billing of Kill Bill, Lago, Meteroid, Flexprice, OpenMeter, Stripe and Zuora, case by case.

Run with `-s` to see the table of how many agree.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest
from tests.acceptance.billing_cases import NAMED, Case, Verdict, read_cases, report, verdict

from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.spans import without
from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.noting import facts_of
from trueup.billing.simulation.result import result_of
from trueup.billing.simulation.scenario import Play, played
from trueup.billing.simulation.shape import shaped
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import ChargeKind

CASES = list(read_cases())
TIMED = {LineKind.RECURRING, LineKind.ADD_ON}
SCENARIOS = [case for case in CASES if case.content["kind"] == "scenario"]


def named(case: Case) -> str:
    return case.id


def play(case: Case) -> Play:
    dialect = dialect_of(case.content["convention"], case.conventions)
    return played(shaped(case.content, case.id), dialect)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_of_another_engine_agrees_or_differs_by_a_named_convention(case: Case) -> None:
    found, differences = verdict(case)
    assert differences == (list(NAMED[case.id].differences) if case.id in NAMED else [])
    assert found is (Verdict.DIFFERS if case.id in NAMED else Verdict.AGREES)


def test_in_every_file_nothing_is_wrong_or_not_expressible() -> None:
    print(f"\n{report()}")  # noqa: T201  the report is what this test is for
    verdicts = Counter(verdict(case)[0] for case in CASES)
    assert verdicts[Verdict.WRONG] == verdicts[Verdict.NOT_EXPRESSIBLE] == 0
    assert verdicts.total() == len(CASES) == 133


@pytest.mark.parametrize("case", SCENARIOS, ids=named)
def test_billed_time_has_no_overlap_and_no_gap(case: Case) -> None:
    world = play(case).world
    for contract in world.contracts.values():
        for item in contract.items:
            if item.charge.kind not in {ChargeKind.RECURRING, ChargeKind.ADD_ON}:
                continue
            standing = sorted(
                part
                for row in world.billed.get(contract.key, {}).get(item.key, ())
                if row.line.kind in TIMED and row.line.span is not None
                for part in without(row.line.span, row.given_back)
            )
            for earlier, later in pairwise(standing):
                assert earlier.end <= later.start
            if standing:
                until = standing[-1].end
                in_service = [
                    (start, until if end is None else min(end, until))
                    for start, end in served(item, contract.pauses)
                    if start < until
                ]
                for start, end in in_service:
                    assert not without(type(standing[0])(start, end), standing)


@pytest.mark.parametrize("case", SCENARIOS, ids=named)
def test_credits_never_exceed_what_was_billed(case: Case) -> None:
    world = play(case).world
    for books in world.billed.values():
        for rows in books.values():
            assert all(0 <= row.left_micros <= max(row.line.amount_micros, 0) for row in rows)
    for issued in world.invoices:
        facts = facts_of(world, issued.key)
        assert facts.noted_net_micros <= max(facts.net_micros, 0)
        assert facts.noted_tax_micros <= max(facts.tax_micros, 0)


@pytest.mark.parametrize("case", SCENARIOS, ids=named)
def test_totals_equal_their_lines(case: Case) -> None:
    result = result_of(play(case).world)
    for invoice in result["invoices"]:
        lines = sum(Decimal(line["amount"]) for line in invoice["lines"])
        shares = sum(Decimal(line.get("coupon_share", 0)) for line in invoice["lines"])
        assert shares == Decimal(invoice["discount"])
        assert Decimal(invoice["total"]) == (
            lines
            - Decimal(invoice["discount"])
            + Decimal(invoice["tax"])
            - Decimal(invoice["credit_applied"])
        )


@pytest.mark.parametrize("case", SCENARIOS, ids=named)
def test_running_the_clock_again_changes_nothing(case: Case) -> None:
    done = play(case)
    before = result_of(done.world)
    for at in sorted({*(at for at, _ in done.events), done.until}):
        done.world.bill(at, "again")
    assert result_of(done.world) == before
