"""The unix account the server runs as: ourselves, or somebody harmless when we are root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trueup.db.embedded.errors import FolderUnusable, ServerFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# PostgreSQL refuses to run as root, so root hands the server over to the first of these.
ACCOUNTS = ("trueup", "postgres", "nobody")
LOG_TAIL_LINES = 12
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as. `is_other`: somebody else than we are, because we are root."""

    uid: int
    gid: int
    name: str
    is_other: bool

    @property
    def process_arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to start a program under this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path, *, kind: str = "-x") -> bool:
        """Whether `test kind path` holds for this account, parents' permissions included."""
        tried = subprocess.run(
            ["test", kind, str(path)], cwd="/", check=False, **self.process_arguments
        )
        return tried.returncode == 0

    def run(self, arguments: Sequence[str], *, seconds: float, log: Path | None = None) -> str:
        """Run a program of PostgreSQL to its end and return what it printed.

        Raises ServerFailed with the end of its output, or of `log`, when it fails or takes longer.
        """
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                arguments,
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                **self.process_arguments,
            )
        except subprocess.TimeoutExpired as error:
            name = os.path.basename(arguments[0])  # noqa: PTH119  a program's name, not a path
            raise ServerFailed(
                f"{name} did not finish within {seconds:.0f} seconds",
                can_retry=True,
                fix="run it again when the machine is less busy",
            ) from error
        except OSError as error:
            raise ServerFailed(
                f"cannot start {arguments[0]} as {self.name}: {error.strerror}",
                fix="check the installation, or set TRUEUP_DATABASE_URL to a server of your own",
            ) from error
        if done.returncode != 0:
            raise _failed(arguments, done.stdout, log)
        return done.stdout


def server_account(folder: Path) -> Account:
    """Whom a server in `folder` runs as: its owner if it is there, else ourselves or a stand-in.

    Raises FolderUnusable when the folder belongs to somebody we cannot act as.
    """
    uid = os.geteuid()
    if uid != 0:
        return _own_account(uid, folder)
    owner = folder.stat().st_uid if folder.exists() else 0
    entry = _entry(owner) if owner else _stand_in()
    if entry is None:
        raise FolderUnusable(
            "PostgreSQL refuses to run as root, and this machine has no account named "
            + " or ".join(ACCOUNTS),
            fix="create one: useradd --system trueup",
        )
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, is_other=True)


def _own_account(uid: int, folder: Path) -> Account:
    entry = _entry(uid)
    if entry is None:
        raise FolderUnusable(
            f"user id {uid} has no account on this machine, and PostgreSQL asks for one",
            fix="run as a user that is listed in /etc/passwd",
        )
    if folder.exists() and folder.stat().st_uid != uid:
        raise FolderUnusable(
            f"{folder} belongs to another user",
            fix="run as that user, or name another data folder",
            path=str(folder),
        )
    return Account(uid, entry.pw_gid, entry.pw_name, is_other=False)


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _stand_in() -> pwd.struct_passwd | None:
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _failed(arguments: Sequence[str], output: str, log: Path | None) -> ServerFailed:
    tail = log_tail(log) if log else ""
    lines = (tail or output).strip().splitlines()[-LOG_TAIL_LINES:]
    program = arguments[0].rsplit("/", 1)[-1]
    return ServerFailed(
        f"{program} failed: " + "\n  ".join(("", *lines)).strip(),
        fix="see the lines above; a full disk is the usual cause",
        program=program,
    )


def log_tail(log: Path) -> str:
    """The last lines of `log`; empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
    except OSError:
        return ""
