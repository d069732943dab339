"""The calendars of Kill Bill, Lago, OpenMeter, Flexprice and Zuora, case by case (B1 to B8, B10)."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.acceptance.calendar_cases import Case, read_cases, verdict

from trueup.billing.calendar.model import Stub

CASES = list(read_cases())
DIFFERS = "differs: stub measured against the anchored period"


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_calendar_of_another_engine_is_kept_under_its_convention(case: Case) -> None:
    assert verdict(case, Stub.COUNTED_FROM_EDGE) == "agrees"


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_our_own_convention_differs_by_name_or_not_at_all(case: Case) -> None:
    assert verdict(case, Stub.ANCHORED) in {"agrees", DIFFERS}


@pytest.mark.parametrize(
    ("file", "agrees", "differs"),
    [
        ("anchors-and-recurrences", 15, 0),
        ("dst-days", 3, 0),
        ("killbill-periods", 28, 0),
        ("killbill-proration", 100, 1),
        ("lago-billing-days", 10, 0),
        ("zuora-fractions", 3, 0),
    ],
)
def test_each_file_of_cases_is_answered_whole(file: str, agrees: int, differs: int) -> None:
    """Under our own convention; under the peer's every case of every file agrees."""
    found = Counter(verdict(case, Stub.ANCHORED) for case in CASES if case.file == file)
    assert found == Counter({"agrees": agrees, DIFFERS: differs})


def test_no_case_is_left_out() -> None:
    assert len({case.file for case in CASES}) == 6
    assert len(CASES) == 160
