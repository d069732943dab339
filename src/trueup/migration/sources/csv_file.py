"""One CSV file: inspected whole before anything is written, then streamed as text."""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NoReturn

import pyarrow as pa
import pyarrow.csv as pa_csv

from trueup.migration.sources import csv_text
from trueup.migration.sources.errors import (
    CsvDelimiter,
    CsvEmpty,
    CsvHeader,
    CsvRagged,
    CsvRefused,
    CsvTruncated,
    CsvUndecodable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trueup.migration.sources.model import CsvOptions

CHUNK_BYTES: Final = 1 << 20
SAMPLE_CHARACTERS: Final = 1 << 16
BLOCK_BYTES: Final = 2 << 20
"""The longest row that can be read; a longer one is refused by name."""

ADD_ENCODING: Final = "Name the file's encoding, for example windows-1252 or utf-16."
ADD_DELIMITER: Final = "Name the delimiter the file is written with."
EXPORT_AGAIN: Final = "Export the file again from its system."
CORRECT_ROW: Final = (
    "Correct the row, or name the delimiter and the quote the file is written with."
)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """An inspected file. names: of its columns.  sha256: of its bytes."""

    path: Path
    sha256: str
    encoding: str
    delimiter: str
    quote: str
    null_marker: str
    names: tuple[str, ...]
    has_header: bool
    has_rows: bool

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in self.names])


@dataclass(frozen=True, slots=True)
class _Text:
    """What one pass over the bytes tells. sample: the beginning, whole if the file is short."""

    sha256: str
    sample: str
    is_whole: bool
    has_odd_quotes: bool


def inspect(path: Path, options: CsvOptions) -> CsvFile:
    """Read the whole file once and find out how it is written.

    Raises, in this order: CsvEmpty, CsvUndecodable, CsvDelimiter, CsvHeader, CsvTruncated for a
    quote that is never closed.  Rows of another width are found when they are read.
    """
    with path.open("rb") as file:
        encoding = csv_text.encoding_of(file.read(4), options.encoding)
    text = _scan(path, encoding, options.quote)
    if not text.sample.strip():
        _refuse(CsvEmpty, path, 0, "the file is empty", EXPORT_AGAIN)
    delimiter = _delimiter(path, text, options)
    rows = csv_text.rows_of(text.sample, delimiter, options.quote, is_whole=text.is_whole)
    names, has_header = _names(path, rows[0], options.has_header)
    if text.has_odd_quotes:
        _refuse_open_quote(path, encoding, delimiter, options.quote)
    return CsvFile(
        path=path,
        sha256=text.sha256,
        encoding=encoding,
        delimiter=delimiter,
        quote=options.quote,
        null_marker=options.null_marker,
        names=names,
        has_header=has_header,
        has_rows=not (has_header and text.is_whole and len(rows) == 1),
    )


