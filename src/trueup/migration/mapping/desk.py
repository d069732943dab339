"""Where one thread maps chunks: the pack's statement, the judgement, and Arrow in target shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from trueup.db import load_queries
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import IMPORTED_NAMESPACE
from trueup.migration.mapping.canonical import CANONICAL, REFERRED_TO
from trueup.migration.mapping.compiler import Plan, compile_plan, piece
from trueup.migration.mapping.errors import PackDoesNotFit, PackUnreadable
from trueup.migration.mapping.memory import give_back_memory, noting_chunk
from trueup.migration.mapping.rules import literal
from trueup.migration.sources.snapshot import selection_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from trueup.db import Query
    from trueup.migration.mapping.model import Canonical, EntityMapping
    from trueup.migration.mapping.workbench import Workbench
    from trueup.migration.sources.snapshot import Part, Table

S = load_queries(__package__, "statements.sql")
MACROS = load_queries(__package__, "macros.sql")

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


class Desk:
    """Maps one chunk at a time for one thread. `map_chunk`, then `remember` once it is safe.

    Before an entity's first chunk its table is looked through (`survey.survey`).
    """

    def __init__(self, workbench: Workbench, con: duckdb.DuckDBPyConnection) -> None:
        self.workbench = workbench
        self.con = con
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
        self.forget()
        return mapped

    def remember(self, mapping: EntityMapping, index: int) -> None:
        """Keep what became of the chunk just mapped, for the records that refer to it.

        Known already is enough: a target that was restored may have lost what it had committed.
        """
        canonical = CANONICAL[mapping.entity]
        is_remembered = self.workbench.memory.is_remembered(mapping.entity, index)
        if _is_referred_to(canonical) and not is_remembered:
            with noting_chunk(self.con, mapping.entity, index):
                self.run(S.remember, entity=mapping.entity)

    def recall(self, mapping: EntityMapping, index: int) -> None:
        """Know what became of a chunk that is loaded already, mapping it again only if need be."""
        if not _is_referred_to(CANONICAL[mapping.entity]):
            return
        if not self.workbench.memory.is_remembered(mapping.entity, index):
            self._judged(mapping, index)
            self.forget()
            self.remember(mapping, index)

    def judge(self, plan: Plan) -> None:
        """Judge the open rows by `plan` into the tables `judged` and `aside`."""
        self.run(S.judge, **plan.judge)
        self.run(S.set_aside, **plan.set_aside)
        self.run(S.outcome, currency=plan.set_aside["currency"])

    def open_table(self, table: Table) -> None:
        """Make `chunk` all rows of the table, numbered by their position in it."""
        self.run(S.open_parts, parts=_rows_of(table, table.parts))

    def open_doubtful_rows(self, table: Table) -> None:
        """Make `chunk` the rows of the table that `doubtful_row` names."""
        self.run(S.open_doubtful_rows, parts=_rows_of(table, table.parts))

    def open_part(self, table: Table, index: int) -> None:
        """Make `chunk` the rows of one part, numbered by their position in the table."""
        self.run(S.open_parts, parts=_rows_of(table, [table.parts[index]]))

    def open_nothing(self) -> None:
        """Make `chunk` empty: derived records read the source's tables alone."""
        self.run(S.open_nothing)

    def run(self, query: Query, **pieces: str) -> duckdb.DuckDBPyConnection:
        """Run a statement with its pieces in place."""
        return self.con.execute(piece(query, **pieces))

    def _judged(self, mapping: EntityMapping, index: int) -> Plan:
        is_derived = index == DERIVED
        shape = self.workbench.shape(mapping, is_derived=is_derived)
        plan = compile_plan(mapping, shape, is_derived=is_derived)
        if is_derived:
            self.open_nothing()
        else:
            self.open_part(self.workbench.snapshot.table(str(mapping.table)), index)
        try:
            self.judge(plan)
        except duckdb.OperationalError:  # the machine's doing, not the pack's
            raise
        except duckdb.Error as error:
            raise PackDoesNotFit(entity=mapping.entity, problem=str(error)) from error
        return plan

    def forget(self) -> None:
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
        expected = self.workbench.snapshot.table(str(mapping.table)).parts[index].rows
        if not judged == rows == expected:
            raise PackDoesNotFit(
                entity=mapping.entity,
                problem=f"it yields {judged} rows for {expected} rows of {mapping.table}: each row "
                "once, so join only what is unique and use left joins",
            )

    def _arrow(self, query: Query, **pieces: str) -> pa.Table:
        return self.run(query, **pieces).to_arrow_table()

    def _prepare(self) -> None:
        pack, con = self.workbench.pack, self.con
        con.execute("set timezone = 'UTC'")
        con.execute("set variable id_namespace = ?::blob", [IMPORTED_NAMESPACE.bytes])
        con.execute("set variable id_prefix = ?", [self.workbench.id_prefix])
        con.execute("set variable source_time_zone = ?", [pack.source_time_zone])
        con.execute("set variable as_of = ?::timestamptz", [self.workbench.as_of.isoformat()])
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
            self.workbench.check_names()  # a table that is not there explains it better
            raise PackUnreadable(path=pack.path, problems=[f"macros.sql: {error}"]) from error


def _is_referred_to(canonical: Canonical) -> bool:
    """Whether records ask what became of this kind's; of its own kind the survey knows."""
    return canonical.name in REFERRED_TO and not canonical.refers_to_itself


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
