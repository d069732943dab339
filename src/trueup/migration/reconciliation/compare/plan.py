"""How two sides are compared: the fields in common, their kinds, the buckets and the hash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from trueup.migration.reconciliation.compare.canonical import common_kind
from trueup.migration.reconciliation.compare.model import Column, Digest, Engine, Kind
from trueup.migration.reconciliation.errors import KeyNotFound, SidesDisagree

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely rows are put into buckets.

    stride: so many neighbouring whole-number keys share a bucket: the table of sums is walked in
    order, and a bucket that differs is read through the key's index.  buckets: after so many the
    numbers begin anew.
    """

    stride: int
    buckets: int


COARSE: Final = Grain(stride=512, buckets=16_384)
"""Of the whole table. 5 million rows make 300 to 512 a bucket; a billion, 61 000."""

FINE: Final = Grain(stride=16, buckets=1 << 62)
"""Of the coarse buckets that differ: what remains to be fetched is a few rows a difference."""

CRC_SINCE: Final = {Engine.POSTGRESQL: 18, Engine.MYSQL: 1008}
"""The first PostgreSQL and MariaDB that know both CRC-32 and CRC-32C. MySQL and DuckDB do not."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One side's reading of the plan. columns: key fields first, then the others."""

    engine: Engine
    query: str
    columns: tuple[Column, ...]
    version: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """kinds: what each field is compared as.  key_fields: how many of them are the key.

    digest: how a row is hashed; NATIVE if both sides are PostgreSQL and alike in every kind.
    has_integer_key: the key is one whole number: buckets are made of its ranges.
    """

    left: Shape
    right: Shape
    kinds: tuple[Kind, ...]
    key_fields: int
    digest: Digest
    has_integer_key: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.left.columns)


def plan_comparison(left: Shape, right: Shape, key: Sequence[str]) -> Plan:
    """Pair the fields by name.  Raises SidesDisagree, KeyNotFound, TypesDiffer, in that order."""
    left, right = _paired(left, right, key)
    is_same_engine = left.engine == right.engine
    pairs = list(zip(left.columns, right.columns, strict=True))
    kinds = tuple(common_kind(*pair, is_same_engine=is_same_engine) for pair in pairs)
    is_native = left.engine == right.engine == Engine.POSTGRESQL and all(
        one.kind == other.kind for one, other in pairs
    )
    return Plan(
        left=left,
        right=right,
        kinds=kinds,
        key_fields=len(key),
        digest=_digest(left, right, is_native=is_native),
        has_integer_key=len(key) == 1 and all(one.kind == Kind.INTEGER for one in pairs[0]),
    )


def _digest(left: Shape, right: Shape, *, is_native: bool) -> Digest:
    if is_native:
        return Digest.NATIVE
    has_crc = all(
        CRC_SINCE.get(side.engine, side.version + 1) <= side.version for side in (left, right)
    )
    return Digest.CRC if has_crc else Digest.MD5


def _paired(left: Shape, right: Shape, key: Sequence[str]) -> tuple[Shape, Shape]:
    """Both shapes with their columns in one order: the key, then the left's order."""
    ours = {column.name: column for column in left.columns}
    theirs = {column.name: column for column in right.columns}
    if ours.keys() != theirs.keys():
        raise SidesDisagree(
            left_only=tuple(sorted(ours.keys() - theirs.keys())),
            right_only=tuple(sorted(theirs.keys() - ours.keys())),
        )
    for name in key:
        if name not in ours:
            raise KeyNotFound(key=name, fields=tuple(ours))
    names = (*key, *(name for name in ours if name not in key))
    return (
        replace(left, columns=tuple(ours[name] for name in names)),
        replace(right, columns=tuple(theirs[name] for name in names)),
    )
