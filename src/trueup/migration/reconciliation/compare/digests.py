"""Row hashes: what each engine computes of a row, and the numbers that it adds to its bucket.

The text of a row and its digest are the same in all engines, so are the numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.reconciliation.compare import canonical
from trueup.migration.reconciliation.compare.model import Digest, Engine

if TYPE_CHECKING:
    from trueup.migration.reconciliation.compare.plan import Plan, Shape

# Numbers are summed, so that a row there twice does not vanish. Of two checksums the product is
# put together by XOR, which costs MariaDB a tenth of a sum of large numbers, and they themselves
# are summed. A checksum is linear: two rows that swap a field could cancel in a sum of it, or an
# XOR. The product is not.
POSTGRESQL_SUMS: Final = {
    Digest.NATIVE: (
        "sum(hash_array_extended(array[r.digest], 0))::text",
        "sum(hash_array_extended(array[r.digest], 1))::text",
    ),
    Digest.CRC: (
        "bit_xor(r.first * (r.second >> 1))",
        "sum(r.first)::text",
        "sum(r.second)::text",
    ),
    Digest.MD5: (
        "sum(('x' || left(r.digest, 16))::bit(64)::bigint)::text",
        "sum(('x' || right(r.digest, 16))::bit(64)::bigint)::text",
    ),
}
# Since it reads bytes. The hash of an array of one, which older ones know, is the one's and 31.
BYTE_SUMS: Final = {
    **POSTGRESQL_SUMS,
    Digest.NATIVE: (
        "(sum(hashbyteaextended(r.digest, 0)) + 31 * count(*))::text",
        "(sum(hashbyteaextended(r.digest, 1)) + 31 * count(*))::text",
    ),
    Digest.MD5: (
        "sum(substr(r.digest, 1, 8)::bigint)::text",
        "sum(substr(r.digest, 9, 8)::bigint)::text",
    ),
}
# The text is made once, for the first number; the others read what the first has kept. Sums of
# doubles cost a third of sums of decimals and are as exact up to two million rows a bucket.
MYSQL_SUMS: Final = {
    Digest.CRC: (
        "bit_xor(crc32(@text := {text}) * (crc32c(@text) >> 1))",
        "sum(crc32(@text) * 1e0)",
        "sum(crc32c(@text) * 1e0)",
    ),
    Digest.MD5: (
        "sum(cast(conv(left(@digest := md5({text}), 16), 16, 10) as unsigned))",
        "sum(cast(conv(right(@digest, 16), 16, 10) as unsigned))",
    ),
}
SEPARATORS: Final = {
    Engine.POSTGRESQL: "'|'",
    # Of bytes, and so is all that it joins: collations that do not mix never meet.
    Engine.MYSQL: "cast('|' as binary)",
    Engine.DUCKDB: "'|'",
}


def row_text(plan: Plan, shape: Shape) -> str:
    """The whole row as one text."""
    return _joined(plan, shape, len(shape.columns))


def key_text(plan: Plan, shape: Shape) -> str:
    return _joined(plan, shape, plan.key_fields)


def digest(plan: Plan, shape: Shape) -> str:
    """What PostgreSQL computes of a row once; `sums` makes numbers of it."""
    if plan.digest is Digest.NATIVE:
        pairs = zip(shape.columns, plan.left.columns, plan.right.columns, strict=True)
        fields = (
            canonical.native(column, is_same_type=one.type == other.type)
            for column, one, other in pairs
        )
        return f"record_send(row({', '.join(fields)}))"
    text = row_text(plan, shape)
    if plan.digest is Digest.CRC:
        return f"textsend({text})"
    return (
        f"decode(md5({text}), 'hex')"
        if canonical.reads_bytes(shape.engine, shape.version)
        else f"md5({text})"
    )


def sums(plan: Plan, shape: Shape) -> str:
    """The numbers of a bucket: equal buckets have equal ones.  DuckDB's are in its template."""
    named = (f"{form} as number{place}" for place, form in enumerate(_sums(plan, shape)))
    return ", ".join(named).format(text=row_text(plan, shape))


def _sums(plan: Plan, shape: Shape) -> tuple[str, ...]:
    if shape.engine is Engine.MYSQL:
        return MYSQL_SUMS[plan.digest]
    if canonical.reads_bytes(shape.engine, shape.version):
        return BYTE_SUMS[plan.digest]
    return POSTGRESQL_SUMS[plan.digest]


def _joined(plan: Plan, shape: Shape, count: int) -> str:
    pairs = list(zip(shape.columns, plan.kinds, strict=True))[:count]
    fields = (canonical.hashed(shape.engine, shape.version, *pair) for pair in pairs)
    return f"concat_ws({SEPARATORS[shape.engine]}, {', '.join(fields)})"
