"""What a made legacy system is told of, and what is planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF: Final = datetime(2026, 11, 16, 9, 0)  # noqa: DTZ001  the legacy server writes local time without zone
"""The moment at which the legacy system stands still: America/New_York, in the middle of a month,
a fortnight after a clock change. A constant, so that a sample is the same whenever it is made."""


class Outcome(Enum):
    """What a faithful load does with a planted row."""

    LOADED = "loaded"  # kept as it is and listed as a finding, or read by a stated rule
    MERGED = "merged"
    EXCLUDED = "excluded"
    REJECTED = "rejected"
    STOPS = "stops"  # the load names the value and ends before its first row


class Engine(Enum):
    """Where a sample is written."""

    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"
    SQLITE = "sqlite"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Dirt:
    """One kind of dirt. sentence: what it plants.  rules: the D and M numbers it is bait for.

    table: where its rows lie.  engines: those whose types can hold it.
    """

    name: str
    sentence: str
    table: str
    outcome: Outcome
    rules: tuple[str, ...]
    engines: frozenset[Engine]

    @property
    def rule(self) -> str:
        return ", ".join(self.rules)


@dataclass(frozen=True, slots=True)
class Bait:
    """Lawful rows that document 001's own SQL loses or bends. rows: how many the sample holds."""

    rule: str
    name: str
    says: str
    rows: int


@dataclass(frozen=True, slots=True, order=True)
class PlantedRow:
    table: str
    id: int


@dataclass(frozen=True, slots=True)
class Planted:
    """Where one kind of dirt lies.

    rows: those changed or added, ascending, each once; two physical rows may share an id where the
    kind is about that.  dependents: rows that hang on one that cannot be loaded, none of `rows`.
    """

    dirt: Dirt
    rows: tuple[PlantedRow, ...]
    dependents: tuple[PlantedRow, ...]


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was made. location: where, without password.  rows: by table, in the order written.

    planted: by kind, in the order of the registry.  left_out: kinds this engine cannot hold.
    """

    location: str
    engine: Engine
    seed: int
    customers: int
    rows: Mapping[str, int]
    baits: tuple[Bait, ...]
    planted: Mapping[str, Planted]
    left_out: tuple[str, ...]
