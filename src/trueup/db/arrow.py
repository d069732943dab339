"""Query results as Arrow tables, in the types that `Tx.insert` takes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from psycopg.postgres import types as pg_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Column

ARROW_TYPES: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "uuid": pa.binary(16),
    "bytea": pa.binary(),
}
NUMERIC_PRECISION = 38  # what Arrow's 128-bit decimal holds
NUMERIC_SCALE = 6  # of a numeric that states none, such as sum(bigint): as fine as our quantities


def to_table(description: Sequence[Column], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """`rows` as columns: uuid as 16 bytes, numeric as decimal, json and all else as text.

    Raises pyarrow.ArrowInvalid for a numeric that needs more than 38 digits or than its scale.
    """
    fields = [pa.field(column.name, _arrow_type(column)) for column in description]
    values = zip(*rows, strict=True) if rows else ((),) * len(fields)
    arrays = [
        pa.array([_plain(value, field.type) for value in column], field.type)
        for field, column in zip(fields, values, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _arrow_type(column: Column) -> pa.DataType:
    known = pg_types.get(column.type_code)
    name = known.name if known else ""
    if name == "numeric":
        scale = NUMERIC_SCALE if column.scale is None else column.scale
        return pa.decimal128(NUMERIC_PRECISION, scale)
    return ARROW_TYPES.get(name, pa.string())


def _plain(value: Any, kind: pa.DataType) -> Any:
    if value is None or kind not in {pa.string(), pa.binary(16)}:
        return value
    if kind == pa.binary(16):
        return value.bytes
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
