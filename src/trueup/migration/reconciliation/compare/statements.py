"""The statements of a comparison, filled in from the templates beside the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.migration.reconciliation.compare import canonical
from trueup.migration.reconciliation.compare.model import Digest, Engine
from trueup.migration.reconciliation.compare.plan import BUCKETS, STRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.db import Queries
    from trueup.migration.reconciliation.compare.plan import Plan, Shape

CONNECTIONS: Final = "trueup.migration.reconciliation.compare.connections"
TEMPLATES: Final[Mapping[Engine, Queries]] = {
    Engine.POSTGRESQL: load_queries(CONNECTIONS, "postgresql.sql"),
    Engine.MYSQL: load_queries(CONNECTIONS, "mysql.sql"),
    Engine.DUCKDB: load_queries(CONNECTIONS, "duckdb.sql"),
}

RANGES_MAX: Final = 500
"""Above this many ranges a scan is cheaper than as many walks down the index."""

# Bucket of a key that is a text: 14 bits of its digest.
TEXT_BUCKETS: Final = {
    Engine.POSTGRESQL: "('x' || left(md5({key}), 4))::bit(16)::integer % {buckets}",
    Engine.MYSQL: "cast(conv(left(md5({key}), 4), 16, 10) as unsigned) % {buckets}",
    Engine.DUCKDB: "('0x' || left(md5({key}), 4))::integer % {buckets}",
}
RANGE_BUCKETS: Final = {
    Engine.POSTGRESQL: "coalesce(({key} / {stride}) % {buckets}, -1)",
    Engine.MYSQL: "coalesce(({key} div {stride}) % {buckets}, -1)",
    Engine.DUCKDB: "coalesce(({key} // {stride}) % {buckets}, -1)",
}
NATIVE_BUCKET: Final = "(hashtextextended({key}, 0) & {mask})::integer"
# The two numbers that a row adds to its bucket's sums.
# A checksum is linear: two rows that swap a field could cancel in a sum of it. The product is not.
POSTGRESQL_PAIRS: Final = {
    Digest.NATIVE: ("hash_array_extended(r.digest, 0)", "hash_array_extended(r.digest, 1)"),
    Digest.CRC: (
        "crc32(r.digest) * (crc32c(r.digest) >> 1)",
        "(crc32c(r.digest) << 31) # crc32(r.digest)",
    ),
    Digest.MD5: (
        "('x' || left(r.digest, 16))::bit(64)::bigint",
        "('x' || right(r.digest, 16))::bit(64)::bigint",
    ),
}
BYTE_PAIR: Final = ("substr(r.digest, 1, 8)::bigint", "substr(r.digest, 9, 8)::bigint")
MYSQL_PAIRS: Final = {
    Digest.CRC: (
        "(@one := crc32(@text := {text})) * ((@two := crc32c(@text)) >> 1)",
        "(@two << 31) ^ @one",
    ),
    Digest.MD5: (
        "cast(conv(left(@digest := md5({text}), 16), 16, 10) as unsigned)",
        "cast(conv(right(@digest, 16), 16, 10) as unsigned)",
    ),
}
BYTES_TO_INTEGER: Final = 18
"""The first PostgreSQL that reads a whole number from bytes: a third less work than from text."""


def buckets(plan: Plan, shape: Shape, lane: int = 0) -> str:
    """The sums per bucket.  lane: which share of the buckets, for an engine with several lanes."""
    first, second = _pair(plan, shape)
    return _filled(
        shape,
        "buckets",
        bucket=bucket_of(plan, shape),
        range_key=_key(shape) if plan.has_integer_key else "null",
        digest=_digest(plan, shape),
        digest_text=_row_text(plan, shape),
        first=first,
        second=second,
        lane=_lane(plan, shape, lane),
    )


def rows(plan: Plan, shape: Shape, wanted: Mapping[int, tuple[int, int] | None]) -> str:
    """The rows of the `wanted` buckets.  Each with the range of its integer keys, if it has one."""
    return _filled(
        shape,
        "rows",
        bucket=bucket_of(plan, shape),
        fields=", ".join(_named(_shown(plan, shape))),
        wanted=_wanted(plan, shape, wanted),
    )


def repeated_keys(plan: Plan, shape: Shape) -> str:
    keys = _shown(plan, shape)[: plan.key_fields]
    return _filled(shape, "repeated_keys", key=", ".join(keys), named=", ".join(_named(keys)))


def described(engine: Engine, query: str) -> str:
    return _template(engine, "described").format(query=bare(query))


def bare(query: str) -> str:
    """`query` as it may stand in brackets: its own closing semicolon and last comment harmless."""
    return query.strip().rstrip(";") + "\n"


def bucket_of(plan: Plan, shape: Shape) -> str:
    if plan.has_integer_key:
        form = RANGE_BUCKETS[shape.engine]
        return form.format(key=_key(shape), stride=STRIDE, buckets=BUCKETS)
    if plan.digest is Digest.NATIVE:
        return NATIVE_BUCKET.format(key=_key_text(plan, shape), mask=BUCKETS - 1)
    return TEXT_BUCKETS[shape.engine].format(key=_key_text(plan, shape), buckets=BUCKETS)


def _shown(plan: Plan, shape: Shape) -> list[str]:
    pairs = zip(shape.columns, plan.kinds, strict=True)
    return [canonical.shown(shape.engine, column, kind) for column, kind in pairs]


def _named(expressions: list[str]) -> list[str]:
    """Each with a name of its own: what an engine calls an expression may come twice."""
    return [f"{expression} as f{number}" for number, expression in enumerate(expressions)]


def _wanted(plan: Plan, shape: Shape, wanted: Mapping[int, tuple[int, int] | None]) -> str:
    bucket = bucket_of(plan, shape)
    listed = f"{bucket} in ({', '.join(str(number) for number in sorted(wanted))})"
    ranges = list(wanted.values())
    if not plan.has_integer_key or len(ranges) > RANGES_MAX:
        return listed
    if any(span is None or span[1] - span[0] >= STRIDE for span in ranges):
        return listed
    key = _key(shape)
    spans = (f"{key} between {span[0]} and {span[1]}" for span in ranges if span is not None)
    return f"({' or '.join(spans)})"


def _lane(plan: Plan, shape: Shape, lane: int) -> str:
    if lanes_of(plan, shape) == 1:
        return "true"
    return f"abs({bucket_of(plan, shape)}) % 2 = {lane}"


def lanes_of(plan: Plan, shape: Shape) -> int:
    """Two where one statement uses one core and the share of a row is cheap to tell, else one."""
    return 2 if shape.engine == Engine.MYSQL and plan.has_integer_key else 1


def _digest(plan: Plan, shape: Shape) -> str:
    """What PostgreSQL computes of a row once; `_pair` makes two numbers of it."""
    if plan.digest is Digest.NATIVE:
        pairs = zip(shape.columns, plan.left.columns, plan.right.columns, strict=True)
        fields = (
            canonical.native(column, is_same_type=one.type == other.type)
            for column, one, other in pairs
        )
        return f"array[record_send(row({', '.join(fields)}))]"
    text = _row_text(plan, shape)
    if plan.digest is Digest.CRC:
        return f"textsend({text})"
    return f"decode(md5({text}), 'hex')" if shape.version >= BYTES_TO_INTEGER else f"md5({text})"


def _pair(plan: Plan, shape: Shape) -> tuple[str, str]:
    """The two numbers that a row adds; DuckDB's stand in its template."""
    if shape.engine is Engine.MYSQL:
        first, second = MYSQL_PAIRS[plan.digest]
        return first.format(text=_row_text(plan, shape)), second
    if plan.digest is Digest.MD5 and shape.version >= BYTES_TO_INTEGER:
        return BYTE_PAIR
    return POSTGRESQL_PAIRS[plan.digest]


def _row_text(plan: Plan, shape: Shape) -> str:
    return _joined(plan, shape, len(shape.columns))


def _key_text(plan: Plan, shape: Shape) -> str:
    return _joined(plan, shape, plan.key_fields)


def _joined(plan: Plan, shape: Shape, count: int) -> str:
    pairs = list(zip(shape.columns, plan.kinds, strict=True))[:count]
    fields = (canonical.hashed(shape.engine, column, kind) for column, kind in pairs)
    return f"concat_ws('|', {', '.join(fields)})"


def _key(shape: Shape) -> str:
    return canonical.quoted(shape.engine, shape.columns[0].name)


def _filled(shape: Shape, template: str, **pieces: str) -> str:
    return _template(shape.engine, template).format(query=bare(shape.query), **pieces)


def _template(engine: Engine, name: str) -> str:
    sql: str = getattr(TEMPLATES[engine], name).sql
    return sql
