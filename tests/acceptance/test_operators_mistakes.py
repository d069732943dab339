"""What people do wrong with the commands: each is told with its fix, and nothing is changed by it.

Afterwards the right command does its work, as if the wrong one had never been given.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.acceptance import club
from tests.service.cli.command_line import CommandLine, Ended
from tests.support.content import content_hash

from trueup.cli import failures
from trueup.db import Database, EmbeddedServer, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.service import extract
from trueup.migration.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.kernel.progress import Progress

SECONDS_MAX = 120
PASSWORD = "sesame-4711"  # noqa: S105  of a server that this file starts


@pytest.fixture
def trueup(tmp_path: Path, database_url: str) -> CommandLine:
    return CommandLine(tmp_path / "home", database_url)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder of a migration, with a snapshot in several parts."""
    books = club.write_books(tmp_path / "books")
    extract(str(books), tmp_path / "work" / "snapshot", part_rows=10)
    return tmp_path / "work"


def told(ended: Ended, code: str, *words: str) -> None:
    """It ended with one error of ours: its code, a fix, no result and no traceback."""
    status = failures.FAILED if code in FAULTS else failures.REFUSED
    assert ended.status == status, ended.err
    assert ended.out == ""
    assert ended.err.count("error ") == 1
    assert f"error {code} " in ended.err
    assert "\nfix " in ended.err
    assert "Traceback" not in ended.err
    missing = [word for word in words if word not in ended.said]
    assert not missing, ended.err


FAULTS = {
    "workspace_not_writable",
    "source_unreachable",
    "connection_lost",
    "access_denied",
    "load_running",
}


def tenants(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("select name from tenancy.tenant")]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("extract oracle://scott:{password}@db/x", "unknown_source", ("'oracle'",)),
        ("extract postgresql://u:{password}@127.0.0.1:{nobody}/x", "source_unreachable", ("No server answers at 127.0.0.1:", "refused")),
        ("extract mysql://u:{password}@127.0.0.1:{nobody}/x", "source_unreachable", ("No server answers at 127.0.0.1:", "refused")),
        ("extract {here}/boooks", "unknown_source", ("boooks", "nothing there")),
        ("extract sqlite:{here}/legacy.db", "unknown_source", ("nothing there",)),
        ("extract {here}/books --work {here}/books/bills.csv/w", "workspace_not_writable", ("--work",)),
        ("assess --work {here}/nowhere", "snapshot_not_found", ("nowhere", "extract")),
        ("assess --work {here}/work --pack club", "pack_not_found", ("'club'", "legacy-001")),
        ("load --pack {pack} --work {here}/nowhere", "snapshot_not_found", ("nowhere", "extract")),
        ("load --pack {here}/books --work {here}/work", "pack_not_found", ("books", "pack.toml")),
        ("reconcile --pack {pack} --work {here}/work", "tenant_not_found", ("'default'", "load")),
        ("reconcile --pack {pack} --work {here}/work --tenant defualt", "tenant_not_found", ("'defualt'",)),
        ("report --pack {pack} --work {here}/work", "tenant_not_found", ("'default'",)),
        ("unload --name club --yes", "tenant_not_found", ("'default'",)),
        ("mapping check {pack} --work {here}/nowhere", "snapshot_not_found", ("nowhere",)),
        ("mapping docs clubb", "pack_not_found", ("'clubb'",)),
        ("sample legacy --to {here}/books", "destination_taken", ("books",)),
        ("sample legacy --to {here}/new --customers 3", "sample_too_small", ("3", "10")),
        ("sample legacy --to {here}/new --dirt mud,dust", "unknown_dirt", ("dust, mud",)),
        ("compare {here}/a.xls {here}/b.xls --key id", "compare_address_unknown", ("a.xls",)),
        ("compare {url} {url} --left nothing --key id", "compare_query_refused", ("nothing",)),
        ("server url", "no_embedded_server", ("TRUEUP_DATABASE_URL",)),
        ("server stop", "no_embedded_server", ("TRUEUP_DATABASE_URL",)),
    ],
)  # fmt: skip
def test_a_wrong_command_is_told_what_is_wrong_and_changes_nothing(
    command, code, words, trueup: CommandLine, work: Path
) -> None:
    here, url = work.parent, str(trueup.url)
    before = content_hash(url), sorted(here.rglob("*"))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        places = {"here": here, "pack": club.PACK, "url": url, "password": PASSWORD}
        ended = trueup(*command.format(**places, nobody=nobody.getsockname()[1]).split())
    told(ended, code, *words)
    assert PASSWORD not in ended.said
    assert (content_hash(url), sorted(here.rglob("*"))) == before
    assert tenants(url) == []


