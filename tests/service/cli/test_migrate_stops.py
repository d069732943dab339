"""What the assessment finds before a load is told, with its fix, and nothing is loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.acceptance import club
from tests.service.cli.command_line import CommandLine

from trueup.cli import failures

if TYPE_CHECKING:
    from pathlib import Path

CARD = "4111111111111111"


@pytest.fixture
def trueup(tmp_path: Path, database_url: str) -> CommandLine:
    return CommandLine(tmp_path / "home", database_url)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return club.write_books(tmp_path / "books")


def migrate(trueup: CommandLine, books: Path, *options: object):
    work = books.parent / "work"
    return trueup("migrate", books, "--pack", club.PACK, "--work", work, *options)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_migration_stops_at_what_the_load_would_refuse_and_names_it(
    trueup: CommandLine, books: Path
) -> None:
    replace(books / "bills.csv", "sent,EUR", "lost,EUR")
    (books / "notes.csv").write_text("id,text\n1,hello\n", "utf-8")
    ended = migrate(trueup, books)
    assert ended.status == failures.REFUSED
    assert "error assessment_blocks " in ended.err
    assert (
        "bills.state: Values of state that the map bill_state does not know (1): lost →"
        in ended.said
    )
    assert "Decide what each value means and add it to the map." in ended.said
    assert "notes: A table that the pack does not name (1) →" in ended.said
    assert "--accept" not in ended.said  # nobody can accept what the load refuses
    page = books.parent / "work" / "assessment.html"
    assert f"The assessment: {page}" in ended.err
    assert page.is_file()
    with psycopg.connect(str(trueup.url)) as connection:
        assert connection.execute("select from tenancy.tenant where name = 'default'").rowcount == 0


def test_an_operator_goes_on_in_spite_of_a_card_number_and_the_report_says_so(
    trueup: CommandLine, books: Path
) -> None:
    """The numbers are already in the snapshot; the load copies none of them."""
    replace(books / "members.csv", "Zoë Nº 7", f"Zoë {CARD}")
    stopped = migrate(trueup, books)
    assert stopped.status == failures.REFUSED
    assert "Card numbers in name" in stopped.said
    assert "To go on in spite of it: --accept card_number." in stopped.said
    assert CARD not in stopped.said
    went_on = migrate(trueup, books, "--accept", "card_number")
    assert went_on.status == failures.INCOMPLETE  # the club's pack has no checks
    report = books.parent / "work" / "report.json"
    (accepted,) = json.loads(report.read_text("utf-8"))["accepted"]
    assert (accepted["code"], accepted["where"], accepted["count"]) == (
        "card_number",
        "members.name",
        1,
    )
    assert CARD not in report.read_text("utf-8")
    with psycopg.connect(str(trueup.url)) as connection:
        rejected = "select reason from migration.set_aside where entity = 'customer'"
        assert connection.execute(rejected).fetchall() == [("card_number",)]
    replace(books / "members.csv", CARD, "Nº 7")
    work = ("--work", books.parent / "again", "--tenant", "again")
    assert migrate(trueup, books, *work).status == failures.INCOMPLETE
    assert not (books.parent / "again" / "accepted.json").exists()


def test_what_the_load_itself_refuses_cannot_be_accepted(trueup: CommandLine, books: Path) -> None:
    ended = migrate(trueup, books, "--accept", "value_unmapped")
    assert ended.status == 2
    assert "only card_number can be accepted" in ended.said
