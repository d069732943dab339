from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from trueup.migration.sources.csv_file import CsvFile, batches, inspect
from trueup.migration.sources.errors import CsvRefused
from trueup.migration.sources.faults import SourceChanged
from trueup.migration.sources.files import states_of
from trueup.migration.sources.model import CsvOptions, Kind, SourceColumn, SourceTable
from trueup.migration.sources.ports import Batches, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXT: Final = "text"
"""The source type of every CSV column: a file declares none."""


class CsvSource:
    """CSV files, each a table named like the file; every value is text as it stands there.

    Opening reads every file once: raises what `csv_file.inspect` raises.
    """

    kind: Final = Kind.CSV

    def __init__(self, location: Path, paths: Sequence[Path], options: CsvOptions) -> None:
        self.location = str(location)
        self.server_version = f"pyarrow {pa.__version__}"
        self._paths = list(paths)
        self._states = states_of(self._paths)
        self._files = {path.stem: inspect(path, options) for path in self._paths}
        self.fingerprint: str = _fingerprint(list(self._files.values()), options)
        self.position = self.fingerprint

    def tables(self) -> tuple[SourceTable, ...]:
        return tuple(
            SourceTable(
                name=name,
                columns=tuple(SourceColumn(c, TEXT, is_nullable=True) for c in file.names),
                primary_key=(),
            )
            for name, file in self._files.items()
        )

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Every file was inspected when the source was opened."""

    def rows(self, table: SourceTable) -> Rows:
        file = self._files[table.name]
        return Rows(file.schema, self._batches(file), count=None)

    def _batches(self, file: CsvFile) -> Batches:
        try:
            yield from batches(file)
        except (CsvRefused, OSError):
            self.check_unchanged()  # a file that is being written looks like a damaged one
            raise

    def check_unchanged(self) -> None:
        """Raise SourceChanged when a file was written to after it was inspected."""
        if states_of(self._paths) != self._states:
            raise SourceChanged(location=self.location)


def _fingerprint(files: Sequence[CsvFile], options: CsvOptions) -> str:
    """Over the files and how they are read: other options make other rows of the same bytes."""
    lines = [f"{file.path.name}\x1f{file.sha256}" for file in files]
    return "sha256 " + sha256("\n".join([*lines, repr(options)]).encode()).hexdigest()
