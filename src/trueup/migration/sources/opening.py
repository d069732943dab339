from __future__ import annotations

import re
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from trueup.migration.sources.csv_folder import CsvSource
from trueup.migration.sources.errors import UnknownSource
from trueup.migration.sources.location import location_of
from trueup.migration.sources.model import Kind, SourceConfig
from trueup.migration.sources.mysql import open_mysql
from trueup.migration.sources.parquet_folder import SUFFIX as PARQUET_SUFFIX
from trueup.migration.sources.parquet_folder import ParquetSource, parquet_files
from trueup.migration.sources.postgresql import open_postgresql
from trueup.migration.sources.sqlite import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.migration.sources.ports import Source

SERVERS: Final = {
    "postgresql": Kind.POSTGRESQL,
    "postgres": Kind.POSTGRESQL,
    "mysql": Kind.MYSQL,
    "mariadb": Kind.MYSQL,
}
FILES: Final = {"sqlite": Kind.SQLITE, "csv": Kind.CSV, "parquet": Kind.PARQUET}
SQLITE_MAGIC: Final = b"SQLite format 3\x00"


@contextmanager
def open_source(config: SourceConfig, exclude: Sequence[str] = ()) -> Iterator[Source]:
    """Open what `config` names and fix its position until the block ends.

    exclude: globs of tables that need not be readable; a broken file among them harms nobody.
    Raises UnknownSource, then what the kind of source raises when it is opened.
    """
    scheme = urlsplit(config.url).scheme
    if kind := SERVERS.get(scheme):
        opened = open_postgresql(config) if kind is Kind.POSTGRESQL else open_mysql(config)
        with opened as source:
            yield source
        return
    kind, path = kind_and_path(config.url)
    if kind is Kind.SQLITE:
        with open_sqlite(path) as source:
            yield source
    elif kind is Kind.CSV:
        paths = [path] if path.is_file() else sorted(path.glob("*.csv"))
        yield CsvSource(path, [p for p in paths if not _fits(p.stem, exclude)], config.csv)
    else:
        files = {path.stem: [path]} if path.is_file() else parquet_files(path)
        kept = {name: parts for name, parts in files.items() if not _fits(name, exclude)}
        yield ParquetSource(path, kept)


def source_of(config: SourceConfig) -> tuple[Kind, str]:
    """The kind and the location of a source, told without opening it.  Raises UnknownSource."""
    if kind := SERVERS.get(urlsplit(config.url).scheme):
        return kind, location_of(config.url)
    kind, path = kind_and_path(config.url)
    return kind, str(path)


def kind_and_path(url: str) -> tuple[Kind, Path]:
    """What lies at a path, and the path. A prefix (`csv:`) decides; else the content does.

    Raises UnknownSource for a scheme or a path that is nothing we read, or could be two things.
    """
    scheme, _, rest = url.partition(":")
    if kind := FILES.get(scheme):
        path = Path(re.sub("^//+", "/", rest.removeprefix("//"))).absolute()
        if not path.exists():
            raise UnknownSource(location=str(path), reason="there is nothing there")
        return kind, path
    if "://" in url:
        raise UnknownSource(location=location_of(url), reason=f"{scheme!r} is no known scheme")
    path = Path(url).absolute()
    return (_kind_of_folder(path) if path.is_dir() else _kind_of_file(path)), path


def _kind_of_folder(folder: Path) -> Kind:
    has_csv = any(folder.glob("*.csv"))
    has_parquet = bool(parquet_files(folder))
    if has_csv and has_parquet:
        reason = "it holds CSV and Parquet files; write csv: or parquet: before the path"
        raise UnknownSource(location=str(folder), reason=reason)
    if not has_csv and not has_parquet:
        raise UnknownSource(location=str(folder), reason="it holds no CSV and no Parquet file")
    return Kind.CSV if has_csv else Kind.PARQUET


def _kind_of_file(path: Path) -> Kind:
    if not path.is_file():
        raise UnknownSource(location=str(path), reason="there is nothing there")
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC:
            return Kind.SQLITE
    if path.suffix == ".sql":
        reason = "it is a script; run it into a database, and extract from that"
        raise UnknownSource(location=str(path), reason=reason)
    by_suffix = {".csv": Kind.CSV, PARQUET_SUFFIX: Kind.PARQUET}.get(path.suffix)
    if by_suffix is None:
        raise UnknownSource(location=str(path), reason="it is no SQLite, CSV or Parquet file")
    return by_suffix


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
