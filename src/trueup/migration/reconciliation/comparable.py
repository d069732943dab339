"""What is compared of each entity, read from comparable.toml, and the target's side of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from trueup.db import load_queries
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

Q = load_queries(__package__, "comparable.sql")

DUCK_TYPES: Final = {
    "text": "varchar",
    "integer": "bigint",
    "micros": "bigint",
    "quantity": "decimal(38, 12)",
    "boolean": "boolean",
    "instant": "timestamptz",
    "date": "date",
    "json": "json",
}
"""How a check's field is read. A quantity keeps more decimals than the target stores, so that a
rounding on the way is seen."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity's comparison. parent: for records that only their parent and position identify.

    adds_up: whether the sum of `money` is an amount of somebody's; of unit prices it is not.
    """

    name: str
    table: str
    fields: Mapping[str, str]
    references: Mapping[str, tuple[str, str]]
    assured: Mapping[str, str]
    not_compared: Mapping[str, str]
    id: str | None
    parent: str | None
    parent_id: str | None
    money: str | None
    adds_up: bool

    @property
    def has_currency(self) -> bool:
        return "currency" in self.fields

    @property
    def columns(self) -> frozenset[str]:
        """The target's columns that this comparison covers."""
        own = {column for column, _ in self.references.values()}
        own |= {name for name in self.fields if name not in self.references}
        own |= {name for name in (self.id, self.parent_id) if name}
        return frozenset(own | set(self.assured))


def _entity(name: str, stated: Mapping[str, Any]) -> Entity:
    references = {key: (pair[0], pair[1]) for key, pair in stated.get("references", {}).items()}
    unknown = sorted(set(references) - set(stated["fields"]))
    check(not unknown, "a reference is one of the fields", entity=name, unknown=unknown)
    return Entity(
        name=name,
        table=stated["table"],
        fields=stated["fields"],
        references=references,
        assured=stated.get("assured", {}),
        not_compared=stated.get("not_compared", {}),
        id=stated.get("id"),
        parent=stated.get("parent"),
        parent_id=stated.get("parent_id"),
        money=stated.get("money"),
        adds_up=stated.get("adds_up", True),
    )


ENTITIES: Final[Mapping[str, Entity]] = {
    name: _entity(name, stated)
    for name, stated in tomllib.loads(
        resources.files(__package__ or "").joinpath("comparable.toml").read_text(encoding="utf-8")
    ).items()
}


def target_query(entity: Entity, load_id: UUID) -> str:
    """The target's records of a load by source key, references as source keys too.

    Also rows that no load brought: their key is `target:` and their id, which no source has.
    """
    return Q.records.sql.format(
        key=_key(entity),
        fields=",\n       ".join(_fields(entity)),
        table=entity.table,
        named=entity.parent or entity.name,
        id=entity.parent_id or entity.id,
        references="\n  ".join(_reference(entity, field) for field in entity.references),
        load_id=load_id,
    )


def _fields(entity: Entity) -> list[str]:
    """The fields, and the raw status that the crosswalk keeps for the way back."""
    fields = [_field(entity, name) for name in entity.fields]
    return fields if entity.parent else [*fields, "own.source_status"]


def _key(entity: Entity) -> str:
    own = entity.parent_id or entity.id
    key = f"coalesce(own.source_key, 'target:' || t.{own})"
    return f"{key} || '#' || t.position" if entity.parent else key


def _field(entity: Entity, name: str) -> str:
    if name not in entity.references:
        return f"t.{name}"
    column, _ = entity.references[name]
    alias = f"of_{column}"
    key = f"coalesce({alias}.source_key, 'target:' || t.{column})"
    return f"case when t.{column} is not null then {key} end as {name}"


def _reference(entity: Entity, field: str) -> str:
    column, named = entity.references[field]
    return Q.reference.sql.format(alias=f"of_{column}", column=column, named=named)
