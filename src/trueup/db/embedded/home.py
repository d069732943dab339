"""The private folder of an embedded server: where it may stand and what lies in it.

lock        held while somebody starts or stops the server
cluster/    PostgreSQL's data
run/        its socket
server.log  what it says
password    for TCP; the socket needs none, only this folder's owner can enter
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.db.embedded.account import Account, server_account
from trueup.db.embedded.errors import FolderUnusable, ServerBusy

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED_HOME = Path(
    "/var/lib/trueup"
)  # for root, where the folder asked for lies behind closed doors
SOCKET_PATH_MAX = 107  # bytes; sockaddr_un.sun_path of Linux less its final zero
SOCKET_NAME_LENGTH = len("/.s.PGSQL.65535.lock")
LOCK_POLL_SECONDS = 0.05
PRIVATE = 0o700
PARTIAL = "cluster.partial-"


@dataclass(frozen=True, slots=True)
class Home:
    """A folder ready to hold a server, and the account that owns it."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def password(self) -> Path:
        return self.path / "password"


def open_home(data_dir: Path) -> Home:
    """The home at `data_dir`, made if it is not there.

    For root: where the server's account cannot reach `data_dir`, because a parent folder is
    private, it becomes a link to a fresh folder under /var/lib/trueup; no permission of any
    parent is changed.  Raises FolderUnusable.
    """
    try:
        path = data_dir.absolute().resolve()
        account = server_account(path)
        _make_private(path, account)
        if not account.can_reach(path):
            path = _moved_to_reach(data_dir.absolute(), account)
        _check_ours(path)
    except OSError as error:
        raise FolderUnusable(
            f"{data_dir} cannot hold a database server: {error.strerror}",
            fix="name a folder on a local disk that you may write to",
            path=str(data_dir),
        ) from error
    return Home(path, account)


def make_public(folder: Path) -> None:
    """A folder that everybody may enter, whatever root's umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def give(path: Path, account: Account) -> None:
    """Make `path` the account's own."""
    if account.is_other:
        os.chown(path, account.uid, account.gid)


def _make_private(path: Path, account: Account) -> None:
    if path.exists():
        if not path.is_dir():
            raise NotADirectoryError(20, "Not a directory", str(path))
        if account.is_other and path.stat().st_uid == 0:
            _check_ours(path)
            give(path, account)
        path.chmod(PRIVATE)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=PRIVATE, exist_ok=True)
    give(path, account)


def _check_ours(path: Path) -> None:
    """An empty folder or one of ours; anything else might be overwritten."""
    names = {entry.name for entry in path.iterdir()}
    if names and "lock" not in names:
        raise FolderUnusable(
            f"{path} holds other things than a database server of Trueup's",
            fix="name an empty or a new folder",
            path=str(path),
        )


def _moved_to_reach(data_dir: Path, account: Account) -> Path:
    path = SHARED_HOME / f"{data_dir.name}-{secrets.token_hex(4)}"
    make_public(SHARED_HOME)
    _make_private(path, account)
    if not account.can_reach(path):
        path.rmdir()
        raise FolderUnusable(
            f"the server runs as {account.name}, who may enter neither {data_dir} nor {path}",
            fix="name a data folder whose parent folders everybody may enter",
            path=str(data_dir),
        )
    data_dir.rmdir()  # empty: were it a home, its owner could reach it
    data_dir.symlink_to(path)
    return path


@contextmanager
def locked(home: Home, *, seconds: float) -> Iterator[None]:
    """Hold the home's lock; it falls by itself when the process dies.

    Raises ServerBusy when somebody else holds it for longer than `seconds`.
    """
    descriptor = os.open(home.path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        give(home.path / "lock", home.account)
        _wait_for_lock(descriptor, home, seconds)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, home: Home, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise ServerBusy(
                    f"another process has been starting or stopping the server in {home.path} "
                    f"for {seconds:.0f} seconds",
                    fix="wait for it, or end it, then run this again",
                ) from error
            time.sleep(LOCK_POLL_SECONDS)
        else:
            return


def socket_folder(home: Home) -> Path:
    """A private folder for the socket: inside the home, or under /tmp where that is too long.

    Raises FolderUnusable when somebody else sits on the name under /tmp.
    """
    inside = home.path / "run"
    if len(os.fsencode(inside)) + SOCKET_NAME_LENGTH <= SOCKET_PATH_MAX:
        folder = inside
    else:
        digest = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"trueup-{digest}"
    if not folder.is_dir():
        folder.mkdir(mode=PRIVATE)
        give(folder, home.account)
    found = folder.lstat()
    if found.st_uid != home.account.uid or found.st_mode & 0o077:
        raise FolderUnusable(
            f"{folder} is needed for the server's socket and is not private to {home.account.name}",
            fix="remove it, or name a data folder with a shorter path",
            path=str(folder),
        )
    return folder


def forget_partial_clusters(home: Home) -> None:
    """Remove what killed processes left half made, as far as nobody writes there any more."""
    for path in home.path.glob(f"{PARTIAL}*"):
        shutil.rmtree(path, ignore_errors=True)
