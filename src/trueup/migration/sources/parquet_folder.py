from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from trueup.migration.sources.errors import UnreadableFile
from trueup.migration.sources.faults import SourceChanged, SourceLost
from trueup.migration.sources.files import fingerprint_of, states_of
from trueup.migration.sources.model import Kind, SourceColumn, SourceTable
from trueup.migration.sources.ports import Batches, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SUFFIX: Final = ".parquet"
BATCH_ROWS: Final = 10_000


class ParquetSource:
    """A folder in which each x.parquet, and each folder x of such files, is the table x.

    The files of one table come in the order of their names and share one schema.
    """

    kind: Final = Kind.PARQUET

    def __init__(self, location: Path, files: Mapping[str, Sequence[Path]]) -> None:
        self.location = str(location)
        self.server_version = f"pyarrow {pa.__version__}"
        self._files = files
        self._all = list(chain.from_iterable(self._files.values()))
        self._states = states_of(self._all)
        self.fingerprint: str = fingerprint_of(self._all)
        self.position = self.fingerprint

    def tables(self) -> tuple[SourceTable, ...]:
        return tuple(self._table(name) for name in self._files)

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Raise UnreadableFile for a file that is no Parquet, or not of its table's schema."""
        for table in tables:
            first, *others = self._files[table.name]
            for file in others:
                if _schema_of(file) != _schema_of(first):
                    reason = f"its columns are not those of {first.name}"
                    raise UnreadableFile(file=str(file), reason=reason)

    def rows(self, table: SourceTable) -> Rows:
        files = self._files[table.name]
        return Rows(_plain(_schema_of(files[0])), self._batches(files), _row_count(files))

    def check_unchanged(self) -> None:
        """Raise SourceChanged when a file was written to after it was hashed."""
        if states_of(self._all) != self._states:
            raise SourceChanged(location=self.location)

    def _batches(self, files: Sequence[Path]) -> Batches:
        for path in files:
            try:
                with pq.ParquetFile(path) as file:
                    schema = _plain(file.schema_arrow.remove_metadata())
                    for batch in file.iter_batches(BATCH_ROWS):
                        yield batch.cast(schema)
            except (pa.ArrowInvalid, OSError) as error:
                self.check_unchanged()
                raise SourceLost(location=str(path), reason=_first_line(error)) from None

    def _table(self, name: str) -> SourceTable:
        schema = _schema_of(self._files[name][0])
        columns = tuple(SourceColumn(f.name, str(f.type), f.nullable) for f in schema)
        return SourceTable(name=name, columns=columns, primary_key=())


def parquet_files(folder: Path) -> dict[str, list[Path]]:
    """The files of each table in `folder`, by table name."""
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.is_file() and entry.suffix == SUFFIX:
            found[entry.stem] = [entry]
        elif entry.is_dir() and (parts := sorted(entry.glob(f"*{SUFFIX}"))):
            found[entry.name] = parts
    return found


def _schema_of(file: Path) -> pa.Schema:
    try:
        return pq.read_schema(file).remove_metadata()
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFile(file=str(file), reason=_first_line(error)) from None


def _plain(schema: pa.Schema) -> pa.Schema:
    """The schema with dictionaries opened: they are a way to store values, not a type of them."""
    for index, field in enumerate(schema):
        if pa.types.is_dictionary(field.type):
            schema = schema.set(index, field.with_type(field.type.value_type))
    return schema


def _row_count(files: Sequence[Path]) -> int:
    return sum(pq.read_metadata(file).num_rows for file in files)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
