"""Arrow in, rows out: a binary COPY, at millions of rows a second.

PostgreSQL refuses COPY into a table under row-level security, so rows are staged in a temporary
table and inserted by a statement that security does see. A login that stands above the walls copies
bulk straight into the table, under the tenant of its transaction (ADR 0119).
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pgpq
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from psycopg import sql

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

BATCH_ROWS = 4_096  # one encoded buffer of some hundred KiB: memory stays flat at any table size
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")

JSONB_VERSION = b"\x01"  # before the text of each, jsonb_recv
NARROW_INTEGERS = {"integer": pa.int32(), "smallint": pa.int16()}

WIRE_TYPES: tuple[tuple[Any, str], ...] = (
    (pat.is_boolean, "boolean"),
    (pat.is_int8, "smallint"),
    (pat.is_int16, "smallint"),
    (pat.is_uint8, "smallint"),
    (pat.is_int32, "integer"),
    (pat.is_uint16, "integer"),
    (pat.is_int64, "bigint"),
    (pat.is_uint32, "bigint"),
    (pat.is_uint64, "numeric"),
    (pat.is_decimal128, "numeric"),
    (pat.is_float32, "real"),
    (pat.is_float64, "double precision"),
    (pat.is_string, "text"),
    (pat.is_large_string, "text"),
    (pat.is_string_view, "text"),
    (pat.is_date32, "date"),
    (pat.is_time64, "time without time zone"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A staged column: the type its bytes have on the wire, and the type it must end as."""

    name: str
    wire_type: str
    target_type: str


def staged(rows: pa.Table, target_types: Mapping[str, str]) -> tuple[pa.Table, tuple[Column, ...]]:
    """`rows` in encodings COPY understands, and the columns that describe them, in order.

    target_types: type by column name; a column it does not name keeps the type of its encoding.
    Raises Defect for an Arrow type without a PostgreSQL twin or a name that is no identifier.
    """
    arrays, fields, columns = [], [], []
    for field, array in zip(rows.schema, rows.columns, strict=True):
        check(
            IDENTIFIER.fullmatch(field.name), "a column name is a plain identifier", name=field.name
        )
        plain_array = _plain(array)
        if target_types.get(field.name) == "uuid":
            _check_uuids(field.name, plain_array)
        wire_type = _wire_type(field.name, plain_array.type, target_types.get(field.name))
        arrays.append(plain_array)
        fields.append(pa.field(field.name, plain_array.type))
        columns.append(Column(field.name, wire_type, target_types.get(field.name, wire_type)))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields)), tuple(columns)


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values in an encoding that COPY has: no dictionaries, extensions or nanoseconds."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.cast(kind.storage_type))
    if pat.is_dictionary(kind):
        return _plain(array.cast(kind.value_type))
    if pat.is_null(kind):
        return array.cast(pa.string())
    if pat.is_timestamp(kind) and kind.unit != "us":
        return array.cast(pa.timestamp("us", kind.tz))
    return array


def _check_uuids(name: str, array: pa.ChunkedArray) -> None:
    """Sixteen bytes each: PostgreSQL takes anything else for a broken connection."""
    if pat.is_binary(array.type) or pat.is_large_binary(array.type):
        lengths = pc.unique(pc.binary_length(array)).drop_null().to_pylist()
        check(set(lengths) <= {16}, "a uuid has 16 bytes", column=name, lengths=lengths)


def _wire_type(name: str, kind: pa.DataType, target_type: str | None) -> str:
    if pat.is_timestamp(kind):
        return f"timestamp {'with' if kind.tz else 'without'} time zone"
    if pat.is_binary(kind) or pat.is_large_binary(kind) or pat.is_fixed_size_binary(kind):
        return "uuid" if target_type == "uuid" else "bytea"
    wire_type = next((found for is_kind, found in WIRE_TYPES if is_kind(kind)), None)
    check(wire_type, "an Arrow column has a type PostgreSQL knows", column=name, type=str(kind))
    # A cast would round without a word: a float never becomes an amount or a quantity.
    check(
        not pat.is_floating(kind) or target_type in {None, "real", "double precision"},
        "a float column goes only into a float column",
        column=name,
        target_type=target_type,
    )
    return str(wire_type)


