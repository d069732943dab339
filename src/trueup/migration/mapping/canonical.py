"""The canonical records, read once from canonical.toml."""

from __future__ import annotations

import tomllib
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from trueup.migration.mapping.model import Canonical, Check, Child, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


def _field(name: str, stated: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        kind=Kind(stated["kind"]),
        column=stated.get("column", name),
        is_required=stated.get("required", False),
        is_unique=stated.get("unique", False),
        is_whole=stated.get("whole", False),
        is_virtual=stated.get("virtual", False),
        merges_replays=stated.get("merges_replays", False),
        has_same_currency=stated.get("same_currency", False),
        entity=stated.get("entity"),
        values=tuple(stated.get("values", ())),
    )


def _fields(stated: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(_field(name, each) for name, each in stated.items())


def _child(name: str, stated: Mapping[str, Any]) -> Child:
    return Child(
        name=name,
        target=stated["target"],
        fields=_fields(stated["fields"]),
        is_optional=stated.get("optional", False),
        identified_as=stated.get("identified_as"),
    )


def _canonical(name: str, stated: Mapping[str, Any]) -> Canonical:
    return Canonical(
        name=name,
        target=stated["target"],
        fields=_fields(stated["fields"]),
        checks=tuple(Check(**each) for each in stated.get("check", ())),
        children=tuple(_child(child, each) for child, each in stated.get("children", {}).items()),
        money=stated.get("money"),
    )


def _read() -> Mapping[str, Canonical]:
    text = resources.files(__package__).joinpath("canonical.toml").read_text("utf-8")
    return MappingProxyType(
        {name: _canonical(name, stated) for name, stated in tomllib.loads(text).items()}
    )


CANONICAL: Final[Mapping[str, Canonical]] = _read()
"""Entity name to contract, in an order in which nothing comes before what it refers to."""

REFERRED_TO: Final[frozenset[str]] = frozenset().union(
    *(canonical.refers_to for canonical in CANONICAL.values())
)
"""Entities of which some record may name another's; what became of the others nobody asks."""
