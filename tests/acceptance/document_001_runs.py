"""The document's data load and ours, over the same legacy database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from tests.acceptance.document_001_legacy import AS_OF, document_rows, make_database
from tests.acceptance.document_001_sql import CHARITY, FUNCTIONS, STEPS, TARGET

from trueup.db import Database, create_tenant
from trueup.migration.backfill.service import Destination, load
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sources.service import extract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.mapping.model import Pack
    from trueup.migration.sources.snapshot import Snapshot

SOURCE = "legacy"


@dataclass(frozen=True)
class StoppedClock:
    """It is always the moment at which the legacy system stands still."""

    def now(self) -> datetime:
        return datetime.fromisoformat(AS_OF).astimezone(UTC)

    def monotonic(self) -> float:
        return 0.0


@dataclass(frozen=True)
class Books:
    """Rows of one side, asked for in SQL."""

    connection: psycopg.Connection[Any]

    def rows(self, query: str) -> list[Any]:
        found = self.connection.execute(query.encode()).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def one(self, query: str) -> Any:
        (found,) = self.rows(query)
        return found


def run_document(url: str, schema: str, *, is_charitable: bool) -> Iterator[Books]:
    """The document's eight steps into tables of their own beside the legacy ones.

    is_charitable: the keys that the later steps join on are stored, as the document forgot to.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema {schema}".encode())
        connection.execute(
            f"set search_path = {schema}, document, public, pg_catalog; set timezone = 'UTC'".encode()
        )
        connection.execute(TARGET.encode())
        for step, statement in STEPS.items():
            connection.execute(statement.encode())
            if is_charitable and step in CHARITY:
                connection.execute(CHARITY[step].encode())
        yield Books(connection)


def make_legacy(url: str) -> str:
    make_database(url, document_rows())
    with psycopg.connect(url) as connection:
        connection.execute(FUNCTIONS.format(as_of=AS_OF).encode())
    return url


@dataclass(frozen=True)
class Ours(Books):
    """Our target after the load, with what makes the load again."""

    destination: Destination
    snapshot: Snapshot
    pack: Pack
    result: LoadResult
    scratch: Path

    def load_again(self) -> LoadResult:
        return load(
            self.destination, self.snapshot, self.pack, scratch=self.scratch, clock=StoppedClock()
        )

    def of(self, entity: str, key: int | str, columns: str) -> Any:
        """Columns of the one record that a source row became."""
        return self.one(
            f"select {columns} from billing.{entity} join migration.crosswalk"
            f" on target_id = {entity}_id where entity = '{entity}' and source_key = '{key}'"
        )

    def aside(self, entity: str, key: int | str) -> tuple[str, str, str]:
        """Bucket, reason and field of the one source row that was set aside."""
        found: tuple[str, str, str] = self.one(
            "select bucket, reason, field from migration.set_aside"
            f" where entity = '{entity}' and source_key = '{key}'"
        )
        return found

    def loaded(self, entity: str) -> list[str]:
        """Source keys of the loaded records, in order."""
        return self.rows(
            f"select source_key from migration.crosswalk where entity = '{entity}' order by source_key"
        )


def run_ours(legacy_url: str, target_url: str, folder: Path) -> Iterator[Ours]:
    """Extract, then load into a fresh tenant."""
    snapshot = extract(legacy_url, folder / "snapshot")
    pack = open_pack(find_pack("legacy-001"))
    with Database.connect(target_url) as db, psycopg.connect(target_url, autocommit=True) as books:
        destination = Destination(db, create_tenant(db, "acme"), SOURCE)
        scratch = folder / "scratch"
        result = load(destination, snapshot, pack, scratch=scratch, clock=StoppedClock())
        yield Ours(books, destination, snapshot, pack, result, scratch)
