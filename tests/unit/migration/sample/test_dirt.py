from __future__ import annotations

import re
from pathlib import Path

import pytest

from trueup.migration.sample.errors import UnknownDirt
from trueup.migration.sample.kinds import DIRT, REGISTRY, dirt_named, planting_statements
from trueup.migration.sample.model import Engine, Outcome
from trueup.migration.sample.workshop import baits

PARTS = re.split(
    r"^-- name: (\w+)$", Path(__file__).with_name("finders.sql").read_text(), flags=re.MULTILINE
)
FINDERS = dict(zip(PARTS[1::2], (part.strip().rstrip(";") for part in PARTS[2::2]), strict=True))


@pytest.mark.parametrize("kind", FINDERS)
def test_what_is_planted_is_what_is_found(dirty, kind):
    connection, planted = dirty
    found = sorted({row[0] for row in connection.execute(FINDERS[kind]).fetchall()})

    assert found == [row.id for row in planted[kind].rows]
    assert len(found) >= 3


def test_every_kind_has_a_finder_but_the_one_only_mariadb_can_hold():
    assert {kind.name for kind in DIRT} - set(FINDERS) == {"zero_dates"}


def test_every_kind_has_its_sql_and_all_sql_its_kind():
    assert sorted(planting_statements()) == sorted(name for name, *_ in REGISTRY)


def test_each_defect_of_the_load_has_bait(dirty):
    """Document 001, defects D1 to D33: a test of one is worth nothing where no row provokes it."""
    connection, planted = dirty
    by_dirt = {rule for lie in planted.values() if lie.rows for rule in lie.dirt.rules}
    by_population = {bait.rule for bait in baits(connection) if bait.rows}

    assert {f"D{number}" for number in range(1, 34)} - by_dirt - by_population == set()


def test_no_row_is_planted_by_two_kinds(dirty):
    _, planted = dirty
    rows = [row for lie in planted.values() for row in lie.rows]

    assert len(rows) == len(set(rows))


def test_no_row_hangs_on_the_dirt_of_two_kinds(dirty):
    _, planted = dirty
    rows = [row for lie in planted.values() for row in (*lie.rows, *lie.dependents)]

    assert len(rows) == len(set(rows))


def test_a_payment_hangs_on_its_rejected_invoice(dirty):
    connection, planted = dirty
    lie = planted["malformed_lines"]
    payments = connection.execute(
        "select id from legacy_payments where invoice_id in $ids order by id",
        {"ids": [row.id for row in lie.rows]},
    ).fetchall()

    assert [(row.id,) for row in lie.dependents if row.table == "legacy_payments"] == payments


def test_only_rows_that_cannot_be_loaded_have_dependents(dirty):
    _, planted = dirty
    kept = (Outcome.LOADED, Outcome.MERGED, Outcome.STOPS)

    assert [
        lie.dirt.name for lie in planted.values() if lie.dependents and lie.dirt.outcome in kept
    ] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [("none", 0), ("", 0), ("all", len(REGISTRY)), ("null_emails, totals_off", 2)],
)
def test_dirt_is_chosen_by_word_or_by_name(text, count):
    assert len(dirt_named(text)) == count


def test_the_default_leaves_out_what_would_stop_a_load():
    left_out = {kind.outcome for kind in set(dirt_named("all")) - set(dirt_named("default"))}

    assert left_out == {Outcome.STOPS}


def test_unknown_dirt_is_refused_with_every_unknown_name():
    with pytest.raises(UnknownDirt) as refusal:
        dirt_named("soot,null_emails,rust")

    assert refusal.value.fields["names"] == ("rust", "soot")


def test_zero_dates_are_for_mariadb_alone():
    (kind,) = dirt_named("zero_dates")

    assert kind.engines == {Engine.MARIADB}
