"""The outside fails in the middle of things: one fault that says so, and the rerun finishes.

Proves the "Bad input" of the first landing: a source that dies while it is read, disks that fill
up, a database that restarts.  The books after all equal those of a run that nothing disturbed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.acceptance import club
from tests.service.cli.command_line import CommandLine, Ended
from tests.support.content import content_hash

from trueup.cli import failures
from trueup.db import Database, create_tenant
from trueup.db.errors import ConnectionLost, ServerExhausted
from trueup.kernel.clock import SystemClock
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.service import extract
from trueup.migration.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.postgres import PostgresForTests

    from trueup.kernel.progress import Progress

SECONDS_MAX = 120


def failed(ended: Ended, code: str, *words: str) -> None:
    """It ended with one fault that says `words` and that it can be run again."""
    assert ended.status == failures.FAILED, ended.err
    assert ended.out == ""
    assert ended.err.count("error ") == 1
    assert f"error {code} " in ended.err
    assert failures.RUN_AGAIN in ended.said
    assert "Traceback" not in ended.err
    missing = [word for word in words if word not in ended.said]
    assert not missing, ended.err


# --- a database that restarts -------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The club's books in twelve parts."""
    folder = tmp_path_factory.mktemp("club")
    return extract(str(club.write_books(folder / "books")), folder / "snapshot", part_rows=10)


def load(url: str, snapshot: Snapshot, scratch: Path, progress: Progress) -> None:
    with Database.connect(url) as db:
        tenant_id = 1 if _has_tenant(url) else create_tenant(db, "club")
        backfill.load(
            backfill.Destination(db, tenant_id, "club"),
            snapshot,
            open_pack(club.PACK),
            scratch=scratch,
            clock=SystemClock(),
            progress=progress,
        )


def _has_tenant(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("select from tenancy.tenant").rowcount == 1


def is_finished(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return (
            connection.execute("select from migration.load where status = 'finished'").rowcount == 1
        )


@dataclass
class StrikingAt:
    """A progress that strikes once: after the given commit, or when the given task begins."""

    moment: int | str
    strike: Callable[[], None]
    commits: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, task: str, _total: int | None) -> None:
        if task == self.moment:
            self.strike()

    def advance(self, _count: int = 1) -> None:
        with self.lock:
            self.commits += 1
            if self.commits == self.moment:
                self.strike()

    def end(self) -> None:
        pass


def restart(postgres: PostgresForTests, mode: str) -> None:
    home, programs = postgres.server.home, postgres.server.binaries
    home.account.run(
        [programs.program("pg_ctl"), "restart", f"--mode={mode}", "--wait", "--silent",
         f"--pgdata={home.cluster}", f"--log={home.log}"],
        seconds=SECONDS_MAX, log=home.log,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "moment"),
    [
        ("fast", 1),  # after the first commit
        ("immediate", 4),  # as a crash, in the middle of the invoices
        ("fast", "payment"),  # between two entities
        ("fast", "settle the books"),  # before the last transaction
    ],
)
def test_a_database_that_restarts_mid_load_is_a_fault_and_the_rerun_ends_in_the_same_books(
    mode: str, moment: int | str, postgres: PostgresForTests, snapshot: Snapshot, tmp_path: Path
) -> None:
    undisturbed, url = postgres.clone(), postgres.clone()
    never = StrikingAt("never", lambda: None)
    load(undisturbed, snapshot, tmp_path, never)
    with pytest.raises(ConnectionLost) as raised:
        load(url, snapshot, tmp_path, StrikingAt(moment, lambda: restart(postgres, mode)))
    assert raised.value.can_retry
    assert not is_finished(url)
    load(url, snapshot, tmp_path, never)
    assert content_hash(url) == content_hash(undisturbed)


# --- a source that dies -------------------------------------------------------------------------


def _wait_until_somebody_waits_for(table: str, url: str) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    with psycopg.connect(url, autocommit=True) as connection:
        waiting = "select from pg_locks where relation = %s::regclass and not granted"
        while connection.execute(waiting, [table]).rowcount == 0:
            assert time.monotonic() < deadline, "nobody came to read"
            time.sleep(0.02)