# --- the database of the installation -----------------------------------------------------------


@pytest.fixture(scope="module")
def walled() -> Iterator[EmbeddedServer]:
    """A server that asks for passwords, as other people's do."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-walled-"))
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = EmbeddedServer.ensure(folder / "home", tcp_port=port)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")  # it is thrown away
        connection.execute("select pg_reload_conf()")
        connection.execute(f"create role clerk login password '{PASSWORD}'")
        connection.execute("create database clerks owner clerk")
        connection.execute("create database others")
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("postgresql://clerk:{wrong}@127.0.0.1:{port}/clerks", "access_denied", ("password", "'clerks'")),
        ("postgresql://nobody:{wrong}@127.0.0.1:{port}/clerks", "access_denied", ("nobody",)),
        ("postgresql://clerk:{right}@127.0.0.1:{port}/clerk", "access_denied", ('"clerk" does not exist',)),
        ("postgresql://clerk:{right}@127.0.0.1:{port}/clerks", "access_denied", ("role", "superuser")),
        ("postgresql://clerk:{right}@127.0.0.1:{port}/others", "access_denied", ()),
        ("postgresql://clerk:{right}@127.0.0.1:1/clerks", "connection_lost", ("refused",)),
        ("postgres//clerk:{right}@127.0.0.1:{port}/clerks", "address_unreadable", ("postgresql://",)),
        ("mysql://clerk:{right}@127.0.0.1:{port}/clerks", "address_unreadable", ("postgresql://",)),
    ],
)  # fmt: skip
def test_a_database_that_does_not_let_us_in_is_told_without_the_password(
    address, code, words, walled: EmbeddedServer, work: Path
) -> None:
    url = address.format(wrong="open-sesame", right=PASSWORD, port=walled.postmaster.port)
    trueup = CommandLine(work.parent / "home", url)
    ended = trueup("load", "--pack", club.PACK, "--work", work)
    told(ended, code, *words)
    assert "sesame" not in ended.said
    with psycopg.connect(walled.url.replace("/trueup?", "/clerks?")) as connection:
        made = "select from pg_namespace where nspname in ('tenancy', 'ledger', 'billing')"
        assert connection.execute(made).rowcount == 0


def test_a_login_that_is_given_its_rights_needs_no_superuser(
    walled: EmbeddedServer, work: Path
) -> None:
    """What the refusals tell to do is enough."""
    with psycopg.connect(walled.url, autocommit=True) as connection:
        connection.execute("create role trueup_app nologin")
        connection.execute("create role bookkeeper login password 'x'")
        connection.execute("grant trueup_app to bookkeeper")
        connection.execute("create database books owner bookkeeper")
    url = f"postgresql://bookkeeper:x@127.0.0.1:{walled.postmaster.port}/books"
    trueup = CommandLine(work.parent / "home", url)
    ended = trueup("load", "--pack", club.PACK, "--work", work)
    assert ended.status == 0, ended.err
    told(trueup("unload", "--name", "club", "--yes"), "access_denied", "grant set on parameter")
    with psycopg.connect(walled.url, autocommit=True) as connection:
        connection.execute("grant set on parameter session_replication_role to bookkeeper")
    assert trueup("unload", "--name", "club", "--yes").status == 0


# --- the wrong thing at the wrong time ----------------------------------------------------------


@dataclass
class Holding:
    """A progress that holds its run after the first commit, or ends it there."""

    is_fatal: bool = False

    def __post_init__(self) -> None:
        self.arrived, self.released = threading.Event(), threading.Event()

    def begin(self, _task: str, _total: int | None) -> None:
        pass

    def advance(self, _count: int = 1) -> None:
        self.arrived.set()
        if self.is_fatal:
            raise KeyboardInterrupt
        assert self.released.wait(SECONDS_MAX)

    def end(self) -> None:
        pass


def load_directly(url: str, work: Path, progress: Progress) -> None:
    with Database.connect(url) as db:
        backfill.load(
            backfill.Destination(db, create_tenant(db, "default"), "club"),
            Snapshot.open(work / "snapshot"),
            open_pack(club.PACK),
            scratch=work / "scratch",
            clock=SystemClock(),
            progress=progress,
        )


def test_the_second_of_two_loads_at_once_is_told_so_and_the_first_finishes(
    trueup: CommandLine, work: Path
) -> None:
    command = ("load", "--pack", club.PACK, "--work", work)
    held = Holding()
    first = threading.Thread(target=load_directly, args=(trueup.url, work, held))
    first.start()
    assert held.arrived.wait(SECONDS_MAX)
    told(trueup(*command), "load_running", "'club'", "run again")
    told(trueup("unload", "--name", "club", "--yes"), "load_running", "'club'")
    held.released.set()
    first.join(SECONDS_MAX)
    assert "loaded already" in trueup(*command).out


def test_a_load_goes_on_only_with_the_pack_and_the_snapshot_it_began_with(
    trueup: CommandLine, work: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_directly(str(trueup.url), work, Holding(is_fatal=True))
    before = content_hash(str(trueup.url))
    changed = shutil.copytree(club.PACK, tmp_path / "changed")
    sql = changed / "entities" / "invoice.sql"
    sql.write_text(sql.read_text("utf-8").replace("Amounts", "All amounts"), encoding="utf-8")
    told(trueup("load", "--pack", changed, "--work", work), "load_differs", "pack", "unload")
    bills = tmp_path / "books" / "bills.csv"
    bills.write_text(bills.read_text("utf-8").replace("B-0001", "C-0001"), encoding="utf-8")
    assert trueup("extract", bills.parent, "--work", tmp_path / "other").status == 0
    told(
        trueup("load", "--pack", club.PACK, "--work", tmp_path / "other"),
        "load_differs",
        "snapshot",
    )
    assert content_hash(str(trueup.url)) == before
    assert trueup("load", "--pack", club.PACK, "--work", work).status == 0


def test_a_load_that_is_asked_for_twice_changes_nothing_the_second_time(
    trueup: CommandLine, work: Path
) -> None:
    command = ("load", "--pack", club.PACK, "--work", work)
    first = trueup(*command)
    before = content_hash(str(trueup.url))
    second = trueup(*command)
    assert (first.status, second.status) == (0, 0)
    assert content_hash(str(trueup.url)) == before
    assert second.out == f"This snapshot is loaded already; nothing was changed.\n{first.out}"


def test_a_load_that_is_removed_leaves_nothing_and_can_be_made_again(
    trueup: CommandLine, work: Path
) -> None:
    url, command = str(trueup.url), ("load", "--pack", club.PACK, "--work", work)
    empty = content_hash(url)
    told(trueup("reconcile", "--pack", club.PACK, "--work", work), "tenant_not_found")
    assert trueup(*command).status == 0
    full = content_hash(url)
    told(trueup("unload", "--name", "clubb", "--yes"), "nothing_loaded", "'clubb'")
    assert trueup("unload", "--name", "club", "--yes").status == 0
    assert content_hash(url) == empty
    told(trueup("unload", "--name", "club", "--yes"), "nothing_loaded", "'club'")
    told(trueup("reconcile", "--pack", club.PACK, "--work", work), "load_not_found", "'club'")
    told(trueup("report", "--pack", club.PACK, "--work", work), "not_reconciled", "reconcile")
    assert trueup(*command).status == 0
    assert content_hash(url) == full


def test_a_snapshot_that_was_touched_is_refused_by_file_until_it_is_restored(
    trueup: CommandLine, work: Path
) -> None:
    url, before = str(trueup.url), content_hash(str(trueup.url))
    part = work / "snapshot" / "bills" / "part-00002.parquet"
    good = part.read_bytes()
    command = ("load", "--pack", club.PACK, "--work", work)
    part.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    told(trueup(*command), "snapshot_tampered", str(part), "SHA-256")
    part.unlink()
    told(trueup(*command), "snapshot_tampered", str(part), "No such file")
    part.write_bytes(good)
    manifest = work / "snapshot" / "manifest.json"
    sealed = manifest.read_text("utf-8")
    manifest.write_text(sealed.replace('"rows": 60', '"rows": 59', 1), encoding="utf-8")
    told(trueup(*command), "snapshot_unreadable", str(work / "snapshot"))
    assert content_hash(url) == before
    manifest.write_text(sealed, encoding="utf-8")
    assert trueup(*command).status == 0


def test_a_snapshot_that_was_touched_after_the_load_is_not_reconciled(
    trueup: CommandLine, work: Path
) -> None:
    assert trueup("load", "--pack", club.PACK, "--work", work).status == 0
    parts = work / "snapshot" / "bills"
    shutil.copy(parts / "part-00000.parquet", parts / "part-00001.parquet")
    told(
        trueup("reconcile", "--pack", club.PACK, "--work", work), "snapshot_tampered", "part-00001"
    )


def test_a_folder_with_a_snapshot_of_another_source_is_not_written_to(
    trueup: CommandLine, work: Path, tmp_path: Path
) -> None:
    other = club.write_books(tmp_path / "others")
    told(trueup("extract", other, "--work", work), "snapshot_exists", "books", "new folder")
    again = trueup("extract", tmp_path / "books", "--work", work)
    assert again.status == 0
    assert "kept" in again.err


def test_a_load_whose_customers_are_billed_here_is_not_removed(
    trueup: CommandLine, work: Path
) -> None:
    assert trueup("load", "--pack", club.PACK, "--work", work).status == 0
    with psycopg.connect(str(trueup.url)) as connection:
        taken = "update billing.customer set authority = 'target' where email = 'm7@example.org'"
        assert connection.execute(taken).rowcount == 1
    before = content_hash(str(trueup.url))
    told(trueup("unload", "--name", "club", "--yes"), "authority_moved", "1 imported customer")
    assert content_hash(str(trueup.url)) == before


def test_books_that_collide_with_those_of_another_source_are_told_to_move(
    trueup: CommandLine, work: Path, tmp_path: Path
) -> None:
    """Two clubs number their bills alike: one tenant cannot hold both, two can."""
    assert trueup("load", "--pack", club.PACK, "--work", work).status == 0
    before = content_hash(str(trueup.url))
    members = club.write_books(tmp_path / "other") / "members.csv"
    members.write_text(members.read_text("utf-8").replace("Zoë", "Chloë"), encoding="utf-8")
    other = ("load", "--pack", club.PACK, "--work", tmp_path / "others", "--name", "other")
    assert trueup("extract", members.parent, "--work", tmp_path / "others").status == 0
    told(trueup(*other), "books_collide", "invoice", "invoice_number_key", "--tenant")
    assert trueup("unload", "--name", "other", "--yes").status == 0
    assert content_hash(str(trueup.url)) == before
    assert trueup(*other, "--tenant", "other").status == 0
