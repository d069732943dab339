"""What people read of a backtest: every kind and cause has its words, and what to do."""

from __future__ import annotations

import pytest

from trueup.migration.backtest.model import Cause, Kind
from trueup.migration.backtest.wording import ADVICE, CAUSES, KINDS, advised, spoken


def test_every_kind_and_cause_is_worded() -> None:
    assert set(KINDS) == set(Kind)
    assert set(CAUSES) == set(ADVICE) == set(Cause)


@pytest.mark.parametrize("words", [KINDS, CAUSES], ids=["kinds", "causes"])
def test_no_two_read_the_same(words: dict[object, str]) -> None:
    assert len(set(words.values())) == len(words)


def test_two_causes_read_as_one_phrase() -> None:
    assert (
        spoken((Cause.TIMING, Cause.QUANTITY)) == "another day, and a quantity that changed since"
    )


def test_the_same_advice_is_given_once() -> None:
    assert advised((Cause.TAX_ROUNDING, Cause.ROUNDING)).count("pack") == 1