def test_a_source_that_dies_while_it_is_read_leaves_no_snapshot_and_the_rerun_finishes(
    postgres: PostgresForTests, tmp_path: Path
) -> None:
    """The server is killed while the second of two tables is waited for; the first is read."""
    source, work = postgres.create(), tmp_path / "work"
    holder = psycopg.connect(source)
    for table in "ab":
        holder.execute(f"create table {table} as select i from generate_series(1, 99) i")
    holder.commit()
    holder.execute("checkpoint")
    holder.execute("lock table b in access exclusive mode")

    def kill() -> None:
        _wait_until_somebody_waits_for("b", source)
        restart(postgres, "immediate")

    killer = threading.Thread(target=kill)
    killer.start()
    trueup = CommandLine(tmp_path / "home", None)
    ended = trueup("extract", source, "--work", work)
    killer.join()
    holder.close()
    failed(ended, "source_lost", "stopped answering")
    assert not list(work.glob("snapshot*"))
    assert trueup("extract", source, "--work", work).status == 0
    assert {table.rows for table in Snapshot.open(work / "snapshot").tables} == {99}


# --- a disk that fills up -----------------------------------------------------------------------


@dataclass(frozen=True)
class Disk:
    """A file system of its own, of so many KiB."""

    path: Path

    def resize(self, kib: int) -> None:
        self._mount(f"remount,size={kib}k")

    def fill(self) -> None:
        with (self.path / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def clear(self) -> None:
        (self.path / "ballast").unlink()

    @property
    def used_kib(self) -> int:
        return shutil.disk_usage(self.path).used // 1024

    def _mount(self, options: str) -> bool:
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)]
        return subprocess.run(mount, check=False, capture_output=True).returncode == 0


@pytest.fixture
def disk() -> Iterator[Disk]:
    here = Path(tempfile.mkdtemp(prefix="trueup-disk-"))
    here.chmod(0o755)  # a server that runs as somebody else shall reach it
    disk = Disk(here)
    if not disk._mount("size=16k,nr_inodes=10000"):
        here.rmdir()
        pytest.skip("a disk of its own needs the right to mount one")
    yield disk
    subprocess.run(["umount", str(here)], check=True)
    here.rmdir()


def test_a_disk_that_fills_up_under_an_extract_leaves_no_snapshot_and_the_rerun_finishes(
    disk: Disk, tmp_path: Path
) -> None:
    books, work = club.write_books(tmp_path / "books"), disk.path / "work"
    trueup = CommandLine(tmp_path / "home", None)
    ended = trueup("extract", books, "--work", work)
    failed(ended, "disk_full", str(work), "no space left")
    assert not (work / "snapshot").exists()
    disk.resize(1024)
    assert trueup("extract", books, "--work", work).status == 0
    assert [path.name for path in work.iterdir() if "partial" in path.name] == []


def test_a_disk_that_fills_up_under_a_later_stage_is_a_fault_and_the_rerun_finishes(
    disk: Disk, database_url: str, tmp_path: Path
) -> None:
    books, work = club.write_books(tmp_path / "books"), disk.path / "work"
    trueup = CommandLine(tmp_path / "home", database_url)
    disk.resize(16 * 1024)
    assert trueup("extract", books, "--work", work).status == 0
    for stage, code, status in (
        ("assess", "workspace_not_writable", 0),
        ("load", "scratch_unusable", 0),
        ("reconcile", "workspace_not_writable", 1),  # this pack has no checks: inconclusive
        ("report", "workspace_not_writable", 0),
    ):
        left = sorted(path.name for path in work.rglob("*"))
        disk.fill()
        failed(trueup(stage, "--pack", club.PACK, "--work", work), code, str(work))
        assert set(left) >= {path.name for path in work.rglob("*")} - {"scratch"}
        disk.clear()
        assert trueup(stage, "--pack", club.PACK, "--work", work).status == status


def test_a_disk_that_fills_up_under_the_database_is_a_fault_and_the_rerun_finishes(
    disk: Disk, postgres: PostgresForTests, snapshot: Snapshot, tmp_path: Path
) -> None:
    undisturbed = postgres.clone()
    never = StrikingAt("never", lambda: None)
    load(undisturbed, snapshot, tmp_path, never)
    account = postgres.server.home.account
    disk.resize(64 * 1024)
    if account.is_other:
        os.chown(disk.path, account.uid, account.gid)
    with space_of(postgres, disk) as url:
        disk.resize(disk.used_kib + 250)  # the tables of the club take 600
        with pytest.raises(ServerExhausted, match="could not extend file") as raised:
            load(url, snapshot, tmp_path, never)
        assert raised.value.can_retry
        disk.resize(64 * 1024)
        load(url, snapshot, tmp_path, never)
        assert content_hash(url) == content_hash(undisturbed)


@contextmanager
def space_of(postgres: PostgresForTests, disk: Disk) -> Iterator[str]:
    """A database whose tables lie on `disk`."""
    postgres.run(f"create tablespace small location '{disk.path}'")
    postgres.run("create database small template trueup_template tablespace small")
    try:
        yield postgres.url_of("small")
    finally:
        postgres.run("drop database small with (force)")
        postgres.run("drop tablespace small")