def straight(rows: pa.Table, columns: Sequence[Column], tenant_id: int) -> pa.Table | None:
    """Staged `rows` as rows of `tenant_id`, in the very types of their table; None if they differ.

    What differs is for PostgreSQL to cast or to refuse.
    """
    arrays = [pa.chunked_array([pa.repeat(pa.scalar(tenant_id, pa.int32()), rows.num_rows)])]
    for column, array in zip(columns, rows.columns, strict=True):
        fitted = _of_target_type(column, array)
        if fitted is None:
            return None
        arrays.append(fitted)
    return pa.Table.from_arrays(arrays, names=["tenant_id", *(each.name for each in columns)])


def _of_target_type(column: Column, array: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The values whose bytes on the wire are the target type's, if they can be told here."""
    kind = column.target_type
    if array.null_count == len(array):  # an absent value has no bytes, of whatever type
        return array
    # The server gives a numeric of the wire the scale of its column, by the rule of its casts.
    if column.wire_type == kind or (column.wire_type == "numeric" and kind.startswith("numeric(")):
        return array
    if kind in NARROW_INTEGERS and pat.is_integer(array.type):
        with contextlib.suppress(pa.ArrowInvalid):
            return array.cast(NARROW_INTEGERS[kind])
    if kind == "jsonb" and column.wire_type == "text":
        return pc.binary_join_element_wise(JSONB_VERSION, array.cast(pa.binary()), b"")
    return None


def copy_in(cursor: psycopg.Cursor[Any], table: tuple[str, str], rows: pa.Table) -> int:
    """COPY `rows`, already staged or straight, into `table`, and count them."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(rows.schema)
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(*table), _names(rows.schema.names)
    )
    with cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())
    return cursor.rowcount


def stage_name(schema: str, table: str, columns: Sequence[Column]) -> str:
    """The name under which a connection keeps a stage for rows of these columns and types."""
    shape = ",".join(f"{c.name} {c.wire_type}" for c in columns)
    return f"stage_{schema}_{table}"[:54] + f"_{crc32(shape.encode()):08x}"


def create_statement(table: str, columns: Sequence[Column]) -> sql.Composed:
    """A temporary table that takes the columns as they come over the wire."""
    return sql.SQL("create temporary table {} ({}) on commit drop").format(
        sql.Identifier(table), _definitions(columns)
    )


def kept_statement(table: str, columns: Sequence[Column]) -> sql.Composed:
    """The same for the life of the connection, emptied by every commit; made if it is not there."""
    return sql.SQL("create temporary table if not exists {} ({}) on commit delete rows").format(
        sql.Identifier(table), _definitions(columns)
    )


def retype_statement(table: str, columns: Sequence[Column]) -> sql.Composed | None:
    """Turn staged columns into their target types; None where they already are."""
    changes = [
        sql.SQL("alter column {name} type {type} using {name}::{type}").format(
            name=sql.Identifier(c.name), type=_type(c.target_type)
        )
        for c in columns
        if c.wire_type != c.target_type
    ]
    if not changes:
        return None
    return sql.SQL("alter table pg_temp.{} {}").format(
        sql.Identifier(table), sql.SQL(", ").join(changes)
    )


def insert_statement(
    target: tuple[str, str], stage: str, columns: Sequence[Column], tenant_id: int
) -> sql.Composed:
    """Move every staged row into `target` as a row of `tenant_id`, cast to the target's types."""
    values = (
        sql.Identifier(c.name)
        if c.wire_type == c.target_type
        else sql.SQL("{}::{}").format(sql.Identifier(c.name), _type(c.target_type))
        for c in columns
    )
    return sql.SQL("insert into {} (tenant_id, {}) select {}, {} from pg_temp.{}").format(
        sql.Identifier(*target),
        _names(c.name for c in columns),
        sql.Literal(tenant_id),
        sql.SQL(", ").join(values),
        sql.Identifier(stage),
    )


def _definitions(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(c.name), _type(c.wire_type)) for c in columns
    )


def _names(names: Any) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _type(name: str) -> sql.SQL:
    # Type names come from the constants above or from format_type() of the catalog, never from
    # rows; a psycopg Identifier would quote them and lose numeric(20,6).
    return sql.SQL(name)
