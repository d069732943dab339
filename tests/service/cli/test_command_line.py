"""The command line as scripts and people meet it: statuses, streams, help, and Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.acceptance import club
from tests.service.cli.command_line import CommandLine
from tests.support.content import content_hash

from trueup.cli import failures
from trueup.cli.main import ENTRIES
from trueup.db import EmbeddedServer

if TYPE_CHECKING:
    from tests.support.postgres import PostgresForTests

PROGRAM = Path(sys.executable).with_name("trueup")
SECONDS_MAX = 180


@pytest.fixture
def trueup(tmp_path: Path, database_url: str) -> CommandLine:
    return CommandLine(tmp_path / "home", database_url)


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small legacy database, made by the command that people make one with."""
    folder = tmp_path_factory.mktemp("legacy")
    ended = CommandLine(folder, None)(
        "sample", "legacy", "--to", folder / "legacy.db", "--customers", 30, "--dirt", "none"
    )
    assert ended.status == 0, ended.err
    assert "legacy_customers" in ended.out
    return folder / "legacy.db"


def environment(home: Path, url: str | None) -> dict[str, str]:
    """What a shell hands over; no colours and widths of the shell that runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return kept | {"TRUEUP_HOME": str(home)} | ({"TRUEUP_DATABASE_URL": url} if url else {})


def test_a_user_migrates_a_database_on_the_embedded_server(
    legacy: Path, tmp_path: Path, embedded_home: Path
) -> None:
    """Every word typed in a shell: from nothing to a signed report, and the server away again."""

    def shell(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            cwd=tmp_path,
            env=environment(embedded_home, None),
        )

    assert shell("server", "stop").stdout == "The embedded server was not running.\n"
    assert not embedded_home.exists()
    migrated = shell("migrate", legacy, "--pack", "legacy-001")
    assert migrated.returncode == failures.DONE, migrated.stderr
    assert "The books tie out" in migrated.stdout
    report = tmp_path / "migration" / "report.html"
    assert str(report) in migrated.stdout
    assert report.is_file()
    again = shell("migrate", legacy, "--pack", "legacy-001")
    assert again.returncode == failures.DONE, again.stderr
    url = shell("server", "url").stdout.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("select from billing.customer").rowcount > 0
    assert shell("server", "stop").stdout == "The embedded server is stopped.\n"
    assert shell("server", "stop").stdout == "The embedded server was not running.\n"
    assert EmbeddedServer.find(embedded_home / "server") is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


# --- streams and statuses -----------------------------------------------------------------------


def test_json_alone_is_on_standard_output_and_the_rest_beside_it(
    trueup: CommandLine, tmp_path: Path
) -> None:
    books, work = club.write_books(tmp_path / "books"), tmp_path / "work"
    pack = ("--pack", club.PACK)
    for status, key, arguments in (
        (0, "tables", ("extract", books)),
        (0, "findings", ("assess", *pack)),
        (0, None, ("load", *pack)),
        (1, "checks", ("reconcile", *pack)),
    ):
        ended = trueup(*arguments, "--work", work, "--json")
        assert ended.status == status, ended.err
        found = json.loads(ended.out)
        assert key is None or key in found
        assert " done\n" in ended.err


def test_progress_is_plain_lines_where_no_terminal_shows_it(
    trueup: CommandLine, tmp_path: Path
) -> None:
    books, work = club.write_books(tmp_path / "books"), tmp_path / "work"
    assert trueup("extract", books, "--work", work).err == (
        "  extract bills: 60 rows done\n"
        "  extract members: 20 rows done\n"
        "  extract takings: 40 rows done\n"
    )
    ended = trueup("load", "--pack", club.PACK, "--work", work)
    assert ended.err == (
        "  customer: 20 rows done\n"
        "  invoice: 60 rows done\n"
        "  payment: 40 rows done\n"
        "  settle the books: done\n"
    )
    assert "\x1b" not in ended.out + ended.err
    assert "\r" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "Usage: trueup"),
        ("bogus", "No such command 'bogus'"),
        ("extract", "Missing argument 'source'"),
        ("load", "Missing option '--pack'"),
        ("unload --yes", "Missing option '--name'"),
        ("assess --colour", "No such option: --colour"),
        ("compare a.csv b.csv", "Missing option '--key'"),
        ("extract x --csv-delimiter ab", "give a single character"),
        ("sample legacy --to x --customers many", "parse string as an integer"),
        ("mapping", "Usage: trueup mapping"),
        ("server", "Usage: trueup server"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_by_the_usage(arguments, says, trueup: CommandLine) -> None:
    ended = trueup(*arguments.split())
    assert ended.status == 2
    assert says in ended.said
    assert "Traceback" not in ended.err


def test_the_exit_status_says_whether_two_tables_are_the_same(
    trueup: CommandLine, tmp_path: Path
) -> None:
    bills, changed = club.write_books(tmp_path / "books") / "bills.csv", tmp_path / "changed.csv"
    changed.write_text(bills.read_text("utf-8").replace(",1007,", ",1008,"), encoding="utf-8")
    same = trueup("compare", bills, bills, "--key", "id")
    assert (same.status, "The two are the same." in same.out) == (failures.DONE, True)
    other = trueup("compare", bills, changed, "--key", "id")
    assert (other.status, "The two differ." in other.out) == (failures.INCOMPLETE, True)
    assert "1007" in other.out


def test_the_exit_status_says_whether_the_books_tie_out(
    trueup: CommandLine, legacy: Path, tmp_path: Path
) -> None:
    pack, work = ("--pack", "legacy-001"), ("--work", tmp_path / "work")
    assert trueup("migrate", legacy, *pack, *work).status == failures.DONE
    with psycopg.connect(str(trueup.url)) as connection:
        connection.execute("set session_replication_role = replica")
        wronged = (
            "update billing.invoice set due_at = due_at + interval '1 day' where invoice_id = ("
        )
        connection.execute(
            wronged + "select invoice_id from billing.invoice where due_at is not null limit 1)"
        )
    ended = trueup("reconcile", *pack, *work)
    assert ended.status == failures.INCOMPLETE
    assert "The books do not tie out" in ended.out
    assert "due_at" in ended.out


# --- help and lists -----------------------------------------------------------------------------


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, entry in ENTRIES.items():
        command = entry.read(name)
        own = [(name, each) for each in getattr(command, "commands", {})]
        found += own or [(name,)]
    return found


@pytest.mark.parametrize("name", ENTRIES)
def test_the_overview_says_of_a_command_what_it_says_of_itself(name: str) -> None:
    entry = ENTRIES[name]
    assert entry.read(name).help.partition("\n\n")[0] == entry.summary


@pytest.mark.parametrize("command", [(), *commands()], ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], trueup: CommandLine) -> None:
    ended = trueup(*command, "--help")
    assert (ended.status, ended.err) == (0, "")
    usage, sentence = [line.strip() for line in ended.out.splitlines() if line.strip()][:2]
    assert usage.startswith(" ".join(("Usage: trueup", *command)))
    assert sentence[0].isupper(), sentence
    assert "None" not in ended.out


def test_lists_can_be_asked_for(trueup: CommandLine) -> None:
    assert "legacy-001" in trueup("mapping", "list").out
    assert trueup("mapping", "docs", "legacy-001").out.startswith("# ")
    kinds = trueup("sample", "dirt").out
    assert "orphan_invoices" in kinds
    assert "unknown_invoice_statuses" in kinds


def test_a_pack_is_held_against_a_snapshot_without_loading(
    trueup: CommandLine, tmp_path: Path
) -> None:
    books, work = club.write_books(tmp_path / "books"), tmp_path / "work"
    assert trueup("extract", books, "--work", work).status == 0
    fits = trueup("mapping", "check", club.PACK, "--work", work)
    assert (fits.status, fits.out.splitlines()[-1]) == (0, "The pack fits the snapshot.")
    assert "invoice 60 60 · · ·" in fits.said
    assert "No row would be set aside." in fits.said
    quick = trueup("mapping", "check", club.PACK, "--work", work, "--shapes-only")
    assert (quick.status, quick.out) == (0, "The pack fits the snapshot.\n")
    wrong = trueup("mapping", "check", "legacy-001", "--work", work)
    assert wrong.status == failures.REFUSED
    assert "error tables_missing " in wrong.err
    assert "legacy_invoices" in wrong.err


def test_a_pack_that_would_reject_too_much_is_told_before_a_load(
    trueup: CommandLine, tmp_path: Path
) -> None:
    """With the first row of each reason; what could name a person is masked."""
    books, work = club.write_books(tmp_path / "books"), tmp_path / "work"
    members = books / "members.csv"
    text = members.read_text("utf-8").replace(",EUR,member,", ",EURO,member,", 2)
    members.write_text(text, encoding="utf-8")
    assert trueup("extract", books, "--work", work).status == 0
    ended = trueup("mapping", "check", club.PACK, "--work", work)
    assert ended.status == failures.INCOMPLETE
    assert "customer 20 18 · · 2 over" in ended.said
    for word in ("unknown", "EURO", "customer_key"):  # a narrow table breaks its cells
        assert word in ended.out
    assert "Too many rows would be rejected: customer, invoice, payment." in ended.said
    assert not trueup.home.exists()  # no server was started
    assert sorted(each.name for each in work.iterdir()) == ["snapshot", "stages.json"]


@pytest.mark.parametrize("answer", ["", "n\n", "perhaps\nno\n"])  # nobody there, no, no at last
def test_nothing_is_removed_without_a_yes(
    answer: str, trueup: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, work = club.write_books(tmp_path / "books"), tmp_path / "work"
    assert trueup("extract", books, "--work", work).status == 0
    assert trueup("load", "--pack", club.PACK, "--work", work).status == 0
    before = content_hash(str(trueup.url))
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    ended = trueup("unload", "--name", "club")
    assert ended.status == failures.REFUSED
    assert ended.err.splitlines()[:2] == [
        "Remove all that was loaded from 'club' into 'default'? [y/N]: ",
        "error not_confirmed  Nothing was changed: the question was not answered with yes.",
    ]
    assert content_hash(str(trueup.url)) == before
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert trueup("unload", "--name", "club").status == 0
    assert content_hash(str(trueup.url)) != before


# --- Ctrl-C -------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_load_in_one_line_and_the_rerun_finishes(
    legacy: Path, trueup: CommandLine, tmp_path: Path
) -> None:
    work, url = tmp_path / "work", str(trueup.url)
    assert trueup("extract", legacy, "--work", work).status == 0
    load = ("load", "--pack", "legacy-001", "--work", str(work))
    child = started(load, tmp_path, url)
    until(lambda: committed(url) > 0)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=SECONDS_MAX)
    assert child.returncode == failures.INTERRUPTED
    assert out == ""
    assert err.splitlines()[-1] == failures.STOPPED
    assert "Traceback" not in err
    assert "error" not in err
    assert trueup(*load).status == 0
    assert "loaded already" in trueup(*load).out


def test_a_second_ctrl_c_ends_a_command_that_waits_for_a_silent_source(
    postgres: PostgresForTests, tmp_path: Path
) -> None:
    source = postgres.create()
    with psycopg.connect(source) as connection:
        connection.execute("create table a as select 1 as i")
        connection.commit()
        connection.execute("lock table a in access exclusive mode")
        child = started(("extract", source, "--work", str(tmp_path / "work")), tmp_path, None)
        waits = "select from pg_locks where relation = 'a'::regclass and not granted"
        until(lambda: connection.execute(waits).rowcount > 0)
        child.send_signal(signal.SIGINT)
        time.sleep(0.2)  # two signals at once are one
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=SECONDS_MAX)
    assert child.returncode == failures.INTERRUPTED
    assert err.splitlines()[-1] == failures.STOPPED
    assert not (tmp_path / "work" / "snapshot").exists()


def started(arguments: tuple[str, ...], home: Path, url: str | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, url),
    )


def committed(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("select from migration.checkpoint").rowcount


def until(is_so) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)
