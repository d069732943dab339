from __future__ import annotations

import itertools
from datetime import date

import pytest

from trueup.billing.taxes.errors import MalformedTaxRate, UnknownTaxCategory
from trueup.billing.taxes.model import TaxRate, ppm_of_percent
from trueup.billing.taxes.rules.rate_table import (
    RatePeriod,
    RateTable,
    find_rate,
    find_territory,
)
from trueup.billing.taxes.tables import periods_of, shipped_rates

NOW = date(2025, 9, 1)


@pytest.mark.parametrize(("percent", "ppm"), [
    ("20", 200_000), ("8.875", 88_750), ("25.5", 255_000), ("0", 0), ("0.0001", 1),
    ("19.0000", 190_000), ("9.97500", 99_750), ("1000", 10_000_000),
])  # fmt: skip
def test_a_percentage_is_read_exactly(percent, ppm):
    assert ppm_of_percent(percent) == ppm
    assert TaxRate.from_percent(percent).rate_ppm == ppm


@pytest.mark.parametrize(
    "percent", ["", "20 %", "-1", "0.00001", "1e2", "1,5", ".5", "1000.0001", "NaN", "２０"]
)
def test_what_is_no_percentage_is_refused_not_guessed(percent):
    with pytest.raises(MalformedTaxRate) as refused:
        ppm_of_percent(percent)
    assert refused.value.fields == {"percent": percent}


@pytest.mark.parametrize(("where", "category", "on", "percent"), [
    ("DE", "standard", date(2020, 6, 30), "19"),
    ("DE", "standard", date(2020, 7, 1), "16"),       # the temporary cut, from its first day
    ("DE", "standard", date(2020, 12, 31), "16"),     # to its last
    ("DE", "standard", date(2021, 1, 1), "19"),
    ("DE", "reduced", date(2020, 12, 31), "5"),
    ("DE", "zero", NOW, "0"),
    ("FI", "standard", NOW, "25.5"),
    ("FR", "super_reduced", NOW, "2.1"),
    ("GB", "standard", date(2011, 1, 3), None),       # the source knows no earlier rate
    ("DK", "reduced", NOW, None),                     # there is none
    ("FR", "reduced", NOW, None),                     # there are two: neither is guessed
    ("ZZ", "standard", NOW, None),
    ("US-NY", "standard", NOW, "4"),
    ("US-LA", "standard", date(2024, 12, 31), "4.45"),
    ("US-LA", "standard", date(2025, 1, 1), "5"),
    ("US-NY", "standard", date(2019, 12, 31), None),
    ("CA-NS", "standard", date(2025, 3, 31), "15"),   # never 10, whatever a peer says
    ("CA-NS", "standard", date(2025, 4, 1), "14"),
])  # fmt: skip
def test_a_rate_is_found_for_its_day(where, category, on, percent):
    rate = find_rate(shipped_rates(), where, category, on)
    assert (rate and rate.rate_ppm) == (percent and ppm_of_percent(percent))


@pytest.mark.parametrize(("country", "postal_code", "name", "percent"), [
    ("FR", "97110", "Guadeloupe", "8.5"),
    ("FR", "75001", None, "20"),
    ("FR", "", None, "20"),
    ("ES", "35001", "Canary Islands", "0"),
    ("ES", "ES-38 001", "Canary Islands", "0"),
    ("ES", "28001", None, "21"),
    ("DE", "D-78266", "Büsingen am Hochrhein", "0"),
    ("DE", "27499", None, "19"),
    ("PT", "9000-015", "Madeira", "22"),
    ("AT", "6992", "Mittelberg", "19"),
    ("GR", "630 86", "Mount Athos", "0"),
])  # fmt: skip
def test_a_part_of_a_country_can_have_a_rate_of_its_own(country, postal_code, name, percent):
    table = shipped_rates()
    territory = find_territory(table, country, NOW, postal_code)
    assert (territory and territory.name) == name
    rate = find_rate(table, country, "standard", NOW, postal_code)
    assert rate is not None
    assert rate.rate_ppm == ppm_of_percent(percent)


@pytest.mark.parametrize(("where", "category", "postal_code", "name", "percent"), [
    ("DE", "standard", None, "VAT", "19"),
    ("DE", "reduced", None, "VAT", "7"),
    ("DE", "zero", None, "VAT", "0"),
    ("PT", "standard", "9000-015", "VAT", "22"),
])  # fmt: skip
def test_a_rate_says_what_it_is_called_where_it_is_levied_and_of_what(where, category, postal_code, name, percent):  # fmt: skip
    rate = find_rate(shipped_rates(), where, category, NOW, postal_code)
    assert rate == TaxRate(name, where, ppm_of_percent(percent), category)


def test_a_part_with_its_own_standard_rate_says_nothing_of_reduced_ones():
    assert find_rate(shipped_rates(), "PT", "reduced1", NOW, "9000-015") is None
    assert find_rate(shipped_rates(), "PT", "zero", NOW, "9000-015") is not None


def test_a_category_nobody_has_is_refused():
    """It would be pending for ever, without anybody knowing that it is a slip of the pen."""
    with pytest.raises(UnknownTaxCategory) as refused:
        find_rate(shipped_rates(), "DE", "standrad", NOW)
    assert refused.value.fields["category"] == "standrad"
    with pytest.raises(UnknownTaxCategory):
        RateTable.of([RatePeriod("DE", "VAT", None, None, {"low": 70_000})])


def test_a_tenants_own_rates_come_before_the_shipped_ones():
    own = RateTable.of(
        periods_of(
            'name = "GST"\n[[period]]\njurisdiction = "IN"\nrates = { standard = "18" }\n'
            '[[period]]\njurisdiction = "DE"\nname = "MwSt"\nfrom = 2026-01-01\nrates = { standard = "18" }'
        )
    )
    table = own.before(shipped_rates())
    found = [
        find_rate(table, where, "standard", on)
        for where, on in (("IN", NOW), ("DE", NOW), ("DE", date(2026, 1, 1)))
    ]
    assert [(rate.name, rate.rate_ppm) for rate in found if rate] == [
        ("GST", 180_000),
        ("VAT", 190_000),
        ("MwSt", 180_000),
    ]


@pytest.mark.parametrize("jurisdiction", sorted(shipped_rates().periods))
def test_the_periods_of_a_jurisdiction_follow_each_other(jurisdiction):
    """No gap and no overlap: each day since the first known one has one rate."""
    periods = shipped_rates().periods[jurisdiction]
    for earlier, later in itertools.pairwise(periods):
        assert earlier.valid_until == later.valid_from
    assert periods[-1].valid_until is None
    assert all("standard" in period.ppm_by_category for period in periods)


def test_all_states_and_provinces_are_there():
    found = shipped_rates().periods
    assert len([where for where in found if where.startswith("US-")]) == 52
    assert len([where for where in found if where.startswith("CA-")]) == 9
