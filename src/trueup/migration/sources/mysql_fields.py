"""How MariaDB's columns travel: numbers and dates joined into one line a row, the rest as it is.

A line of unquoted cells is parsed by Arrow at once; text and blobs come as fields of their own,
byte for byte, so nothing needs to be escaped on the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from trueup.migration.sources.statements import backquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trueup.migration.sources.mysql_wire import Fields

TEXT: Final = pa.string()
BLOB: Final = pa.binary()
LOCAL: Final = pa.timestamp("us")
INSTANT: Final = pa.timestamp("us", tz="UTC")

INTEGERS: Final = {
    "tinyint": (pa.int8(), pa.uint8()),
    "smallint": (pa.int16(), pa.uint16()),
    "mediumint": (pa.int32(), pa.uint32()),
    "int": (pa.int32(), pa.uint32()),
    "bigint": (pa.int64(), pa.uint64()),
    "year": (pa.int32(), pa.int32()),
}
BLOBS: Final = frozenset(
    {
        *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"),
        *("geometry", "point", "linestring", "polygon", "geometrycollection", "geomcollection"),
        *("multipoint", "multilinestring", "multipolygon"),
    }
)
NO_DAY: Final = (
    "{c} < '0001-01-01' or month({c}) = 0 or dayofmonth({c}) = 0"
    " or dayofmonth({c}) > 28 and dayofmonth({c}) > dayofmonth(last_day({c}))"
)
DATES: Final = {
    "date": (pa.date32(), NO_DAY),
    "datetime": (LOCAL, NO_DAY),
    "timestamp": (INSTANT, "{c} = 0"),
}
"""Per type, the values that are no day: zero dates, zero months, 30 February, the year 0.

All are legal in some sql_mode.
"""
DIGITS_MAX: Final = 38
"""The widest decimal that Arrow, Parquet and DuckDB share."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the catalogue says of a column, as far as reading depends on it."""

    name: str
    source_type: str
    data_type: str
    precision: int | None
    scale: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """How a column is read. expression: in MariaDB's SQL.

    flaw: a condition that holds for values `type` cannot carry; empty when it carries all.
    """

    name: str
    expression: str
    type: pa.DataType
    flaw: str = ""

    @property
    def is_raw(self) -> bool:
        """Whether it travels as a field of its own, and not in the line."""
        return self.type in (TEXT, BLOB)

    @property
    def as_text(self) -> Field:
        """The same column as the server writes it."""
        return Field(self.name, backquoted(self.name), TEXT)


def field_of(declared: Declared) -> Field:
    """How a column is read: as its own type where nothing is lost, else as text."""
    name, kind = declared.name, declared.data_type
    column = backquoted(name)
    if integers := INTEGERS.get(kind):
        return Field(name, column, integers["unsigned" in declared.source_type])
    if date := DATES.get(kind):
        return Field(name, column, date[0], date[1].format(c=column))
    if kind in {"float", "double"}:
        # A float alone is written with six digits only; as a double it is written whole.
        return Field(name, f"{column} + 0e0", pa.float32() if kind == "float" else pa.float64())
    if kind == "decimal" and (declared.precision or 0) <= DIGITS_MAX:
        return Field(name, column, pa.decimal128(declared.precision or 1, declared.scale or 0))
    if kind == "bit":
        is_flag = declared.source_type == "bit(1)"
        return Field(name, f"{column} + 0", pa.bool_() if is_flag else pa.uint64())
    return Field(name, column, BLOB if kind in BLOBS else TEXT)


def expressions_of(fields: Sequence[Field]) -> list[tuple[str, str]]:
    """The select list, expression and name: the line first if there is one, then the raw fields."""
    cells = [f"coalesce({field.expression}, '')" for field in fields if not field.is_raw]
    line = [(f"concat_ws(',', {', '.join(cells)})", "line")] if cells else []
    return line + [(field.expression, field.name) for field in fields if field.is_raw]


def schema_of(fields: Sequence[Field]) -> pa.Schema:
    return pa.schema([(field.name, field.type) for field in fields])


def batch_of(values: Fields, fields: Sequence[Field]) -> pa.RecordBatch:
    """The rows of `values`, which come as `expressions_of(fields)` asks for them.

    Raises pa.ArrowInvalid for text that is not UTF-8.
    """
    raw = [field for field in fields if field.is_raw]
    in_line = [field for field in fields if not field.is_raw]
    offset = 1 if in_line else 0
    width = offset + len(raw)
    arrays = _parsed(values[0::width], in_line) if in_line and values else {}
    for number, field in enumerate(raw, offset):
        arrays[field.name] = pa.array(values[number::width], BLOB).cast(field.type)
    empty = pa.array([], pa.null())
    ordered = [arrays.get(field.name, empty).cast(field.type) for field in fields]
    return pa.record_batch(ordered, schema=schema_of(fields))


def _parsed(lines: Fields, fields: Sequence[Field]) -> dict[str, pa.Array]:
    # An instant is written as a local time in UTC and gets its zone afterwards.
    types = {field.name: LOCAL if field.type == INSTANT else field.type for field in fields}
    table = pa_csv.read_csv(
        pa.BufferReader(b"\n".join(line or b"" for line in lines)),
        read_options=pa_csv.ReadOptions(column_names=list(types), use_threads=False),
        parse_options=pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(column_types=types, null_values=[""]),
    ).combine_chunks()
    return {name: table.column(name).combine_chunks() for name in types}
