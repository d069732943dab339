"""Pairing the rows of a bucket by key, and naming what differs. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from trueup.migration.reconciliation.compare.model import (
    Break,
    BreakType,
    Difference,
    Kind,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trueup.migration.reconciliation.compare.model import Key
    from trueup.migration.reconciliation.compare.plan import Plan


def breaks_of(plan: Plan, left: Sequence[Values], right: Sequence[Values]) -> Iterator[Break]:
    """The breaks among the rows of one bucket, in order of key; each row is canonical texts."""
    ours, theirs = _by_key(plan, left), _by_key(plan, right)
    for key in sorted(ours.keys() | theirs.keys(), key=_order):
        yield from _breaks_of_key(plan, key, ours.get(key, []), theirs.get(key, []))


def _breaks_of_key(
    plan: Plan, key: Key, left: list[Values], right: list[Values]
) -> Iterator[Break]:
    """A repeated key is a break whatever the other side holds: counts must not cancel."""
    if len(left) > 1 or len(right) > 1:
        yield _break(plan, BreakType.DUPLICATE, key, left, right)
    if not right:
        yield _break(plan, BreakType.MISSING, key, left, right)
    elif not left:
        yield _break(plan, BreakType.EXTRA, key, left, right)
    elif not any(is_same(plan, one, other) for one in left for other in right):
        yield _break(plan, BreakType.MISMATCH, key, left, right)


def is_same(plan: Plan, left: Values, right: Values) -> bool:
    return left == right or not any(_differences(plan, left, right))


def _break(plan: Plan, kind: BreakType, key: Key, left: list[Values], right: list[Values]) -> Break:
    differences: tuple[Difference, ...] = ()
    if kind == BreakType.MISMATCH:
        differences = tuple(_differences(plan, left[0], right[0]))
    return Break(
        type=kind,
        key=key,
        left=dict(zip(plan.names, left[0], strict=True)) if left else {},
        right=dict(zip(plan.names, right[0], strict=True)) if right else {},
        differences=differences,
        left_count=len(left),
        right_count=len(right),
    )


def _differences(plan: Plan, left: Values, right: Values) -> Iterator[Difference]:
    fields = zip(plan.names, plan.kinds, left, right, strict=True)
    for name, kind, one, other in fields:
        if one != other and not (kind == Kind.JSON and _is_same_json(one, other)):
            yield Difference(name, one, other)


def _is_same_json(one: str | None, other: str | None) -> bool:
    """The same document whatever the order of its keys; numbers are told apart as texts."""
    if one is None or other is None:
        return False
    try:
        return bool(_document(one) == _document(other))
    except ValueError:
        return False


def _document(text: str) -> object:
    return json.loads(text, parse_float=str)


def _by_key(plan: Plan, rows: Sequence[Values]) -> dict[Key, list[Values]]:
    found: dict[Key, list[Values]] = {}
    for row in rows:
        found.setdefault(row[: plan.key_fields], []).append(row)
    return found


def _order(key: Key) -> tuple[tuple[bool, int, str], ...]:
    """NULL first, then numbers by value, which among texts means the shorter first."""
    return tuple((part is not None, len(part or ""), part or "") for part in key)
