"""The pack's independent reading: its checks, its controls, and what its manifest declares.

Nothing here knows how the loader reads a pack; only the folder's layout is shared (M33).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trueup.migration.reconciliation.budget import Budget, budget_of
from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.errors import CheckUnreadable
from trueup.migration.sources.model import Names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Declared:
    """What the manifest says of one entity: its source table and the column of its raw status."""

    entity: str
    table: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class StatusMap:
    """A declared map of raw status to target value, for one field of one entity."""

    entity: str
    field: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckPack:
    """path: the pack's folder.  entities: in the manifest's order.  tables: all it accounts for.

    names: those under which it reads the source.  assumptions: what was decided where the source
    is silent; checks and controls read each as `assumed_<name>()`.  budget: what may be rejected.
    """

    path: Path
    time_zone: str
    names: Names
    assumptions: Mapping[str, str]
    entities: Mapping[str, Declared]
    maps: tuple[StatusMap, ...]
    tables: frozenset[str]
    macros: str | None
    budget: Budget = field(default_factory=Budget)

    def check_sql(self, entity: str) -> str | None:
        """The entity's independent reading, or None if the pack has none."""
        return _text(self.path / "checks" / f"{entity}.sql")

    def control_sql(self, measure: str) -> str | None:
        return _text(self.path / "controls" / f"{measure}.sql")


def open_checks(path: Path) -> CheckPack:
    """The checks of the pack in the folder `path`.  Raises CheckUnreadable."""
    try:
        stated = tomllib.loads((path / "pack.toml").read_text("utf-8"))
        source = stated.get("source", {})
        names = Names(source.get("names", Names.AS_WRITTEN))
        budget = budget_of(stated)
    except (OSError, ValueError) as error:
        raise CheckUnreadable(file=str(path / "pack.toml"), reason=str(error)) from error
    entities = {
        str(each["name"]): Declared(str(each["name"]), each.get("table"), each.get("status"))
        for each in stated.get("entity", [])
    }
    return CheckPack(
        path=path,
        time_zone=str(source.get("time_zone", "UTC")),
        names=names,
        assumptions={
            name: str(each.get("value")) for name, each in stated.get("assumption", {}).items()
        },
        entities=entities,
        maps=tuple(_status_maps(entities, stated.get("map", {}))),
        tables=_tables(stated),
        macros=_text(path / "checks" / "macros.sql"),
        budget=budget,
    )


def _tables(stated: Mapping[str, Any]) -> frozenset[str]:
    kinds = ("entity", "excluded_table", "merged_table")
    named = (each.get("table") for kind in kinds for each in stated.get(kind, []))
    return frozenset(str(table) for table in named if table)


def _status_maps(entities: Mapping[str, Declared], maps: Mapping[str, Any]) -> list[StatusMap]:
    """The maps of the columns that hold the entities' raw statuses.

    A map is named for what it fills: invoice_status fills `status` of `invoice`.
    """
    found: list[StatusMap] = []
    for name, stated in maps.items():
        for each in entities.values():
            field = name.removeprefix(f"{each.entity}_")
            is_of = (each.table, each.status) == (stated.get("table"), stated.get("column"))
            if is_of and field in ENTITIES[each.entity].fields:
                values = {str(raw): str(value) for raw, value in stated.get("values", {}).items()}
                found.append(StatusMap(each.entity, field, values))
    return found


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
