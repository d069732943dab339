"""Whatever the engine bills in the peers' cases, it can tell a customer, in every language.

Issue 3, Explain: each line renders as a sentence for a customer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.billing.documents.wording import LANGUAGES
from trueup.billing.simulation.explaining import explained_lines
from trueup.billing.simulation.service import Outcome, simulate_file

CASES = Path(__file__).resolve().parents[1] / "support" / "cases" / "billing"
FILES = sorted(CASES.glob("*.json"))


def documents_of(outcome: Outcome) -> list[dict[str, list[dict[str, str]]]]:
    result = outcome.result or {}
    return [*(result.get("invoices") or ()), *(result.get("credit_notes") or ())]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_every_line_of_every_case_is_told_in_every_language(file: Path) -> None:
    for outcome in simulate_file(file):
        for document in documents_of(outcome):
            for language in LANGUAGES:
                told = explained_lines(document["lines"], outcome, language)
                assert len(told) == len(document["lines"])
                assert [sentence for sentence in told if "{" in sentence or not sentence] == []
