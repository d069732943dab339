from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Load:
    """One snapshot through one pack into one tenant."""

    load_id: UUID
    source: str
    snapshot_hash: str
    mapping_hash: str
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None


@dataclass(frozen=True, slots=True)
class EntityTotal:
    """Rows of one entity by the bucket they ended in."""

    entity: str
    loaded: int
    merged: int
    excluded: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ReasonTotal:
    """Rows of one entity set aside for one reason. fix: of one of the rejected; else None."""

    entity: str
    bucket: str
    reason: str
    field: str | None
    rows: int
    fix: str | None


@dataclass(frozen=True, slots=True)
class LoadResult:
    """A finished load. was_finished: by an earlier run; this one changed nothing."""

    load: Load
    totals: tuple[EntityTotal, ...]
    reasons: tuple[ReasonTotal, ...]
    was_finished: bool
