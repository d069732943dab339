"""Geometry of charts: lengths are true to their values, and nothing that is there vanishes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.migration.pages.charts import (
    VISIBLE_MIN,
    columns_of,
    points_of,
    segments_of,
    ticks_to,
)

parts = st.lists(st.integers(0, 10**12), min_size=1, max_size=6)


@given(values=parts)
def test_a_bar_is_always_as_wide_as_its_box(values):
    segments = segments_of([("part", value, "calm") for value in values], width=200)
    if any(values):
        assert sum(segment.width for segment in segments) == pytest.approx(200, abs=0.1)
    else:
        assert segments == ()


@given(values=parts)
def test_a_part_that_is_there_can_be_seen(values):
    segments = segments_of([("part", value, "calm") for value in values], width=200)
    assert len(segments) == sum(value > 0 for value in values)
    assert all(segment.width >= VISIBLE_MIN for segment in segments)


def test_a_part_of_a_larger_whole_leaves_the_rest_empty():
    (only,) = segments_of([("filled", 25, "accent")], width=200, whole=100)
    assert only.width == 50


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, (0,)),
        (1, (0, 1)),
        (4, (0, 1, 2, 3, 4)),
        (9, (0, 3, 6, 9)),  # 2.5 would be no whole amount
        (100, (0, 25, 50, 75, 100)),
        (249_000_000_000, (0, 100_000_000_000, 200_000_000_000, 300_000_000_000)),
    ],
)
def test_an_axis_has_round_steps_and_holds_the_largest_value(largest, ticks):
    assert ticks_to(largest) == ticks


def test_a_column_is_as_high_as_its_share_of_the_axis():
    chart = columns_of([("2026-01", 50, 50), ("2026-02", 100, 75)], width=100, height=200)
    assert [column.height for column in chart.columns] == [100, 200]
    assert [column.differs for column in chart.columns] == [False, True]
    assert chart.columns[1].mark == 50


def test_a_long_axis_labels_at_most_twelve_places():
    chart = columns_of([(str(month), 1, 1) for month in range(60)], width=100, height=10)
    assert sum(column.is_labelled for column in chart.columns) == 12


def test_a_small_distribution_shows_its_largest_value_at_full_height():
    points = points_of([("1", 1), ("2", 400), ("3", 0)], width=120, height=18)
    assert [point.height for point in points] == [VISIBLE_MIN, 18, 0]
    assert points_of([("1", 0)], width=120, height=18) == ()
