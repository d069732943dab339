"""The page and the document: complete, well-formed, bound by a hash."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.support.markup import Page
from tests.unit.migration.evidence.reports import (
    BREAKS,
    CUSTOMERS,
    INVOICES,
    PROVENANCE,
    TIED,
    check,
    eur,
    off,
)

from trueup.migration.evidence.model import BilledMonth, StatusCell, StatusMatrix, Tally
from trueup.migration.evidence.page import buckets_of, grid_of, tie_out_rows
from trueup.migration.evidence.service import render_report

WHEN = "2026-01-15T02:00:00Z"
BROKEN = replace(
    TIED,
    breaks=(BREAKS,),
    checks=(check(verdict="fail", breaks=73),),
    tie_out=(CUSTOMERS, off(INVOICES, loaded=Tally(89, eur("898")))),
    billed=(*TIED.billed, BilledMonth("2026-01", eur("10"), eur("8"))),
    matrices=(
        StatusMatrix(
            "invoice",
            (
                StatusCell("paid", "open", 24, 0, is_declared=False),
                StatusCell("open", None, 3, 0, is_declared=None),
            ),
        ),
    ),
)
OPEN = replace(TIED, checks=(check(verdict="inconclusive", reason="the pack has no checks"),))


@pytest.mark.parametrize(
    ("inputs", "headline"),
    [
        (TIED, "The books tie out"),
        (BROKEN, "The books do not tie out"),
        (OPEN, "Inconclusive: not enough was compared"),
    ],
)
def test_a_page_is_well_formed_and_says_its_verdict_in_words(inputs, headline):
    page = Page(render_report(inputs, rendered_at=WHEN).html)
    assert page.problems == []
    assert headline in page.text


@pytest.mark.parametrize(
    "part",
    [
        "Tie-out",
        "Control totals",
        "Breaks",
        "Where every row went",
        "Billed by month",
        "Statuses, source against target",
        "What was asked, and what was not",
        "Rejection budget",
        "a handful of test invoices; owner: finance",
        "Assumed, because the source does not say",
        "the column is called euros",
        "accepted by its operator",
        "Card numbers in text card_number notes.text 3 2026-01-15 00:30 UTC",
        "Trial balance of the ledger",
        "What this report stands on",
        "Sign-off",
        "a" * 64,  # the snapshot
        "b" * 64,  # the mapping
        "c" * 64,  # the result
        "customer.epoch : counts on this side only",
        "owner: finance",
        "correct it",
        "73 breaks",
        "-2.00 EUR net, 8.00 gross",
        "And 70 more.",
        "load 1 min 3 s",
    ],
)
def test_a_report_holds_what_a_finance_lead_signs_for(part):
    assert part in Page(render_report(BROKEN, rendered_at=WHEN).html).text


def test_a_report_over_the_budget_says_what_to_do():
    (line, _) = TIED.budget
    over = replace(TIED, budget=(replace(line, is_within=False),))
    page = Page(render_report(over, rendered_at=WHEN).html)
    assert page.problems == []
    assert "Repair the rows at the source" in page.text
    assert (
        "Repair the rows at the source" not in Page(render_report(TIED, rendered_at=WHEN).html).text
    )


def test_the_hash_that_is_signed_stands_on_the_page_and_in_the_document():
    report = render_report(TIED, rendered_at=WHEN)
    assert report.hash in Page(report.html).text
    assert json.loads(report.json)["hash"] == report.hash


def test_anybody_can_take_the_hash_again_from_the_document():
    """As the slice's README tells them to."""
    report = render_report(TIED, rendered_at=WHEN)
    document = json.loads(report.json)
    del document["hash"], document["provenance"]["timings"]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256(text.encode()).hexdigest() == report.hash


def test_a_second_run_that_found_the_same_confirms_the_signature():
    slower = replace(TIED, provenance=replace(PROVENANCE, timings=(("load", 99.0),)))
    later = "2026-01-16T00:00:00Z"
    assert (
        render_report(slower, rendered_at=later).hash == render_report(TIED, rendered_at=WHEN).hash
    )


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"provenance": replace(PROVENANCE, mapping_hash="d" * 64)},
        {"not_compared": ()},
        {"billed": ()},
        {"set_aside": ()},
    ],
)
def test_other_evidence_has_another_hash(change):
    other = render_report(replace(TIED, **change), rendered_at=WHEN)
    assert other.hash != render_report(TIED, rendered_at=WHEN).hash


def test_the_same_inputs_give_the_same_bytes():
    assert render_report(BROKEN, rendered_at=WHEN) == render_report(BROKEN, rendered_at=WHEN)


def test_values_of_breaks_are_masked_in_page_and_document():
    report = render_report(BROKEN, rendered_at=WHEN)
    for secret in ("Ada Lovelace", "Ada Byron", "ada@example.com"):
        assert secret not in report.html
        assert secret not in report.json
    assert "1001" in report.html  # the row is still found by its key


def test_amounts_in_the_document_are_text_with_their_currency():
    document = json.loads(render_report(TIED, rendered_at=WHEN).json)
    assert document["tie_out"][1]["source"]["amount"] == {"currency": "EUR", "micros": "1000000000"}


def test_a_line_is_settled_only_if_rows_and_money_are():
    rows = tie_out_rows((CUSTOMERS, off(INVOICES, loaded=Tally(90, eur("899.99")))))
    assert [row.is_settled for row in rows] == [True, False]


def test_buckets_of_an_entity_add_up_over_its_currencies():
    other = replace(INVOICES, currency="USD", source=Tally(2), loaded=Tally(1))
    (found,) = buckets_of((INVOICES, other))
    assert (found.source, found.loaded) == (102, 91)


def test_a_matrix_shows_what_a_side_lacks_last():
    cells = (
        StatusCell(None, "open", 0, 3, is_declared=None),
        StatusCell("paid", "paid", 9, 9, is_declared=True),
    )
    grid = grid_of(StatusMatrix("invoice", cells))
    assert (grid.sources, grid.targets) == (("paid", "(none)"), ("open", "paid"))
    assert [[cell is not None for cell in row] for row in grid.rows] == [
        [False, True],
        [True, False],
    ]
