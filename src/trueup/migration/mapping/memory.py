"""The working file of a load: what became of each record, for those that refer to it.

It outlives a process that is killed: each chunk's outcome and the note that it is remembered are
one transaction of DuckDB's, so the next run takes up what is there and maps again only what is not.
It is a convenience, never the truth: a file that is damaged or of another load is made anew, and
what it would have said is mapped again from the snapshot.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

import duckdb

from trueup.db import load_queries
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.compiler import piece

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

S = load_queries(__package__, "memory.sql")

FORMAT: Final = "2"
MEMORY_MB: Final = 152
THREADS: Final = 1
"""Of one statement. Two writers map at once, each a chunk on its own thread; two threads for each
cost twice the processor time (measured), and memory of their own."""

TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None)
MALLOPT: Final = getattr(ctypes.CDLL(None), "mallopt", None)
"""Of glibc alone; other C libraries keep less."""
MMAP_THRESHOLD: Final = -3  # malloc.h
LARGE_BYTES: Final = 1 << 20
"""From here on a block is the system's again once it is freed. glibc moves this limit up by itself,
to 32 MiB, and columns in transit then leave holes that nothing fills; DuckDB's blocks are smaller.
"""


class Memory:
    """An open working file. `connection` belongs to one thread; others take a cursor of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.connection = _opened(file)

    @classmethod
    def open(cls, scratch: Path, *identity: str) -> Self:
        """The working file of what `identity` names: new, or taken up from a run cut off."""
        if MALLOPT is not None:
            MALLOPT(MMAP_THRESHOLD, LARGE_BYTES)
        scratch.mkdir(parents=True, exist_ok=True)
        named = "\x1f".join((FORMAT, duckdb.__version__, *identity))
        return cls(scratch / f"workbench-{sha256(named.encode()).hexdigest()[:16]}.duckdb")

    def close(self, *, is_done: bool) -> None:
        """Close the file; remove it when nothing will ask for it again."""
        self.connection.close()
        if is_done:
            _remove(self._file)

    def is_surveyed(self, entity: str) -> bool:
        return self._holds(piece(S.is_surveyed, entity=entity))

    def is_remembered(self, entity: str, chunk: int) -> bool:
        return self._holds(piece(S.is_remembered, entity=entity, chunk=str(chunk)))

    def _holds(self, question: str) -> bool:
        # A cursor of its own: the writers of two chunks may ask at once.
        with self.connection.cursor() as cursor:
            ((count,),) = cursor.execute(question).fetchall()
        return bool(count)


def give_back_memory() -> None:
    """Give freed memory back to the system; after each chunk it costs some hundredths of mapping.

    The C library keeps what the threads free, each thread's apart, up to a hundred MiB.
    """
    if TRIM is not None:
        TRIM(0)


@contextmanager
def noting_survey(connection: duckdb.DuckDBPyConnection, entity: str) -> Iterator[None]:
    """Keep what the block finds of `entity`, and that it was found, or neither."""
    with _transaction(connection):
        yield
        connection.execute(piece(S.note_survey, entity=entity))


@contextmanager
def noting_chunk(connection: duckdb.DuckDBPyConnection, entity: str, chunk: int) -> Iterator[None]:
    """Keep what the block remembers of a chunk, and that it is remembered, or neither."""
    with _transaction(connection):
        yield
        connection.execute(piece(S.note_chunk, entity=entity, chunk=str(chunk)))


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute(S.begin_work.sql)
    try:
        yield
    except BaseException:
        connection.execute(S.undo_work.sql)
        raise
    connection.execute(S.keep_work.sql)


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    try:
        return _laid_out(file)
    except duckdb.Error:  # cut off while it was written, or the disk gave it back damaged
        _remove(file)
    try:
        return _laid_out(file)
    except duckdb.Error:
        _remove(file)
        raise


def _laid_out(file: Path) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{MEMORY_MB}MB",
        "threads": THREADS,
        "allocator_background_threads": True,  # gives back what one thread took and another freed
    }
    connection = duckdb.connect(str(file), config=config)
    try:
        with _transaction(connection):
            connection.execute(S.lay_out.sql)
            for entity in CANONICAL:
                connection.execute(piece(S.lay_out_entity, entity=entity))
    except duckdb.Error:
        connection.close()
        raise
    return connection


def _remove(file: Path) -> None:
    for each in (file, file.with_name(file.name + ".wal")):
        each.unlink(missing_ok=True)
