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
CANNOT_CONNECT = 2003  # the client's code while nobody listens yet
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
            if _is_ready(process, port):
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
        f"create user {USER}@'127.0.0.1' identified by '{PASSWORD}';\n"
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
    is_first = not (folder / "server.log").exists()
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
                *([f"--init-file={folder / 'init.sql'}"] if is_first else []),
                *_user(),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _connection(port).close()
        except pymysql.err.OperationalError as error:
            if error.args[0] != CANNOT_CONNECT:
                raise
            time.sleep(0.1)
        else:
            return True
    return False


def _connection(port: int) -> pymysql.Connection:
    return pymysql.connect(host="127.0.0.1", port=port, user=USER, password=PASSWORD)


def _user() -> list[str]:
    return ["--user=mysql"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
