"""The statements of a comparison, filled in from the templates beside the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.migration.reconciliation.compare import canonical, digests
from trueup.migration.reconciliation.compare.model import Digest, Engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.db import Queries
    from trueup.migration.reconciliation.compare.model import Span
    from trueup.migration.reconciliation.compare.plan import Grain, Plan, Shape

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
EVERY_ROW: Final = "true"


def buckets(plan: Plan, shape: Shape, grain: Grain, share: str = EVERY_ROW) -> str:
    """The sums per bucket of the rows for which `share` is true."""
    is_checked = shape.engine is Engine.POSTGRESQL and plan.digest is Digest.CRC
    return _filled(
        shape,
        "buckets_of_checksums" if is_checked else "buckets",
        bucket=bucket_of(plan, shape, grain),
        range_key=key_of(shape) if plan.has_integer_key else "null",
        digest=digests.digest(plan, shape),
        digest_text=digests.row_text(plan, shape),
        sums=digests.sums(plan, shape),
        share=share,
    )


def rows(plan: Plan, shape: Shape, grain: Grain, wanted: Mapping[int, Span | None]) -> str:
    """The rows of the `wanted` buckets.  Each with the range of its integer keys, if it has one."""
    spans = spans_of(plan, grain, wanted)
    return _filled(
        shape,
        "rows",
        bucket=bucket_of(plan, shape, grain),
        fields=", ".join(_named(_shown(plan, shape))),
        wanted=within(shape, spans) if spans else _listed(plan, shape, grain, wanted),
    )


def spans_of(plan: Plan, grain: Grain, wanted: Mapping[int, Span | None]) -> list[Span]:
    """The ranges of keys of the `wanted` buckets; empty if an index does not serve to read them."""
    spans = [span for span in wanted.values() if span is not None]
    if not plan.has_integer_key or len(spans) < len(wanted) or len(spans) > RANGES_MAX:
        return []
    return [] if any(last - first >= grain.stride for first, last in spans) else spans


def within(shape: Shape, spans: Sequence[Span]) -> str:
    """That the key is in one of `spans`, of which there is at least one."""
    key = key_of(shape)
    return f"({' or '.join(f'{key} between {first} and {last}' for first, last in spans)})"


def repeated_keys(plan: Plan, shape: Shape) -> str:
    keys = _shown(plan, shape)[: plan.key_fields]
    return _filled(shape, "repeated_keys", key=", ".join(keys), named=", ".join(_named(keys)))


def described(engine: Engine, query: str) -> str:
    return _template(engine, "described").format(query=bare(query))


def bare(query: str) -> str:
    """`query` as it may stand in brackets: its own closing semicolon and last comment harmless."""
    return query.strip().rstrip(";") + "\n"


def bucket_of(plan: Plan, shape: Shape, grain: Grain) -> str:
    if plan.has_integer_key:
        form = RANGE_BUCKETS[shape.engine]
        return form.format(key=key_of(shape), stride=grain.stride, buckets=grain.buckets)
    key = digests.key_text(plan, shape)
    if plan.digest is Digest.NATIVE:
        return NATIVE_BUCKET.format(key=key, mask=grain.buckets - 1)
    return TEXT_BUCKETS[shape.engine].format(key=key, buckets=grain.buckets)


def key_of(shape: Shape) -> str:
    """The field that is the key, or its first part."""
    return canonical.quoted(shape.engine, shape.columns[0].name)


def _shown(plan: Plan, shape: Shape) -> list[str]:
    pairs = zip(shape.columns, plan.kinds, strict=True)
    return [canonical.shown(shape.engine, column, kind) for column, kind in pairs]


def _named(expressions: list[str]) -> list[str]:
    """Each with a name of its own: what an engine calls an expression may come twice."""
    return [f"{expression} as f{number}" for number, expression in enumerate(expressions)]


def _listed(plan: Plan, shape: Shape, grain: Grain, wanted: Mapping[int, Span | None]) -> str:
    numbers = ", ".join(str(number) for number in sorted(wanted))
    return f"{bucket_of(plan, shape, grain)} in ({numbers})"


def _filled(shape: Shape, template: str, **pieces: str) -> str:
    return _template(shape.engine, template).format(query=bare(shape.query), **pieces)


def _template(engine: Engine, name: str) -> str:
    sql: str = getattr(TEMPLATES[engine], name).sql
    return sql
