from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueup.migration.sources.disk import fsync_folder, write_durably, written_to
from trueup.migration.sources.model import Column, PartEntry, TableEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PART_BYTES_MAX: Final = 4 * 1024 * 1024
"""A part is cut early beyond this many bytes of values: wide rows take about as much memory as
narrow ones. Larger parts load a little faster and take much more (benchmarks)."""

STEP_ROWS: Final = 1_000
"""A part is cut early only at a multiple of it: its end must not follow the reader's batches."""

PENDING_MAX: Final = 1
"""Parts being written while the next is read; each costs one part of memory."""


def folder_of(table: str) -> str:
    """The folder name of a table: safe on any file system, one to one, never `manifest.json`."""
    return quote(table, safe="").replace(".", "%2E")


def content_hash(parts: Sequence[PartEntry]) -> str:
    """SHA-256 over the parts' hashes in order: equal for byte-equal tables and only for those."""
    return sha256("\n".join(part.sha256 for part in parts).encode()).hexdigest()


def encode_part(rows: pa.Table) -> pa.Buffer:
    """One Parquet file. The same rows give the same bytes, however they were batched.

    The chunks are joined first: page boundaries would else follow the reader's batches, and the
    hash of a part would depend on how fast the source happened to answer.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.combine_chunks(), sink, compression="zstd", row_group_size=max(rows.num_rows, 1)
    )
    return sink.getvalue()


def bytes_of(values: pa.Array) -> int:
    """How much the values weigh: the same for equal values, however they lie in memory."""
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        return int(pc.sum(pc.binary_length(values)).as_py() or 0)
    if pa.types.is_primitive(values.type):
        return int(values.type.bit_width * len(values) // 8)
    return int(values.nbytes)


def write_part(folder: Path, file: str, rows: pa.Table, rows_left: int | None) -> PartEntry:
    """Encode and write one part.  rows_left: this part's and all after it; None if not known.

    Raises DiskFull with what those rows will need at this part's density, or WriteFailed.
    """
    encoded = encode_part(rows)
    still = max(rows_left or 0, rows.num_rows)
    with written_to(folder.parent, needed=encoded.size * still // max(rows.num_rows, 1)):
        write_durably(folder / file, encoded)
    return PartEntry(
        file=f"{folder.name}/{file}",
        rows=rows.num_rows,
        bytes=encoded.size,
        sha256=sha256(encoded).hexdigest(),
    )


class TableWriter:
    """Cuts a stream of batches into parts of `part_rows` rows and writes each durably.

    A part is encoded and written on a second thread while the caller reads the next one; at most
    `PENDING_MAX` wait, so memory is bounded by parts, not by the table.
    rows: how many are to come, if known.  `write` and `finish` raise DiskFull or WriteFailed.
    """

    def __init__(
        self, root: Path, table: str, schema: pa.Schema, part_rows: int, rows: int | None = None
    ) -> None:
        self._folder = root / folder_of(table)
        with written_to(root):
            self._folder.mkdir()
        self._schema = schema
        self._part_rows = part_rows
        self._rows_left = rows
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._held_bytes = 0
        self._cut = 0
        self._entries: list[PartEntry] = []
        self._pending: deque[Future[PartEntry]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"part-{table}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def write(self, batch: pa.RecordBatch) -> None:
        rest = batch
        while rest.num_rows:
            to_step = STEP_ROWS - self._held_rows % STEP_ROWS
            room = min(to_step, self._part_rows - self._held_rows)
            self._hold(rest.slice(0, room))
            rest = rest.slice(room)
            is_at_step = self._held_rows % STEP_ROWS == 0
            is_heavy = is_at_step and self._held_bytes >= PART_BYTES_MAX
            if is_heavy or self._held_rows == self._part_rows:
                self._cut_part()

    def finish(self) -> tuple[PartEntry, ...]:
        """Wait for every part. At least one; a table without rows has one part of no rows."""
        if self._held_rows or not self._cut:
            self._cut_part()
        while self._pending:
            self._entries.append(self._pending.popleft().result())
        with written_to(self._folder.parent):
            fsync_folder(self._folder)
        return tuple(self._entries)

    def _hold(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self._held_bytes += sum(map(bytes_of, batch.columns))

    def _cut_part(self) -> None:
        rows = pa.Table.from_batches(self._held, schema=self._schema)
        file = f"part-{self._cut:05d}.parquet"
        write = self._pool.submit(write_part, self._folder, file, rows, self._rows_left)
        self._pending.append(write)
        self._cut += 1
        self._held, self._held_rows, self._held_bytes = [], 0, 0
        if self._rows_left is not None:
            self._rows_left -= rows.num_rows
        if len(self._pending) > PENDING_MAX:
            self._entries.append(self._pending.popleft().result())


def table_entry(
    name: str,
    columns: tuple[Column, ...],
    primary_key: tuple[str, ...],
    parts: tuple[PartEntry, ...],
) -> TableEntry:
    return TableEntry(
        name=name,
        columns=columns,
        primary_key=primary_key,
        rows=sum(part.rows for part in parts),
        bytes=sum(part.bytes for part in parts),
        content_hash=content_hash(parts),
        parts=parts,
    )
