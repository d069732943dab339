"""Debian's MariaDB in a private folder on a private port, for one test session."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pymysql

USER, PASSWORD = "trueup", "tie-out"
START_SECONDS = 90.0
CONNECT_SECONDS = 60  # a busy machine may take long to greet
INSTALL_SECONDS = 180.0
TRIES_MAX = 3  # another process may take the port between our look and the server's


@dataclass
class MariaDbForTests:
    """A private server; databases are empty."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def start(cls) -> MariaDbForTests:
        folder = Path(tempfile.mkdtemp(prefix="trueup-maria-"))
        _install(folder)
        for _ in range(TRIES_MAX):
            port = _free_port()
            process = _started(folder, port)
            if _is_ready(process, folder, port):
                return cls(process, folder, port)
            process.kill()
            process.wait()
        log = (folder / "server.log").read_text(errors="replace")
        message = f"MariaDB did not start:\n{log[-2000:]}"
        raise RuntimeError(message)

    def stop(self) -> None:
        self.process.kill()  # nothing of it is wanted any more
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self) -> str:
        """The address of a new empty database."""
        name = f"test_{next(self.numbers)}"
        with _connection(self.port) as connection, connection.cursor() as cursor:
            cursor.execute(f"create database {name} character set utf8mb4")
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"


def _install(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "mysql", "mysql")
    (folder / "init.sql").write_text(
        f"create user if not exists {USER}@'127.0.0.1' identified by '{PASSWORD}';\n"
        f"grant all on *.* to {USER}@'127.0.0.1' with grant option;\n"
    )
    (folder / "init.sql").chmod(0o644)
    subprocess.run(
        [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            *_user(),
        ],
        check=True,
        capture_output=True,
        timeout=INSTALL_SECONDS,
    )


def _started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [
                "mariadbd",
                "--no-defaults",
                f"--datadir={folder / 'data'}",
                f"--socket={folder / 'socket'}",
                f"--pid-file={folder / 'pid'}",
                f"--port={port}",
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M",
                f"--init-file={folder / 'init.sql'}",  # a start that failed may not have come to it
                *_user(),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _is_ready(process: subprocess.Popen[bytes], folder: Path, port: int) -> bool:
    """Whether our server answers, before the deadline or its own end.

    It listens before it has made its user, and a busy machine lets it greet late: until the deadline
    every refusal, also one in the middle of the greeting, means "not yet".  Who took the port before
    our server could may be another session's server with the same user, so its folder is asked for.
    """
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if _folder_of(port) == folder / "data":
                return True
        except pymysql.err.OperationalError:
            pass
        time.sleep(0.1)
    return False


def _folder_of(port: int) -> Path:
    with _connection(port) as connection, connection.cursor() as cursor:
        cursor.execute("select @@datadir")
        ((folder,),) = cursor.fetchall()
    return Path(folder)


def _connection(port: int) -> pymysql.Connection:
    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user=USER,
        password=PASSWORD,
        connect_timeout=CONNECT_SECONDS,
    )


def _user() -> list[str]:
    return ["--user=mysql"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
