"""Making a legacy billing database in document 001's schema, and saying what is in it."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import duckdb
import pymysql

from trueup.migration.sample.errors import DestinationFailed, SampleTooSmall, UnknownDestination
from trueup.migration.sample.kinds import DEFAULT_DIRT, DIRT, dirt_named
from trueup.migration.sample.model import Engine, SampleSummary
from trueup.migration.sample.workshop import baits, plant, populate, workshop
from trueup.migration.sample.writers.attached import write_postgresql, write_sqlite
from trueup.migration.sample.writers.folder import write_csv
from trueup.migration.sample.writers.mariadb import write_mariadb
from trueup.migration.sample.writers.tables import made_tables
from trueup.migration.sources.location import location_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from trueup.kernel.progress import Progress
    from trueup.migration.sample.model import Dirt, Planted
    from trueup.migration.sample.writers.tables import MadeTable

CUSTOMERS_MIN: Final = 10
"""Below it not even the families of parents and children can be made."""

__all__ = ["DEFAULT_DIRT", "DIRT", "dirt_named", "make_legacy"]

SCHEMES: Final = {
    "postgresql": Engine.POSTGRESQL,
    "postgres": Engine.POSTGRESQL,
    "mysql": Engine.MARIADB,
    "mariadb": Engine.MARIADB,
}
PATH_SCHEMES: Final = {"sqlite": Engine.SQLITE, "csv": Engine.CSV}
ENDINGS: Final = frozenset({".sqlite", ".sqlite3", ".db"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a sample goes. location: for people, without password.  path: files only."""

    engine: Engine
    url: str
    location: str
    path: Path | None = None


def make_legacy(
    url: str, *, customers: int, dirt: Collection[Dirt], seed: int, progress: Progress
) -> SampleSummary:
    """Make the sample at `url`, whole or not at all; the same numbers make the same rows anywhere.

    url: postgresql:// or mysql:// to a database, sqlite: or csv: before a path, or a bare path,
    whose ending tells an SQLite file from a folder.  Kinds of dirt that the engine cannot hold are
    left out and named.  Raises UnknownDestination, SampleTooSmall, DestinationTaken, then
    DestinationFailed.
    """
    destination = destination_of(url)
    if customers < CUSTOMERS_MIN:
        raise SampleTooSmall(customers=customers, least=CUSTOMERS_MIN)
    wanted = [kind for kind in DIRT if kind in dirt]
    with workshop() as connection:
        populate(connection, customers=customers, seed=seed, progress=progress)
        planted = plant(connection, wanted, progress)
        tables = made_tables(connection)
        held = {
            name: kind for name, kind in planted.items() if destination.engine in kind.dirt.engines
        }
        progress.begin("write the sample", sum(table.rows for table in tables))
        _write(connection, destination, tables, held, progress)
        progress.end()
        return SampleSummary(
            location=destination.location,
            engine=destination.engine,
            seed=seed,
            customers=customers,
            rows={table.name: table.rows for table in tables},
            baits=baits(connection),
            planted=held,
            left_out=tuple(name for name in planted if name not in held),
        )


def destination_of(url: str) -> Destination:
    """Raises UnknownDestination for an address of another kind, or one without a database."""
    scheme, colon, rest = url.partition(":")
    if colon and (engine := SCHEMES.get(scheme)):
        if not urlsplit(url).path.strip("/"):
            raise UnknownDestination(location=location_of(url))
        return Destination(engine, url, location_of(url))
    if colon and (engine := PATH_SCHEMES.get(scheme)):
        return _at(Path(re.sub("^//+", "/", unquote(rest.removeprefix("//")))), engine)
    if "://" in url or not url:
        raise UnknownDestination(location=location_of(url))
    path = Path(url)
    return _at(path, Engine.SQLITE if path.suffix in ENDINGS else Engine.CSV)


def _at(path: Path, engine: Engine) -> Destination:
    if not path.name:
        raise UnknownDestination(location=str(path))
    return Destination(engine, str(path), str(path), path)


def _write(
    connection: duckdb.DuckDBPyConnection,
    destination: Destination,
    tables: Sequence[MadeTable],
    planted: Mapping[str, Planted],
    progress: Progress,
) -> None:
    """The one place where an engine's own errors become ours."""
    zero_dates = planted.get("zero_dates")
    try:
        match destination:
            case Destination(engine=Engine.POSTGRESQL, url=url):
                write_postgresql(connection, url, tables, progress)
            case Destination(engine=Engine.MARIADB, url=url):
                ids = [row.id for row in zero_dates.rows] if zero_dates else []
                write_mariadb(connection, url, tables, progress, zero_dates=ids)
            case Destination(engine=Engine.SQLITE, path=Path() as path):
                write_sqlite(connection, path, tables, progress)
            case Destination(engine=Engine.CSV, path=Path() as path):
                write_csv(connection, path, tables, progress)
    except (duckdb.Error, pymysql.Error, sqlite3.Error, OSError) as error:
        reason = _said(error, destination.url)
        raise DestinationFailed(location=destination.location, reason=reason) from None


def _said(error: Exception, url: str) -> str:
    """The first line of an engine's error, without the password it may repeat."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    secret = urlsplit(url).password or ""
    for form in filter(None, {secret, unquote(secret)}):
        said = said.replace(form, "***")
    return said
