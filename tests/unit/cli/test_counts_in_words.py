"""Counts and spans as people read them: one is one, and an hour is no clock time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trueup.cli.schedule import every_span
from trueup.cli.telling import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 rates"), (1, "1 rate"), (2, "2 rates"), (2000, "2,000 rates")]
)
def test_one_of_a_thing_is_not_several(count, said):
    assert counted(count, "rate") == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "every minute"),
        (30, "every 30 minutes"),
        (60, "every hour"),
        (90, "every 90 minutes"),
        (120, "every 2 hours"),
        (1440, "every day"),
        (10080, "every 7 days"),
    ],
)
def test_a_rhythm_is_told_in_the_largest_unit_of_which_it_is_whole(minutes, said):
    assert every_span(timedelta(minutes=minutes)) == said
