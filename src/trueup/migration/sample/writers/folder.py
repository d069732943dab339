"""A folder of CSV files, one a table, and the same files as MariaDB reads them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from trueup.migration.sample.errors import DestinationTaken
from trueup.migration.sources.statements import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from trueup.kernel.progress import Progress
    from trueup.migration.sample.writers.tables import MadeTable


def write_csv(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Sequence[MadeTable],
    progress: Progress,
) -> None:
    """A new folder, there only when it is whole: UTF-8, a header, commas, NULL as nothing at all.

    Raises DestinationTaken when something is there, unless it is an empty folder.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DestinationTaken(location=str(path), found="files")
    partial = path.with_name(f"{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for table in tables:
        file = literal(str(partial / f"{table.name}.csv"))
        connection.execute(f"copy legacy.{table.name} to {file} (format csv, header)")
        progress.advance(table.rows)
    if path.exists():
        path.rmdir()
    partial.rename(path)


def write_infile(connection: duckdb.DuckDBPyConnection, file: Path, table: MadeTable) -> None:
    """One table as `load data` takes it: no header, the word NULL, booleans as 0 and 1."""
    chosen = ", ".join(
        f"{name}::tinyint as {name}" if kind == "BOOLEAN" else name for name, kind in table.columns
    )
    rows = f"select {chosen} from legacy.{table.name}"  # noqa: S608  names of our own schema file
    connection.execute(
        f"copy ({rows}) to {literal(str(file))} (format csv, header false, nullstr 'NULL')"
    )
