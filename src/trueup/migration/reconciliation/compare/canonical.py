"""Canonical expressions: how each engine writes a value so that all engines agree on it."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.reconciliation.compare.model import Engine, Kind
from trueup.migration.reconciliation.errors import TypesDiffer

if TYPE_CHECKING:
    from trueup.migration.reconciliation.compare.model import Column

FORMS: Final[dict[str, Any]] = tomllib.loads(
    resources.files(__package__ or "").joinpath("kinds.toml").read_text(encoding="utf-8")
)

UNSIZED: Final = frozenset({Kind.TEXT, Kind.JSON})
"""Kinds whose text may hold anything, the separator too: hashed with their length before them."""

COMMON: Final = {
    frozenset({Kind.INTEGER, Kind.DECIMAL}): Kind.DECIMAL,
    frozenset({Kind.INTEGER, Kind.BOOLEAN}): Kind.INTEGER,
    frozenset({Kind.DATE, Kind.TIMESTAMP}): Kind.TIMESTAMP,
    frozenset({Kind.TEXT, Kind.UUID}): Kind.TEXT,
    frozenset({Kind.TEXT, Kind.JSON}): Kind.JSON,
}
"""What two different kinds are compared as. All other pairs are refused."""

AS_THEY_ARE: Final = frozenset(
    {"smallint", "integer", "bigint", "text", "character varying", "timestamp with time zone"}
)
"""PostgreSQL's types in which equal values are equal bytes, and nothing else is."""

LENGTHS: Final = {
    Engine.POSTGRESQL: "octet_length({text})::text",
    Engine.MYSQL: "length({text})",
    Engine.DUCKDB: "strlen({text})::varchar",
}
BYTES_TO_INTEGER: Final = 18
"""The first PostgreSQL that reads a whole number from bytes: much less work than from text."""

QUOTES: Final = {Engine.POSTGRESQL: '"', Engine.MYSQL: "`", Engine.DUCKDB: '"'}


def common_kind(left: Column, right: Column, *, is_same_engine: bool) -> Kind:
    """The kind both fields are compared as.  Raises TypesDiffer when there is none."""
    if left.kind == right.kind:
        if FORMS[left.kind].get("same_engine") and not is_same_engine:
            raise TypesDiffer(field=left.name, left=left.kind, right=right.kind)
        return left.kind
    common = COMMON.get(frozenset({left.kind, right.kind}))
    if common is None:
        raise TypesDiffer(field=left.name, left=left.kind, right=right.kind)
    return common


def quoted(engine: Engine, name: str) -> str:
    quote = QUOTES[engine]
    return quote + name.replace(quote, quote * 2) + quote


def shown(engine: Engine, column: Column, kind: Kind) -> str:
    """The field's canonical text: what a person is shown, and NULL for NULL."""
    return _written(column, kind, str(engine)).format(f=quoted(engine, column.name))


def hashed(engine: Engine, version: int, column: Column, kind: Kind) -> str:
    """The field as it goes into the hash, in parts to join; NULL is `!`.

    A text has its length in bytes before it, so it can neither imitate NULL nor run into its
    neighbour: ("ab", "c") and ("a", "bc") differ.  The other kinds never hold `!` or the separator.
    """
    dialect = f"{engine}{BYTES_TO_INTEGER}" if reads_bytes(engine, version) else str(engine)
    forms = (f"{dialect}_{column.type}", f"{engine}_hashed", str(engine))
    text = _written(column, kind, *forms).format(f=quoted(engine, column.name))
    if kind not in UNSIZED:
        return f"coalesce({text}, '!')"
    # What joins them leaves out a text that is NULL.
    return f"coalesce({LENGTHS[engine].format(text=text)}, '!'), {text}"


def reads_bytes(engine: Engine, version: int) -> bool:
    return engine is Engine.POSTGRESQL and version >= BYTES_TO_INTEGER


def native(column: Column, *, is_same_type: bool) -> str:
    """The field as PostgreSQL hashes it when it hashes both sides; cast only where needed."""
    name = quoted(Engine.POSTGRESQL, column.name)
    if is_same_type and column.type in AS_THEY_ARE:
        return name
    form: str = FORMS["native"][column.kind]
    return form.format(f=name)


def _written(column: Column, kind: Kind, *forms: str) -> str:
    """The first of `forms` that there is."""
    # A boolean beside an integer is written as its own kind: 1 and 0, as the integer's text is.
    known: dict[str, str] = FORMS[column.kind if column.kind == Kind.BOOLEAN else kind]
    return next(known[form] for form in forms if form in known)
