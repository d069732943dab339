"""What a probe may know: the shape of every table, their references, and what is expected."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from trueup.migration.assessment.rules.fragments import row_of, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trueup.migration.assessment.expectations import Expectations
    from trueup.migration.assessment.rules.shapes import Reference, TableShape


@dataclass(frozen=True, slots=True)
class World:
    """taken_at: of the snapshot, ISO 8601 in UTC."""

    shapes: Mapping[str, TableShape]
    references: tuple[Reference, ...]
    expected: Expectations
    taken_at: str

    def of_kind(self, *kinds: str) -> Iterable[TableShape]:
        return (shape for shape in self.shapes.values() if shape.kind in kinds)

    def reference(self, shape: TableShape, kind: str) -> Reference | None:
        """How rows of `shape` name a row of the table that holds `kind`: the shortest name."""
        found = (
            reference
            for reference in self.references
            if reference.table == shape.name
            if reference.target_table != shape.name
            if self.shapes[reference.target_table].kind == kind
        )
        return min(found, key=lambda reference: len(reference.column), default=None)


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to one table: a named query and what fills its places.

    code: of the finding that a non-empty answer becomes.  words: fill the finding's sentences.
    """

    code: str
    query: str
    table: str
    columns: tuple[str, ...]
    places: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def probe_of(
    code: str, shape: TableShape, columns: tuple[str, ...], *, query: str = "", **places: str
) -> Probe:
    """A probe of `shape`; its query is called like its code unless said otherwise."""
    filled = {"table": seen(shape.name), "row": row_of(shape), **places}
    return Probe(code, query or code, shape.name, columns, filled)


def worded(probe: Probe, **words: str) -> Probe:
    """The probe with words of its own for its finding's sentences."""
    return replace(probe, words=words)
