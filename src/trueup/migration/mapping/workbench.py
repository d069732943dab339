"""Where source rows become canonical records: one DuckDB over one snapshot and one pack.

The snapshot is read in parts, a part is mapped in bounded memory, and what became of each record
is kept on disk for the records that refer to it. The same snapshot, pack and `as_of` give the same
records, row by row, so a load that was cut off can walk the finished parts again without writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import duckdb
import pyarrow as pa  # noqa: TC002  DuckDB reads the annotations of its functions
from duckdb.func import PythonUDFType

from trueup.db import load_queries
from trueup.kernel.cards import contain_card_numbers
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.errors import TrueupError
from trueup.kernel.ids import IMPORTED_NAMESPACE, SEPARATOR
from trueup.migration.mapping.canonical import CANONICAL, REFERRED_TO
from trueup.migration.mapping.compiler import (
    Plan,
    compile_plan,
    digest_of,
    link_of,
    mapped_rows,
    piece,
    quoted,
)
from trueup.migration.mapping.errors import (
    ColumnsMissing,
    PackDoesNotFit,
    PackUnreadable,
    TablesMissing,
    TablesUnclaimed,
    UnknownValues,
)
from trueup.migration.mapping.memory import (
    Memory,
    give_back_memory,
    noting_chunk,
    noting_survey,
)
from trueup.migration.mapping.rules import literal
from trueup.migration.mapping.shape import Shape, fitting_shape
from trueup.migration.sources.snapshot import selection_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from trueup.db import Query
    from trueup.migration.mapping.model import Canonical, EntityMapping, Pack
    from trueup.migration.sources.snapshot import Part, Snapshot, Table

S = load_queries(__package__, "statements.sql")
MACROS = load_queries(__package__, "macros.sql")

CHAIN_MAX: Final = 100
"""How long a chain of merged or of dependent records may be."""

SURVEY_ROWS: Final = 400_000
"""Keys compared with each other at once: some 40 MB of them."""

DERIVED: Final = -1
"""The chunk of records that stand for no row of their own."""


@dataclass(frozen=True, slots=True)
class MappedChunk:
    """One chunk in target shape.

    rows: by target table, parents first.  crosswalk, set_aside: as migration keeps them.
    """

    entity: str
    index: int
    rows: Mapping[str, pa.Table]
    crosswalk: pa.Table
    set_aside: pa.Table

    @property
    def loaded(self) -> int:
        return int(self.crosswalk.num_rows)

    def count(self, bucket: str) -> int:
        """Rows of the chunk that were set aside into `bucket`."""
        return int(self.set_aside.column("bucket").to_pylist().count(bucket))


class Workbench:
    """Maps a snapshot by a pack. Its methods belong to one thread; `desk()` gives others theirs.

    as_of: what lies after it is the future, which history cannot hold.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        pack: Pack,
        *,
        tenant_id: int,
        source: str,
        as_of: datetime,
        scratch: Path,
    ) -> None:
        self.snapshot = snapshot.named(pack.names)
        self.pack = pack
        self.as_of = as_of
        self.id_prefix = f"{tenant_id}{SEPARATOR}{source}{SEPARATOR}"
        self._shapes: dict[tuple[str, bool], Shape] = {}
        self._has_begun = False
        self.memory = Memory.open(
            scratch, self.id_prefix, self.snapshot.hash, pack.hash, as_of.isoformat()
        )
        self._con = self.memory.connection
        _teach_card_numbers(self._con)
        self.snapshot.attach(self._con, schema="source")
        try:
            self._own = Desk(self, self._con)
        except TrueupError:
            self.memory.close(is_done=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What a refused pack leaves is of no use to the next run, which begins at another instant.
        self.memory.close(is_done=error is None or not self._has_begun)

    def desk(self) -> Desk:
        """A place to map chunks at, for one thread."""
        return Desk(self, self._con.cursor())

    def check_fit(self) -> None:
        """Hold the pack against the snapshot before anything is loaded.

        Raises TablesMissing, TablesUnclaimed, ColumnsMissing, UnknownValues (all at once),
        PackDoesNotFit.
        """
        self.check_names()
        self._check_values()
        for mapping in self.pack.entities:
            for index in (DERIVED, 0):
                if self._statement_of(mapping, index):
                    self.shape(mapping, is_derived=index == DERIVED)

    def check_names(self) -> None:
        """Raises TablesMissing, TablesUnclaimed, ColumnsMissing."""
        self._check_tables()
        self._check_columns()

    def chunks(self, mapping: EntityMapping) -> tuple[int, ...]:
        """The chunks of an entity in order: its derived records, then the parts of its table."""
        parts = self.snapshot.table(mapping.table).parts if mapping.table else ()
        derived = (DERIVED,) if mapping.derived_sql else ()
        return (*derived, *range(len(parts)))

    def shape(self, mapping: EntityMapping, *, is_derived: bool) -> Shape:
        """What the pack yields for the entity.  Raises PackDoesNotFit."""
        key = (mapping.entity, is_derived)
        if key not in self._shapes:
            if is_derived:
                self._own.open_nothing()
            else:
                self._own.open_table(self.snapshot.table(str(mapping.table)))
            self._shapes[key] = fitting_shape(self._con, mapping, is_derived=is_derived)
        return self._shapes[key]

    def survey(self, mapping: EntityMapping) -> None:
        """Find what only the whole table shows: repeated keys and values, broken own references."""
        self._has_begun = True
        if not mapping.table or self.memory.is_surveyed(mapping.entity):
            return
        shape = self.shape(mapping, is_derived=False)
        self._own.open_table(self.snapshot.table(mapping.table))
        with noting_survey(self._con, mapping.entity):
            self._survey(mapping, shape)
        self._own.run(S.forget_chunk)
        give_back_memory()

    def _survey(self, mapping: EntityMapping, shape: Shape) -> None:
        canonical = CANONICAL[mapping.entity]
        pieces = {
            "entity": mapping.entity,
            "mapped": mapped_rows(mapping, canonical, shape, is_derived=False),
        }
        digest = digest_of(canonical, shape)
        if self._doubts(mapping, "source_key", pieces["mapped"]):
            self._own.run(S.find_repeated_keys, **pieces, field="source_key", digest=digest)
        for field in canonical.fields:
            is_given = field.is_unique and field.name in shape.columns
            if is_given and self._doubts(mapping, field.name, pieces["mapped"]):
                same = digest if field.merges_replays else "null"
                self._own.run(S.find_repeated_values, **pieces, field=field.name, digest=same)
        if canonical.refers_to_itself:
            self._survey_own_references(mapping, shape)

    def _doubts(self, mapping: EntityMapping, field: str, mapped: str) -> int:
        """How many values of `field` more than one row has; they are in `doubtful` then."""
        self._own.run(S.open_doubts)
        shares = max(1, -(-self.snapshot.table(str(mapping.table)).rows // SURVEY_ROWS))
        found = 0
        for share in range(shares):
            pieces = {"field": field, "mapped": mapped, "shares": str(shares), "share": str(share)}
            ((doubtful,),) = self._own.run(S.doubt, **pieces).fetchall()
            found += doubtful
        return found

    def finish(self, mapping: EntityMapping) -> None:
        """Settle what merged records stand for, once all chunks of the entity are remembered."""
        self._settle(S.resolve_merged, mapping)

    def links(self, mapping: EntityMapping) -> pa.Table | None:
        """Id and parent id of loaded records that refer to their own kind; None if none can.

        Columns are named as the target's.
        """
        link = link_of(CANONICAL[mapping.entity])
        if link is None or not mapping.table:
            return None
        if link["field"] not in self.shape(mapping, is_derived=False).columns:
            return None
        pieces = {"entity": mapping.entity, "id": link["id"], "column": link["column"]}
        return self._own.run(S.export_links, **pieces).to_arrow_table()

    def _survey_own_references(self, mapping: EntityMapping, shape: Shape) -> None:
        """What becomes of each record of a kind that refers to itself, before any is loaded."""
        plan = compile_plan(mapping, shape, is_derived=False, sees_itself=False)
        self._own.judge(plan)
        self._own.run(S.remember, entity=plan.entity)
        self._settle(S.resolve_merged, mapping)
        link = link_of(CANONICAL[mapping.entity])
        if link is None or link["field"] not in shape.columns:
            return
        self._own.run(S.own_references, entity=plan.entity, field=link["field"])
        self._settle(S.cascade, mapping)
        for statement in (S.find_loops, S.reject_loops):
            self._own.run(statement, entity=plan.entity, field=link["field"])

    def _settle(self, statement: Query, mapping: EntityMapping) -> None:
        """Run an update of what is known until it changes nothing.

        Each run settles at least one record for good, so it ends; the bound is on a chain's length.
        """
        for _ in range(CHAIN_MAX):
            ((changed,),) = self._own.run(statement, entity=mapping.entity).fetchall()
            if not changed:
                return
        raise PackDoesNotFit(
            entity=mapping.entity, problem=f"its records refer to each other {CHAIN_MAX} deep"
        )

    def _check_tables(self) -> None:
        held = {table.name for table in self.snapshot.tables}
        claimed = {each.table for each in self.pack.entities if each.table}
        claimed |= {each.table for each in self.pack.tables_set_aside}
        if missing := sorted(claimed - held):
            raise TablesMissing(tables=missing, held=sorted(held))
        if unclaimed := sorted(held - claimed):
            raise TablesUnclaimed(tables=unclaimed)

    def _check_columns(self) -> None:
        held = {
            f"{table.name}.{column.name}"
            for table in self.snapshot.tables
            for column in table.columns
        }
        if missing := sorted(self.pack.named_columns - held):
            raise ColumnsMissing(columns=missing)

    def _check_values(self) -> None:
        unknown: dict[str, Sequence[tuple[str, int]]] = {}
        for each in self.pack.maps:
            known = ", ".join(literal(value) for value in each.values)
            found = self._own.run(
                S.observed_values,
                column=quoted(each.column),
                table=quoted(each.table),
                known=f"[{known}]",
            ).fetchall()
            if found:
                unknown[f"{each.table}.{each.column}"] = found
        if unknown:
            raise UnknownValues(unknown=unknown)

    @staticmethod
    def _statement_of(mapping: EntityMapping, index: int) -> str | None:
        return mapping.derived_sql if index == DERIVED else mapping.sql


class Desk:
    """Maps one chunk at a time for one thread. `map_chunk`, then `remember` once it is safe."""

    def __init__(self, workbench: Workbench, con: duckdb.DuckDBPyConnection) -> None:
        self._workbench = workbench
        self._con = con
        self._prepare()

    def map_chunk(self, mapping: EntityMapping, index: int) -> MappedChunk:
        """The chunk in target shape. index: from `Workbench.chunks`.

        Raises PackDoesNotFit if the pack does not yield each source row exactly once.
        """
        plan = self._judged(mapping, index)
        self._check_rows(mapping, index)
        rows = {
            CANONICAL[plan.entity].target: self._arrow(
                S.export_records, id=plan.id, columns=plan.columns
            )
        }
        for child in plan.children:
            pieces = {name: text for name, text in child.items() if name != "target"}
            rows[child["target"]] = self._arrow(S.export_children, **pieces)
        mapped = MappedChunk(
            entity=plan.entity,
            index=index,
            rows=rows,
            crosswalk=self._arrow(S.export_crosswalk, entity=plan.entity),
            set_aside=self._arrow(S.export_set_aside, entity=plan.entity),
        )
        self._forget()
        return mapped

    def remember(self, mapping: EntityMapping, index: int) -> None:
        """Keep what became of the chunk just mapped, for the records that refer to it.

        Known already is enough: a target that was restored may have lost what it had committed.
        """
        canonical = CANONICAL[mapping.entity]
        is_remembered = self._workbench.memory.is_remembered(mapping.entity, index)
        if _is_referred_to(canonical) and not is_remembered:
            with noting_chunk(self._con, mapping.entity, index):
                self.run(S.remember, entity=mapping.entity)

    def recall(self, mapping: EntityMapping, index: int) -> None:
        """Know what became of a chunk that is loaded already, mapping it again only if need be."""
        if not _is_referred_to(CANONICAL[mapping.entity]):
            return
        if not self._workbench.memory.is_remembered(mapping.entity, index):
            self._judged(mapping, index)
            self._forget()
            self.remember(mapping, index)

    def judge(self, plan: Plan) -> None:
        """Judge the open rows by `plan` into the tables `judged` and `aside`."""
        self.run(S.judge, **plan.judge)
        self.run(S.set_aside, **plan.set_aside)
        self.run(S.outcome, currency=plan.set_aside["currency"])

    def open_table(self, table: Table) -> None:
        """Make `chunk` all rows of the table, numbered by their position in it."""
        self.run(S.open_parts, parts=_rows_of(table, table.parts))

    def open_part(self, table: Table, index: int) -> None:
        """Make `chunk` the rows of one part, numbered by their position in the table."""
        self.run(S.open_parts, parts=_rows_of(table, [table.parts[index]]))

    def open_nothing(self) -> None:
        """Make `chunk` empty: derived records read the source's tables alone."""
        self.run(S.open_nothing)

    def run(self, query: Query, **pieces: str) -> duckdb.DuckDBPyConnection:
        """Run a statement with its pieces in place."""
        return self._con.execute(piece(query, **pieces))

    def _judged(self, mapping: EntityMapping, index: int) -> Plan:
        is_derived = index == DERIVED
        shape = self._workbench.shape(mapping, is_derived=is_derived)
        plan = compile_plan(mapping, shape, is_derived=is_derived)
        if is_derived:
            self.open_nothing()
        else:
            self.open_part(self._workbench.snapshot.table(str(mapping.table)), index)
        try:
            self.judge(plan)
        except duckdb.OperationalError:  # the machine's doing, not the pack's
            raise
        except duckdb.Error as error:
            raise PackDoesNotFit(entity=mapping.entity, problem=str(error)) from error
        return plan

    def _forget(self) -> None:
        """Drop the chunk's tables: while it is written they would only take room."""
        self.run(S.forget_chunk)
        give_back_memory()

    def _check_rows(self, mapping: EntityMapping, index: int) -> None:
        ((judged, rows, keys),) = self.run(S.count_judged).fetchall()
        if index == DERIVED:
            if keys != judged:
                raise PackDoesNotFit(
                    entity=mapping.entity, problem=f"{judged} derived records share {keys} keys"
                )
            return
        expected = self._workbench.snapshot.table(str(mapping.table)).parts[index].rows
        if not judged == rows == expected:
            raise PackDoesNotFit(
                entity=mapping.entity,
                problem=f"it yields {judged} rows for {expected} rows of {mapping.table}: each row "
                "once, so join only what is unique and use left joins",
            )

    def _arrow(self, query: Query, **pieces: str) -> pa.Table:
        return self.run(query, **pieces).to_arrow_table()

    def _prepare(self) -> None:
        pack, con = self._workbench.pack, self._con
        con.execute("set timezone = 'UTC'")
        con.execute("set variable id_namespace = ?::blob", [IMPORTED_NAMESPACE.bytes])
        con.execute("set variable id_prefix = ?", [self._workbench.id_prefix])
        con.execute("set variable source_time_zone = ?", [pack.source_time_zone])
        con.execute("set variable as_of = ?::timestamptz", [self._workbench.as_of.isoformat()])
        for exponent in (0, 2, 3, 4):
            codes = [code for code, each in CURRENCIES.items() if each.exponent == exponent]
            con.execute(f"set variable steps_of_{exponent} = ?", [codes])
        for macro in MACROS:
            con.execute(macro.sql)
        for each in pack.maps:
            self.run(S.map_macro, map=each.name, arms=_map_arms(each.values))
        for assumed in pack.assumptions:
            self.run(S.assumption_macro, name=assumed.name, value=literal(assumed.value))
        try:
            con.execute(pack.macros or "")
        except duckdb.Error as error:
            self._workbench.check_names()  # a table that is not there explains it better
            raise PackUnreadable(path=pack.path, problems=[f"macros.sql: {error}"]) from error


def _is_referred_to(canonical: Canonical) -> bool:
    """Whether records ask what became of this kind's; of its own kind the survey knows."""
    return canonical.name in REFERRED_TO and not canonical.refers_to_itself


def _teach_card_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """The kernel's card number search as functions of DuckDB; all cursors share them."""

    def lone(texts: pa.ChunkedArray) -> pa.BooleanArray:
        return contain_card_numbers(texts, is_token=True)

    def anywhere(texts: pa.ChunkedArray) -> pa.BooleanArray:
        return contain_card_numbers(texts)

    for name, function in (("any_card_number", anywhere), ("lone_card_number", lone)):
        con.create_function(name, function, ["VARCHAR"], "BOOLEAN", type=PythonUDFType.ARROW)


def _rows_of(table: Table, parts: Sequence[Part]) -> str:
    files = [literal(str(part.path)) for part in parts]
    columns = selection_of(table)
    if len(parts) == 1:
        return piece(
            S.piece_part, columns=columns, first_row=str(parts[0].first_row), file=files[0]
        )
    numbers = zip(files, parts, strict=True)
    return piece(
        S.piece_parts,
        columns=columns,
        files=", ".join(files),
        first_rows=", ".join(f"({file}, {part.first_row})" for file, part in numbers),
    )


def _map_arms(values: Mapping[str, str]) -> str:
    return " ".join(
        f"when {literal(value)} then {literal(target)}" for value, target in values.items()
    )