def batches(file: CsvFile) -> Iterator[pa.RecordBatch]:
    """The rows, every column as text; the unquoted null marker is NULL, quoted it is itself.

    Raises CsvTruncated when the last line breaks off, CsvRagged for another row that is too
    short or too long, CsvRefused for one that is longer than a block.
    """
    if not file.has_rows:
        return
    try:
        yield from pa_csv.open_csv(
            file.path,
            read_options=pa_csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=list(file.names),
                skip_rows_after_names=int(file.has_header),
                encoding="utf8" if file.encoding == "utf-8-sig" else file.encoding,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=file.delimiter,
                quote_char=file.quote,
                newlines_in_values=True,
                # In a file of one column an empty line is a row that holds nothing.
                ignore_empty_lines=len(file.names) > 1,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=file.schema,
                null_values=[file.null_marker],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _refuse_ragged(file)
        _refuse(CsvRefused, file.path, 0, str(error).splitlines()[0], CORRECT_ROW)


def _scan(path: Path, encoding: str, quote: str) -> _Text:
    try:
        decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    except LookupError:
        _refuse(CsvUndecodable, path, 0, f"{encoding!r} is no known encoding", ADD_ENCODING)
    digest, sample, quotes, offset, waiting = sha256(), "", 0, 0, 0
    length = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                _refuse_undecodable(path, encoding, offset - waiting + error.start)
            waiting = len(decoder.getstate()[0])
            offset += len(chunk)
            length += len(text)
            quotes += text.count(quote)
            sample += text[: SAMPLE_CHARACTERS - len(sample)]
    if waiting:
        _refuse_undecodable(path, encoding, offset - waiting)
    return _Text(digest.hexdigest(), sample, length <= SAMPLE_CHARACTERS, quotes % 2 == 1)


def _delimiter(path: Path, text: _Text, options: CsvOptions) -> str:
    found = csv_text.found_delimiter(text.sample, options.quote, is_whole=text.is_whole)
    if options.delimiter is None:
        if found is None:
            reason = "no delimiter splits its first line; it would be a single column"
            _refuse(CsvDelimiter, path, 1, reason, ADD_DELIMITER)
        return found
    rows = csv_text.rows_of(text.sample, options.delimiter, options.quote, is_whole=text.is_whole)
    if found is not None and len(rows[0]) == 1:
        reason = f"the delimiter {options.delimiter!r} leaves a single column"
        _refuse(CsvDelimiter, path, 1, reason, f"The file looks written with {found!r}.")
    return options.delimiter


def _names(path: Path, first: list[str], has_header: bool | None) -> tuple[tuple[str, ...], bool]:  # noqa: FBT001  an answer passed on, not a switch
    if has_header is False:
        return tuple(f"column_{number}" for number in range(1, len(first) + 1)), False
    if twins := csv_text.repeated(first):
        reason = f"the header names a column twice: {', '.join(twins)}"
        _refuse(CsvHeader, path, 1, reason, "Rename one of them in the header line.")
    if has_header is None and not csv_text.is_header(first):
        fix = "Add a header line, or say that the file has none (or that this line is it)."
        _refuse(CsvHeader, path, 1, "the first line looks like data, not like a header", fix)
    if "" in first:
        _refuse(CsvHeader, path, 1, "a column has no name", "Name every column in the header.")
    return tuple(first), True


def _refuse_undecodable(path: Path, encoding: str, offset: int) -> NoReturn:
    with path.open("rb") as file:
        before = file.read(offset)
        byte = file.read(1)
    line = before.count(b"\n") + 1
    reason = f"byte {offset} (0x{byte.hex()}) is not {encoding}"
    _refuse(CsvUndecodable, path, line, reason, ADD_ENCODING)


def _refuse_open_quote(path: Path, encoding: str, delimiter: str, quote: str) -> None:
    """Raise CsvTruncated if the file ends inside a quoted value; stray quotes may be harmless."""
    end = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, quotechar=quote, strict=True)
        try:
            for _ in reader:
                end = reader.line_num
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                return
            reason = "a quoted value that begins here is never closed; the file is cut short"
            _refuse(CsvTruncated, path, end + 1, reason, EXPORT_AGAIN)


def _refuse_ragged(file: CsvFile) -> None:
    """Find the first row of another width the slow way, once, and raise with its line."""
    width = len(file.names)
    bad: tuple[int, int] | None = None
    with file.path.open(encoding=file.encoding, newline="") as text:
        reader = csv.reader(text, delimiter=file.delimiter, quotechar=file.quote)
        try:
            for row in reader:
                if bad:
                    _refuse_row(CsvRagged, file, *bad)
                if row and len(row) != width:
                    bad = (reader.line_num, len(row))
        except csv.Error:
            return  # a value longer than the csv module takes: the caller's sentence must do
    if bad:
        _refuse_row(CsvTruncated if bad[1] < width else CsvRagged, file, *bad)


def _refuse_row(error: type[CsvRefused], file: CsvFile, line: int, values: int) -> NoReturn:
    reason = f"{values} values where the header has {len(file.names)}"
    if error is CsvTruncated:
        _refuse(error, file.path, line, f"the last line breaks off: {reason}", EXPORT_AGAIN)
    _refuse(error, file.path, line, reason, CORRECT_ROW)


def _refuse(error: type[CsvRefused], path: Path, line: int, reason: str, fix: str) -> NoReturn:
    raise error(file=str(path), line=line, reason=reason, fix=fix)
