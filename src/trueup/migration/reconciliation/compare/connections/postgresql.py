"""A PostgreSQL database as one side, read through `trueup.db` in one read-only snapshot."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Self

from trueup.db import Database, Query
from trueup.kernel.errors import Defect, Refusal
from trueup.migration.reconciliation.compare import canonical, statements
from trueup.migration.reconciliation.compare.model import Column, Engine, Kind
from trueup.migration.reconciliation.errors import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.db import Tx

KINDS: Final = {
    "smallint": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "numeric": Kind.DECIMAL,
    "real": Kind.FLOAT,
    "double precision": Kind.FLOAT,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "time without time zone": Kind.TIME,
    "timestamp without time zone": Kind.TIMESTAMP,
    "timestamp with time zone": Kind.TIMESTAMP,
    "bytea": Kind.BYTES,
    "uuid": Kind.UUID,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
}
"""By PostgreSQL's own names; every other type is compared by its text."""

TEMPLATES: Final = statements.TEMPLATES[Engine.POSTGRESQL]


class PostgresqlConnection:
    """An open transaction as a side. tenant_id: None for a database that is not Trueup's."""

    engine = Engine.POSTGRESQL

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.version = int(tx.one(TEMPLATES.version).version) // 10_000

    @classmethod
    @contextmanager
    def open(cls, db: Database, *, tenant_id: int | None = None) -> Iterator[Self]:
        """One repeatable-read, read-only transaction for the life of the block."""
        with ExitStack() as stack:
            transaction = (
                db.owner_transaction() if tenant_id is None else db.transaction(tenant_id=tenant_id)
            )
            tx = stack.enter_context(transaction)
            tx.execute(TEMPLATES.snapshot)
            for statement in (TEMPLATES.dates, TEMPLATES.floats, TEMPLATES.compilation):
                tx.execute(statement)
            if tenant_id is not None:
                tx.execute(TEMPLATES.memory)
            yield cls(tx)

    def describe(self, query: str) -> tuple[Column, ...]:
        described = statements.described(self.engine, query)
        with _refusals():
            names = self.tx.fetch_arrow(_query("described", described)).schema.names
            types = ", ".join(
                f"pg_typeof(q.{canonical.quoted(self.engine, name)})::text as c{number}"
                for number, name in enumerate(names)
            )
            typed = TEMPLATES.typed.sql.format(types=types, query=statements.bare(query))
            found = self.tx.one(_query("typed", typed))
        return tuple(
            Column(name, KINDS.get(type_name, Kind.TEXT), type_name)
            for name, type_name in zip(names, found, strict=True)
        )

    def shares(self, query: str, key: str) -> tuple[str, ...]:
        del query, key  # PostgreSQL spreads one statement over its own workers
        return (statements.EVERY_ROW,)

    def rows(self, sql: str, lane: int = 0) -> list[tuple[object, ...]]:
        del lane
        with _refusals():
            return [tuple(row) for row in self.tx.many(_query("rows", sql))]

    def stream(self, sql: str, batch_rows: int) -> Iterator[list[tuple[object, ...]]]:
        with _refusals():
            yield from self.tx.stream(_query("rows", sql), batch_rows=batch_rows)


def _query(name: str, sql: str) -> Query:
    """`sql` as a named statement; its per cent signs are no parameters."""
    return Query(name=f"compare_{name}", comment="", sql=sql.replace("%", "%%"))


@contextmanager
def _refusals() -> Iterator[None]:
    """A query the server does not understand is its writer's, not a defect of ours."""
    try:
        yield
    except (Defect, Refusal) as error:
        if isinstance(error, QueryRefused):
            raise
        reason = str(error.fields.get("detail") or error.sentence)
        raise QueryRefused(engine="PostgreSQL", reason=reason) from error
