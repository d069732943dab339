"""Whether a server runs on a cluster, read from its postmaster.pid and believed with care."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

LINES_WHEN_READY = 8  # pid, folder, start, port, socket, address, memory key, status


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A living server process and where it listens."""

    pid: int
    port: int
    socket_folder: str
    is_tcp: bool
    is_ready: bool


def find_postmaster(cluster: Path) -> Postmaster | None:
    """The server running on `cluster`, or None; what a dead one left behind is made harmless.

    A pid alone proves nothing: after a restart of the machine or the container it may name an
    innocent process, and PostgreSQL would refuse to start.  Ours has `cluster` as its folder.
    """
    file = cluster / "postmaster.pid"
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return None
    pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
    if not _is_alive(pid):
        return None
    if not _works_in(pid, cluster):
        _disown(file, lines)
        return None
    lines += [""] * (LINES_WHEN_READY - len(lines))
    return Postmaster(
        pid=pid,
        port=int(lines[3] or 0),
        socket_folder=lines[4],
        is_tcp=bool(lines[5].strip()),
        is_ready=lines[7].strip() == "ready",
    )


def _disown(file: Path, lines: list[str]) -> None:
    """Name a process that has just ended in place of the innocent one.

    The file itself must stay: by its memory key PostgreSQL sees whether orphans of the dead
    server still write, and without it two servers would write to one cluster.
    """
    ended = subprocess.Popen(["true"])
    ended.wait()
    file.write_text("\n".join((str(ended.pid), *lines[1:], "")))


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False  # nobody, or another user's process: PostgreSQL overlooks both by itself
    return True


def _works_in(pid: int, cluster: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == cluster
    except OSError:
        return not Path("/proc/self").exists()  # no /proc here: the pid is all we have
