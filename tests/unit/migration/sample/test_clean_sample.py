from __future__ import annotations

import re
from pathlib import Path

import pytest

from trueup.kernel.progress import SILENT
from trueup.migration.sample.model import AS_OF
from trueup.migration.sample.workshop import baits, populate, workshop

PARTS = re.split(
    r"^-- name: (\w+)$", Path(__file__).with_name("clean_laws.sql").read_text(), flags=re.MULTILINE
)
LAWS = dict(zip(PARTS[1::2], (part.strip().rstrip(";") for part in PARTS[2::2]), strict=True))

CONTENT = (
    "select md5(string_agg(md5(row::varchar), '' order by row::varchar)) from legacy.{} as row"
)
DIGESTS = {
    "legacy_customers": "a351993359764a18247069de8bb8a79c",
    "legacy_invoices": "d2a5e9ad7e0d4092c023073f8877673a",
    "legacy_payments": "63f5745c58fa797bf377d0f95e466e45",
    "legacy_usage_records": "94255e034f7f2b4fce141cbf30ff93a2",
}


@pytest.mark.parametrize("law", LAWS)
def test_the_clean_sample_keeps_every_law(clean, law):
    parameters = {"as_of": AS_OF} if "$as_of" in LAWS[law] else None

    assert clean.execute(LAWS[law], parameters).fetchall() == []


def test_the_population_alone_is_bait_for_the_rules_that_need_no_dirt(clean):
    without_rows = [bait.name for bait in baits(clean) if bait.rows == 0]

    assert without_rows == []


def test_anchors_leap_days_currencies_and_intervals_are_all_there(clean):
    anchors = {
        row[0]
        for row in clean.execute(
            "select distinct billing_anchor_day from legacy_subscriptions"
        ).fetchall()
    }
    currencies = {
        row[0] for row in clean.execute("select distinct currency from legacy_invoices").fetchall()
    }
    intervals = set(
        clean.execute(
            "select distinct billing_interval, interval_count from legacy_subscriptions"
            " join legacy_plans on legacy_plans.id = plan_id"
        ).fetchall()
    )
    leap_days = clean.execute(
        "select count(*) from legacy_subscriptions where started_date::date = date '2024-02-29'"
    ).fetchone()

    assert {29, 30, 31} <= anchors
    assert currencies == {"USD", "EUR", "GBP", "JPY", "KWD", "INR", "AED"}
    assert {("year", 2), ("month", 3), ("quarter", 1), ("week", 2), ("day", 30)} <= intervals
    assert leap_days > (0,)


@pytest.mark.parametrize("table", DIGESTS)
def test_a_seed_makes_the_same_rows_for_ever(table):
    """A new version of the engine, or a careless edit, would otherwise move every published count."""
    with workshop() as connection:
        populate(connection, customers=40, seed=7, progress=SILENT)
        digest = connection.execute(CONTENT.format(table)).fetchall()[0][0]

    assert digest == DIGESTS[table]


def test_another_seed_makes_other_rows():
    digests = set()
    for seed in (7, 8):
        with workshop() as connection:
            populate(connection, customers=40, seed=seed, progress=SILENT)
            digests.add(connection.execute(CONTENT.format("legacy_payments")).fetchall()[0][0])

    assert len(digests) == 2
