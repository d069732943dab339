"""The scratch database in which a sample is made: on disk, bounded in memory, gone afterwards."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from trueup.db import load_queries
from trueup.migration.sample.kinds import PLANTING, planting_statements
from trueup.migration.sample.model import AS_OF, Bait, Dirt, Outcome, Planted, PlantedRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.kernel.progress import Progress

MEMORY_LIMIT: Final = "400MB"
"""Of the engine's buffers; what does not fit is spilled to the scratch folder."""

POPULATION: Final = "trueup.migration.sample.population"
BAITS: Final = load_queries(__package__, "baits.sql")
MARK: Final = load_queries(PLANTING, "mark.sql")
CANNOT_LOAD: Final = frozenset({Outcome.REJECTED, Outcome.EXCLUDED})


@contextmanager
def workshop() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty scratch database whose file lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="trueup-sample-") as folder:
        file = Path(folder) / "sample.duckdb"
        limits: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
        }
        with duckdb.connect(file, config=limits) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection


def populate(
    connection: duckdb.DuckDBPyConnection, *, customers: int, seed: int, progress: Progress
) -> None:
    """Make the clean legacy tables in schema `legacy`, the same for the same numbers."""
    connection.execute("set variable seed = $seed", {"seed": seed})
    connection.execute("set variable customers = $customers", {"customers": customers})
    connection.execute("set variable as_of = $as_of", {"as_of": AS_OF})
    files = sorted(
        (file for file in resources.files(POPULATION).iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    progress.begin("make customers and their history", len(files), unit="steps")
    for file in files:
        connection.execute(file.read_text(encoding="utf-8"))
        progress.advance()
    progress.end()


def plant(
    connection: duckdb.DuckDBPyConnection, dirt: Sequence[Dirt], progress: Progress
) -> dict[str, Planted]:
    """Plant each kind on customers of its own, in order; say where each lies and what hangs on it.

    dirt: each kind once.  A kind that finds no fitting customer is planted nowhere and says so by
    having no rows; it happens only in samples of a few hundred customers and fewer.
    """
    statements = planting_statements()
    connection.execute(_text("hosts.sql"))
    progress.begin("plant dirt", len(dirt), unit="kinds")
    for kind in dirt:
        connection.execute(statements[kind.name])
        place = {"kind": kind.name, "table": kind.table, "falls": kind.outcome in CANNOT_LOAD}
        connection.execute(MARK.mark_planted.sql, place)
        connection.execute(MARK.mark_taken.sql)
        progress.advance()
    progress.end()
    connection.execute(_text("falling.sql"))
    planted = _by_kind(connection, MARK.read_planted.sql)
    fallen = _by_kind(connection, MARK.read_fallen.sql)
    return {
        kind.name: Planted(kind, planted.get(kind.name, ()), fallen.get(kind.name, ()))
        for kind in dirt
    }


def baits(connection: duckdb.DuckDBPyConnection) -> tuple[Bait, ...]:
    """How many lawful rows the sample holds for each rule that document 001's SQL breaks."""
    found = []
    for query in BAITS:
        rows = connection.execute(query.sql).fetchall()
        rule, _, name = query.name.partition("_")
        found.append(Bait(rule.upper(), name, query.comment, rows[0][0]))
    return tuple(found)


def _by_kind(
    connection: duckdb.DuckDBPyConnection, statement: str
) -> dict[str, tuple[PlantedRow, ...]]:
    lying: dict[str, list[PlantedRow]] = {}
    for kind, table, number in connection.execute(statement).fetchall():
        lying.setdefault(kind, []).append(PlantedRow(table, number))
    return {kind: tuple(rows) for kind, rows in lying.items()}


def _text(name: str) -> str:
    return resources.files(PLANTING).joinpath(name).read_text(encoding="utf-8")
