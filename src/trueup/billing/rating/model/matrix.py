"""Prices by any number of dimensions: the most precise cell that fits, never one of two (B25)."""

from __future__ import annotations

from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from trueup.billing.rating.errors import MatrixDimensionUnknown, MatrixTie, NoPriceFound
from trueup.billing.rating.model.plain import Plain, PriceModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Names: TypeAlias = tuple[str, ...]
Values: TypeAlias = tuple[str, ...]
Index: TypeAlias = tuple[tuple[Names, dict[Values, "Cell"]], ...]
"""By the dimensions that cells name, most dimensions first; then by values in the same order."""


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price for events that have one of the named values in each named dimension."""

    price: Plain
    match: dict[str, tuple[str, ...]] = {}


class MatrixPrice(PriceModel, frozen=True, tag="matrix", dict=True):
    """The cell that names most dimensions and fits all it names is the price.

    Raises MatrixDimensionUnknown; MatrixTie where an event would find two equally precise cells.
    """

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        for cell in self.cells:
            for name in cell.match:
                if name not in self.dimensions:
                    raise MatrixDimensionUnknown(dimension=name, known=self.dimensions)
        for (names, cells), (others, other_cells) in combinations(self.index, 2):
            if len(names) == len(others):
                _check_crossing(self.index, (names, tuple(cells)), (others, tuple(other_cells)))

    @cached_property
    def index(self) -> Index:
        return _indexed(self.dimensions, self.cells)

    def cell_for(self, dimensions: Mapping[str, str]) -> Cell:
        """Dimensions that the matrix does not have are ignored.  Raises NoPriceFound."""
        found = _find(self.index, dimensions)
        if found is None:
            asked = {name: dimensions[name] for name in self.dimensions if name in dimensions}
            raise NoPriceFound(dimensions=asked)
        return found


def _find(index: Index, dimensions: Mapping[str, str]) -> Cell | None:
    for names, cells in index:
        if all(name in dimensions for name in names):
            cell = cells.get(tuple(dimensions[name] for name in names))
            if cell is not None:
                return cell
    return None


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
