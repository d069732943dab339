"""What only a whole table shows: repeated keys and values, chains of records and of mergers.

A table is surveyed before its first chunk is mapped, and its mergers are settled after its last
one is remembered. Both may run beside other desks that map other entities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.compiler import compile_plan, digest_of, link_of, mapped_rows
from trueup.migration.mapping.errors import PackDoesNotFit
from trueup.migration.mapping.memory import noting_survey

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Query
    from trueup.migration.mapping.desk import Desk
    from trueup.migration.mapping.model import EntityMapping
    from trueup.migration.mapping.shape import Shape

S = load_queries(__package__, "statements.sql")

CHAIN_MAX: Final = 100
"""How long a chain of merged or of dependent records may be."""

SURVEY_ROWS: Final = 1_200_000
"""Fingerprints compared with each other at once: some 50 MB of them."""


def survey(desk: Desk, mapping: EntityMapping) -> None:
    """Find what only the whole table shows: repeated keys and values, broken own references."""
    bench = desk.workbench
    bench.has_begun = True
    if not mapping.table or bench.memory.is_surveyed(mapping.entity):
        return
    shape = bench.shape(mapping, is_derived=False)
    with noting_survey(desk.con, mapping.entity):
        _find_repeats(desk, mapping, shape)
        if CANONICAL[mapping.entity].refers_to_itself:
            _survey_own_references(desk, mapping, shape)
    desk.forget()


def finish(desk: Desk, mapping: EntityMapping) -> None:
    """Settle what merged records stand for, once all chunks of the entity are remembered."""
    _settle(desk, S.resolve_merged, mapping)


def links(desk: Desk, mapping: EntityMapping) -> pa.Table | None:
    """Id and parent id of loaded records that refer to their own kind; None if none can.

    Columns are named as the target's.
    """
    link = link_of(CANONICAL[mapping.entity])
    if link is None or not mapping.table:
        return None
    if link["field"] not in desk.workbench.shape(mapping, is_derived=False).columns:
        return None
    pieces = {"entity": mapping.entity, "id": link["id"], "column": link["column"]}
    return desk.run(S.export_links, **pieces).to_arrow_table()


def _find_repeats(desk: Desk, mapping: EntityMapping, shape: Shape) -> None:
    canonical = CANONICAL[mapping.entity]
    mapped = mapped_rows(mapping, canonical, shape, is_derived=False)
    digest = digest_of(canonical, shape)
    if _doubts(desk, mapping, "source_key", mapped):
        _note_repeats(desk, S.find_repeated_keys, mapping, "source_key", mapped, digest)
    for field in canonical.fields:
        is_given = field.is_unique and field.name in shape.columns
        if is_given and _doubts(desk, mapping, field.name, mapped):
            same = digest if field.merges_replays else "null"
            _note_repeats(desk, S.find_repeated_values, mapping, field.name, mapped, same)


def _doubts(desk: Desk, mapping: EntityMapping, field: str, mapped: str) -> int:
    """How many values of `field` may be in more than one row; `doubtful` has their fingerprints."""
    table = desk.workbench.snapshot.table(str(mapping.table))
    desk.open_table(table)
    desk.run(S.open_doubts)
    shares = max(1, -(-table.rows // SURVEY_ROWS))
    found = 0
    for share in range(shares):
        pieces = {"field": field, "mapped": mapped, "shares": str(shares), "share": str(share)}
        ((doubtful,),) = desk.run(S.doubt, **pieces).fetchall()
        found += doubtful
    return found


def _note_repeats(
    desk: Desk, statement: Query, mapping: EntityMapping, field: str, mapped: str, digest: str
) -> None:
    """Note the rows that repeat an earlier one's `field`; only rows in doubt are mapped whole."""
    table = desk.workbench.snapshot.table(str(mapping.table))
    desk.run(S.note_doubtful_rows, field=field, mapped=mapped)
    desk.open_doubtful_rows(table)
    pieces = {"entity": mapping.entity, "field": field, "mapped": mapped, "digest": digest}
    desk.run(statement, **pieces)


def _survey_own_references(desk: Desk, mapping: EntityMapping, shape: Shape) -> None:
    """What becomes of each record of a kind that refers to itself, before any is loaded."""
    plan = compile_plan(mapping, shape, is_derived=False, sees_itself=False)
    desk.open_table(desk.workbench.snapshot.table(str(mapping.table)))
    desk.judge(plan)
    desk.run(S.remember, entity=plan.entity)
    _settle(desk, S.resolve_merged, mapping)
    link = link_of(CANONICAL[mapping.entity])
    if link is None or link["field"] not in shape.columns:
        return
    desk.run(S.own_references, entity=plan.entity, field=link["field"])
    _settle(desk, S.cascade, mapping)
    for statement in (S.find_loops, S.reject_loops):
        desk.run(statement, entity=plan.entity, field=link["field"])


def _settle(desk: Desk, statement: Query, mapping: EntityMapping) -> None:
    """Run an update of what is known until it changes nothing.

    Each run settles at least one record for good, so it ends; the bound is on a chain's length.
    """
    for _ in range(CHAIN_MAX):
        ((changed,),) = desk.run(statement, entity=mapping.entity).fetchall()
        if not changed:
            return
    raise PackDoesNotFit(
        entity=mapping.entity, problem=f"its records refer to each other {CHAIN_MAX} deep"
    )
