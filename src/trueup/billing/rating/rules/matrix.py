"""Which cell of a matrix prices an event: the most precise that fits, never one of two (B25)."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, TypeAlias

from trueup.billing.rating.errors import MatrixDimensionUnknown, MatrixTie, NoPriceFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.billing.rating.model import Cell, MatrixPrice

Names: TypeAlias = tuple[str, ...]
Values: TypeAlias = tuple[str, ...]
Index: TypeAlias = tuple[tuple[Names, dict[Values, "Cell"]], ...]
"""By the dimensions that cells name, most dimensions first; then by values in the same order."""


def check_matrix(matrix: MatrixPrice) -> None:
    """Raises MatrixDimensionUnknown; MatrixTie where an event finds two equally precise cells."""
    for cell in matrix.cells:
        for name in cell.match:
            if name not in matrix.dimensions:
                raise MatrixDimensionUnknown(dimension=name, known=matrix.dimensions)
    index = _indexed(matrix.dimensions, matrix.cells)
    for (names, cells), (others, other_cells) in combinations(index, 2):
        if len(names) == len(others):
            _check_crossing(index, (names, tuple(cells)), (others, tuple(other_cells)))


def cell_for(matrix: MatrixPrice, dimensions: Mapping[str, str]) -> Cell:
    """The cell that names most dimensions and fits all it names.  Raises NoPriceFound."""
    found = _find(index_of(matrix), dimensions)
    if found is None:
        asked = {name: dimensions[name] for name in matrix.dimensions if name in dimensions}
        raise NoPriceFound(dimensions=asked)
    return found


def _find(index: Index, dimensions: Mapping[str, str]) -> Cell | None:
    for names, cells in index:
        values = tuple(dimensions.get(name, "") for name in names)
        if all(name in dimensions for name in names) and values in cells:
            return cells[values]
    return None


_KEPT = 256  # matrices in use by one worker at a time; a price never changes, so none goes stale
_indexes: dict[int, tuple[MatrixPrice, Index]] = {}


def index_of(matrix: MatrixPrice) -> Index:
    """The index of `matrix`, kept by identity: hashing its cells costs more than a look-up."""
    kept = _indexes.get(id(matrix))
    if kept is not None and kept[0] is matrix:
        return kept[1]
    if len(_indexes) >= _KEPT:
        _indexes.clear()
    index = _indexed(matrix.dimensions, matrix.cells)
    _indexes[id(matrix)] = (matrix, index)
    return index


def _indexed(dimensions: Names, cells: tuple[Cell, ...]) -> Index:
    """Raises MatrixTie if two cells name the same values of the same dimensions."""
    found: dict[Names, dict[Values, Cell]] = {}
    for cell in cells:
        names = tuple(name for name in dimensions if name in cell.match)
        group = found.setdefault(names, {})
        for values in product(*(cell.match[name] for name in names)):
            if group.setdefault(values, cell) is not cell:
                raise MatrixTie(dimensions=dict(zip(names, values, strict=True)))
    return tuple(sorted(found.items(), key=lambda group: (-len(group[0]), group[0])))


def _check_crossing(
    index: Index, left: tuple[Names, tuple[Values, ...]], right: tuple[Names, tuple[Values, ...]]
) -> None:
    """Cells of other dimensions tie for an event with the values of both.  Raises MatrixTie.

    Unless a more precise cell takes that event from them.
    """
    precision = len(left[0])
    finer = tuple(group for group in index if len(group[0]) > precision)
    for event in _events_of_both(left, right):
        if _find(finer, event) is None:
            raise MatrixTie(dimensions=event)


def _events_of_both(
    left: tuple[Names, tuple[Values, ...]], right: tuple[Names, tuple[Values, ...]]
) -> Iterator[dict[str, str]]:
    shared = [name for name in left[0] if name in right[0]]
    by_shared: dict[Values, list[dict[str, str]]] = {}
    for values in right[1]:
        event = dict(zip(right[0], values, strict=True))
        by_shared.setdefault(tuple(event[name] for name in shared), []).append(event)
    for values in left[1]:
        event = dict(zip(left[0], values, strict=True))
        for other in by_shared.get(tuple(event[name] for name in shared), ()):
            yield event | other
