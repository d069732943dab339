"""Figures as people read them."""

from __future__ import annotations

import pytest

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.pages import figures


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "-"),  # nothing of nothing is no share
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (999_999, 1_000_000, "99.9 %"),  # never rounded up to all of it
        (1, 1_000_000, "<0.1 %"),  # never rounded down to none
        (1, 8, "12.5 %"),
        (1, 10, "10 %"),
    ],
)
def test_a_share_says_all_only_of_all_and_none_only_of_none(part, whole, text):
    assert figures.share(part, whole) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (54_800, "54.8 kB"),
        (10**13, "10.0 TB"),
    ],
)
def test_a_size_is_in_the_largest_unit_that_leaves_a_whole_part(number, text):
    assert figures.size(number) == text


@pytest.mark.parametrize(
    ("duration", "text"), [(0.44, "0.4 s"), (42.4, "42 s"), (200.0, "3 min 20 s")]
)
def test_a_duration_reads_as_people_say_it(duration, text):
    assert figures.seconds(duration) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0"), (250_000_000, "250"), (1_200_000_000, "1.2k"), (30_000_000_000_000, "30M")],
)
def test_an_axis_reads_in_main_units(micros, text):
    assert figures.short_micros(micros) == text


def test_an_amount_under_its_currency_keeps_the_decimals_of_that_currency():
    assert figures.amount(Money(1_234_500_000, currency("EUR"))) == "1,234.50"
    assert figures.amount(Money(1_234_000_000, currency("JPY"))) == "1,234"


def test_an_instant_reads_to_the_minute_and_a_date_stays_a_date():
    assert figures.instant("2026-01-15T10:00:00Z") == "2026-01-15 10:00 UTC"
    assert figures.instant("2026-01-15") == "2026-01-15"
    assert figures.rows(1) == "1 row"
    assert figures.short_hash("0123456789abcdef") == "0123456789ab"
