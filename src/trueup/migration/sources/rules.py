"""Pure decisions of the extract: which tables, what counts as drift, what cannot be stored."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from trueup.migration.sources.errors import (
    AmbiguousNames,
    NoTables,
    SchemaDrift,
    TablesNotInSource,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from trueup.migration.sources.model import SourceTable, Table, TableEntry, TableFilter


def chosen(tables: Sequence[SourceTable], wanted: TableFilter) -> tuple[SourceTable, ...]:
    """The tables to extract, by name.

    Raises TablesNotInSource for an `include` that fits nothing (a misspelt table must not go
    missing in silence), then NoTables when nothing is left.
    """
    names = [table.name for table in tables]
    idle = [glob for glob in wanted.include if glob != "*" and not _fitting(names, [glob])]
    if idle:
        raise TablesNotInSource(wanted=tuple(idle), known=tuple(sorted(names)))
    taken = _fitting(names, wanted.include) - _fitting(names, wanted.exclude)
    if not taken:
        raise NoTables(known=tuple(sorted(names)))
    return tuple(sorted((t for t in tables if t.name in taken), key=lambda table: table.name))


def refuse_ambiguous(
    tables: Sequence[SourceTable] | Sequence[Table], spelling: Callable[[str], str] = str.lower
) -> None:
    """Raise AmbiguousNames where two names have one `spelling`.

    Names that differ in letter case only are distinct in the source and one in the engine that
    reads the snapshot.
    """
    _refuse_twins("tables", [table.name for table in tables], spelling)
    for table in tables:
        names = [column.name for column in table.columns]
        _refuse_twins(f"columns of {table.name}", names, spelling)


def drift(
    expected: Sequence[TableEntry], found: Sequence[SourceTable], wanted: TableFilter
) -> tuple[str, ...]:
    """Every difference of schema, one sentence each; empty when there is none.

    Tables the filter leaves out are not compared.  Source: MIGRATION_RULES M45.
    """
    names = _fitting([t.name for t in expected], wanted.include)
    names -= _fitting([t.name for t in expected], wanted.exclude)
    before = {table.name: table for table in expected if table.name in names}
    left = _fitting([t.name for t in found], wanted.include)
    left -= _fitting([t.name for t in found], wanted.exclude)
    after = {table.name: table for table in found if table.name in left}
    changes = [f"table {name} was removed" for name in sorted(before.keys() - after.keys())]
    changes += [f"table {name} was added" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        changes += _table_drift(before[name], after[name])
    return tuple(changes)


def refuse_drift(
    expected: Sequence[TableEntry], found: Sequence[SourceTable], wanted: TableFilter
) -> None:
    """Raise SchemaDrift, naming every difference."""
    if changes := drift(expected, found, wanted):
        raise SchemaDrift(changes=changes)


def _table_drift(before: TableEntry, after: SourceTable) -> list[str]:
    name = before.name
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    changes = [f"column {name}.{column} was removed" for column in old if column not in new]
    changes += [f"column {name}.{column} was added" for column in new if column not in old]
    for column in [column for column in old if column in new]:
        was, now = old[column], new[column]
        if was.source_type != now.source_type:
            changes.append(
                f"column {name}.{column} changed from {was.source_type} to {now.source_type}"
            )
        if was.is_nullable != now.is_nullable:
            verb = "may now be" if now.is_nullable else "may no longer be"
            changes.append(f"column {name}.{column} {verb} null")
    if before.primary_key != after.primary_key:
        was_key, now_key = (", ".join(k) or "none" for k in (before.primary_key, after.primary_key))
        changes.append(f"the primary key of {name} changed from {was_key} to {now_key}")
    return changes


def _fitting(names: Iterable[str], globs: Iterable[str]) -> set[str]:
    patterns = tuple(globs)
    return {name for name in names if any(fnmatchcase(name, glob) for glob in patterns)}


def _refuse_twins(where: str, names: Sequence[str], spelling: Callable[[str], str]) -> None:
    counts = Counter(spelling(name) for name in names)
    twins = tuple(name for name in names if counts[spelling(name)] > 1)
    if twins:
        raise AmbiguousNames(where=where, names=twins)
