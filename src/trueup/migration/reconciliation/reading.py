"""The source's side: the snapshot as the pack's checks and controls read it, in DuckDB."""

from __future__ import annotations

from contextlib import contextmanager
from string import Template
from typing import TYPE_CHECKING, Any, Final, Self

import duckdb
import pyarrow as pa

from trueup.db import load_queries
from trueup.migration.reconciliation.comparable import DUCK_TYPES
from trueup.migration.reconciliation.compare.connections.duck import DuckConnection, open_duckdb
from trueup.migration.reconciliation.errors import CheckUnreadable
from trueup.migration.sources.snapshot import selection_of
from trueup.migration.sources.statements import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trueup.db import Query
    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.pack import CheckPack
    from trueup.migration.sources.snapshot import Snapshot

R = load_queries(__package__, "reading.sql")
SAMPLES_MAX: Final = 10
ASIDE = pa.schema(
    [
        ("entity", pa.string()),
        ("row_number", pa.int64()),
        ("source_key", pa.string()),
        ("bucket", pa.string()),
        ("reason", pa.string()),
    ]
)


class SourceReading:
    """One snapshot with the rows that a load set aside; every method reads, none changes either."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, pack: CheckPack) -> None:
        self._duck = duck
        self.pack = pack
        self.connection = DuckConnection(duck)

    @classmethod
    @contextmanager
    def open(cls, snapshot: Snapshot, pack: CheckPack) -> Iterator[Self]:
        """In bounded memory: the rest lies on disk until the block ends."""
        with open_duckdb() as duck:
            reading = cls(duck, pack)
            reading.prepare(snapshot)
            yield reading

    def prepare(self, snapshot: Snapshot) -> None:
        """Make the snapshot's tables readable under the pack's names, and the pack's macros."""
        for schema in ("source", "accepted", "read"):
            self._duck.execute(f"create schema {schema}")
        self._duck.execute(R.create_aside.sql)
        self._duck.execute(f"set variable source_time_zone = {literal(self.pack.time_zone)}")
        for table in snapshot.named(self.pack.names).tables:
            self._run(
                R.create_source,
                table=quoted(table.name),
                columns=selection_of(table),
                files=", ".join(literal(str(part.path)) for part in table.parts),
                first_rows=", ".join(str(part.first_row) for part in table.parts),
            )
        for name, value in self.pack.assumptions.items():
            self._run(R.create_assumption, name=name, value=literal(value))
        if self.pack.macros:
            self._checked("checks/macros.sql", self.pack.macros)

    def add_aside(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take note of rows set aside: entity, row_number, source_key, bucket, reason."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        noted = pa.Table.from_arrays(
            [pa.array(column, kind.type) for column, kind in zip(columns, ASIDE, strict=True)],
            schema=ASIDE,
        )
        self._duck.from_arrow(noted).insert_into("aside")

    def accept(self) -> None:
        """Make `accepted.<entity>`: the source rows of each entity without those set aside."""
        for declared in self.pack.entities.values():
            if declared.table:
                self._run(R.create_accepted, entity=declared.entity, table=quoted(declared.table))

    def read(self, entity: Entity, sql: str) -> None:
        """Run the check of `entity`.  Raises CheckUnreadable, also for fields it does not yield."""
        file = f"checks/{entity.name}.sql"
        self._expect(file, sql, {"source_key", "row_number", *entity.fields})
        declared = self.pack.entities.get(entity.name)
        has_status = declared is not None and declared.table and declared.status
        statuses = ""
        if declared and declared.table and declared.status:
            statuses = _filled(
                R.statuses, column=quoted(declared.status), table=quoted(declared.table)
            )
        statement = _filled(
            R.create_read,
            entity=entity.name,
            check=bare(sql),
            status="s.raw_status" if has_status else "cast(null as varchar)",
            statuses=statuses,
        )
        self._checked(file, statement)

    def forget(self, entity: Entity) -> None:
        """Free what `read` holds of `entity`; no other entity looks at it."""
        self._run(R.drop_read, entity=entity.name)

    def kept(self, entity: Entity, *, with_status: bool = True) -> str:
        """The query of what should have been loaded, in the types compared."""
        names = {"source_key": "varchar"} | {
            name: DUCK_TYPES[kind] for name, kind in entity.fields.items()
        }
        fields = [f"cast(r.{name} as {kind}) as {name}" for name, kind in names.items()]
        if with_status and not entity.parent:
            fields.append("r.source_status")
        return _filled(
            R.kept,
            entity=entity.name,
            accounted=self.accounted(entity),
            fields=", ".join(fields),
        )

    def accounted(self, entity: Entity) -> str:
        """The entity by whose rows this one is set aside: a child's, if it lies in its parent's."""
        if entity.parent and entity.name not in self.pack.entities:
            return entity.parent
        return entity.name

    def control(self, measure: str, sql: str) -> str:
        """The query of a measure by customer, currency and part.  Raises CheckUnreadable."""
        file = f"controls/{measure}.sql"
        found = self._expect(file, sql, {"customer_key", "currency", "amount_micros"}, {"part"})
        part = "coalesce(cast(part as varchar), '')" if "part" in found else "''"
        return self._stored(file, measure, _filled(R.control, control=bare(sql), part=part))

    def next_bill(self, sql: str) -> str:
        """The query of next bills by subscription.  Raises CheckUnreadable."""
        file = "controls/next_bill.sql"
        self._expect(file, sql, {"source_key", "next_bill_at", "currency", "amount_micros"})
        return self._stored(file, "next_bill", _filled(R.next_bill, control=bare(sql)))

    def rows(self, query: Query, **pieces: str) -> list[tuple[Any, ...]]:
        return self._run(query, **pieces).fetchall()

    def _stored(self, file: str, name: str, statement: str) -> str:
        """Run once what is asked for several times."""
        self._checked(file, f"create or replace table read.control_{name} as {statement}")
        return f"from read.control_{name}"

    def _expect(
        self, file: str, sql: str, names: set[str], optional: set[str] | None = None
    ) -> set[str]:
        described = self._checked(file, f"describe {bare(sql)}").fetchall()
        found = {str(row[0]) for row in described}
        missing, unknown = names - found, found - names - (optional or set())
        if missing or unknown:
            reason = f"missing fields {sorted(missing)}, unknown fields {sorted(unknown)}"
            raise CheckUnreadable(file=file, reason=reason)
        return found

    def _checked(self, file: str, statement: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._duck.execute(statement)
        except duckdb.Error as error:
            raise CheckUnreadable(file=file, reason=str(error).splitlines()[0]) from error

    def _run(self, query: Query, **pieces: str) -> duckdb.DuckDBPyConnection:
        return self._duck.execute(_filled(query, **pieces))


def bare(sql: str) -> str:
    """`sql` as it may stand in brackets."""
    return sql.strip().rstrip(";") + "\n"


def _filled(query: Query, **pieces: str) -> str:
    return Template(query.sql).substitute(pieces)
