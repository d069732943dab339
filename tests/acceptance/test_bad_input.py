"""Bad input of every kind: one error that names the place and the fix, nothing half done.

Proves the "Bad input" of the first landing.  After each refusal the database and the folders are as
they were, and the same commands finish once the input is put right.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest
from tests.acceptance import club
from tests.service.cli.command_line import CommandLine, Ended
from tests.support.content import content_hash

from trueup.cli import failures
from trueup.migration.sample import service as sample

LOADED = {"customer": club.MEMBERS, "invoice": club.BILLS, "payment": club.BILLS * 2 // 3}


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return club.write_books(tmp_path / "books")


@pytest.fixture
def trueup(tmp_path: Path, database_url: str) -> CommandLine:
    return CommandLine(tmp_path / "home", database_url)


def refused(ended: Ended, code: str, *words: str) -> None:
    """It ended with one refusal that says `words`, and printed no result."""
    assert ended.status == failures.REFUSED, ended.err
    assert ended.out == ""
    assert ended.err.count("error ") == 1
    assert f"error {code} " in ended.err
    assert "\nfix " in ended.err
    assert "Traceback" not in ended.err
    missing = [word for word in words if word not in ended.said]
    assert not missing, ended.err


def loads_after_all(trueup: CommandLine, work: Path, pack: Path = club.PACK) -> None:
    ended = trueup("load", "--pack", pack, "--work", work)
    assert ended.status == 0, ended.err
    assert loaded(str(trueup.url)) == LOADED


def loaded(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select entity, sum(loaded)::int from migration.checkpoint group by 1"
        ).fetchall()
    return dict(rows)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-30])


def save_as_latin_1(file: Path) -> None:
    file.write_text(file.read_text("utf-8"), encoding="latin-1")


def part_by(delimiter: str):
    return lambda file: edit(file, ",", delimiter)


def break_a_line(file: Path) -> None:
    edit(file, ",B-0007,", ",B;0007,extra,")


def empty(file: Path) -> None:
    file.write_text("")


@pytest.mark.parametrize(
    ("spoilt", "code", "words"),
    [
        (("bills.csv", cut_off), "csv_truncated", ("bills.csv, line 61",)),
        (("bills.csv", part_by("~")), "csv_delimiter", ("bills.csv",)),
        (("bills.csv", break_a_line), "csv_ragged", ("bills.csv, line 8", "8 values")),
        (("members.csv", save_as_latin_1), "csv_undecodable", ("members.csv, line 2", "utf-8", "encoding")),
        (("members.csv", empty), "csv_empty", ("members.csv",)),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_refused_by_name_and_line(
    spoilt, code, words, trueup: CommandLine, books: Path, tmp_path: Path
) -> None:
    file, spoil = spoilt
    good = (books / file).read_bytes()
    spoil(books / file)
    work = tmp_path / "work"
    refused(trueup("extract", books, "--work", work), code, *words)
    assert not (work / "snapshot").exists()
    (books / file).write_bytes(good)
    assert trueup("extract", books, "--work", work).status == 0
    loads_after_all(trueup, work)


@pytest.mark.parametrize(
    ("spoil", "options"),
    [
        (save_as_latin_1, ("--csv-encoding", "latin-1")),
        (part_by("~"), ("--csv-delimiter", "~")),
        (part_by("\t"), ("--csv-delimiter", r"\t")),
        (part_by(";"), ()),  # a delimiter that is seen by itself
    ],
)  # fmt: skip
def test_a_file_of_another_form_is_read_when_its_form_is_named(
    spoil, options, trueup: CommandLine, books: Path, tmp_path: Path
) -> None:
    assert trueup("extract", books, "--work", tmp_path / "good").status == 0
    for file in books.iterdir():
        spoil(file)
    ended = trueup("extract", books, "--work", tmp_path / "work", *options)
    assert ended.status == 0, ended.err
    assert ended.out == trueup("extract", books, "--work", tmp_path / "good").out


def lose_a_table(books: Path) -> None:
    (books / "takings.csv").unlink()


def lose_a_column(books: Path) -> None:
    edit(books / "bills.csv", ",sent\n", ",posted\n")


def gain_a_table(books: Path) -> None:
    (books / "lockers.csv").write_text("id,member_id\n1,1\n")


def write_unknown_states(books: Path) -> None:
    edit(books / "members.csv", "3,Zoë Nº 3,m3@example.org,EUR,member", "3,Zoë Nº 3,,EUR,honorary")
    edit(books / "bills.csv", "B-0004,settled", "B-0004,Settled")
    edit(books / "bills.csv", "B-0005,settled", "B-0005,waived")


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (lose_a_table, "tables_missing", ("takings",)),
        (lose_a_column, "pack_does_not_fit", ("invoice", "sent")),
        (gain_a_table, "tables_unclaimed", ("lockers",)),
        (write_unknown_states, "unknown_values",
         ("members.state: 'honorary' (1 rows)", "bills.state:", "'Settled' (1 rows)", "'waived' (1 rows)")),
    ],
)  # fmt: skip
def test_a_source_that_the_pack_does_not_know_is_refused_before_anything_is_written(
    spoil, code, words, trueup: CommandLine, books: Path, tmp_path: Path
) -> None:
    good = shutil.copytree(books, tmp_path / "good")
    before = content_hash(str(trueup.url))
    spoil(books)
    work = tmp_path / "work"
    assert trueup("extract", books, "--work", work).status == 0
    refused(trueup("load", "--pack", club.PACK, "--work", work), code, *words)
    assert content_hash(str(trueup.url)) == before
    shutil.rmtree(books)
    good.rename(books)
    assert trueup("extract", books, "--work", tmp_path / "again").status == 0
    loads_after_all(trueup, tmp_path / "again")


def test_every_unknown_word_of_a_dirty_source_is_named_at_once(
    trueup: CommandLine, tmp_path: Path
) -> None:
    """All kinds of dirt that stop a load, in one legacy database: one answer, not six runs."""
    stops = [kind for kind in sample.DIRT if kind not in sample.DEFAULT_DIRT]
    named = ",".join(kind.name for kind in stops)
    legacy, work = tmp_path / "legacy.db", tmp_path / "work"
    made = trueup("sample", "legacy", "--to", legacy, "--customers", 200, "--dirt", named)
    assert made.status == 0, made.err
    assert trueup("extract", legacy, "--work", work).status == 0
    ended = trueup("load", "--pack", "legacy-001", "--work", work)
    refused(ended, "unknown_values", "Add each value to its [map]")
    columns = {
        "unknown_intervals": "legacy_plans.billing_interval",
        "unknown_pricing_models": "legacy_plans.pricing_model",
        "unknown_subscription_statuses": "legacy_subscriptions.status",
        "unknown_invoice_statuses": "legacy_invoices.status",
        "unknown_payment_statuses": "legacy_payments.status",
    }
    assert set(columns) == {kind.name for kind in stops}
    for column in columns.values():
        assert f"\n  - {column}: '" in ended.err
