"""A pack tried on all rows of a snapshot, by the load's own mapping; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.progress import SILENT
from trueup.migration.mapping.survey import finish, survey
from trueup.migration.mapping.workbench import Workbench

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.mapping.model import EntityMapping, Pack
    from trueup.migration.sources.snapshot import Snapshot

KEYS_MAX: Final = 3
REASON: Final = ("bucket", "reason", "field", "owner")
NOBODY: Final = 0
"""The tenant of a dry run: ids are made as by a load, and belong to no books."""

Groups = dict[tuple[str | None, ...], "TriedReason"]


@dataclass(frozen=True, slots=True)
class TriedReason:
    """Rows of an entity that would be set aside for one reason.

    keys: of the first few, by row.  value: of the first one.  fix: what to do about it.
    """

    entity: str
    bucket: str
    reason: str
    field: str
    owner: str
    rows: int
    keys: tuple[str, ...]
    value: str | None
    fix: str


@dataclass(frozen=True, slots=True)
class TriedEntity:
    """Where the rows of an entity would end.  rejected_bp_max: what the pack's budget allows."""

    entity: str
    loaded: int
    merged: int
    excluded: int
    rejected: int
    rejected_bp_max: int
    reasons: tuple[TriedReason, ...]
    seconds: float

    @property
    def rows(self) -> int:
        return self.loaded + self.merged + self.excluded + self.rejected

    @property
    def is_within_budget(self) -> bool:
        return self.rejected * 10_000 <= self.rejected_bp_max * self.rows


def dry_run(
    snapshot: Snapshot, pack: Pack, *, scratch: Path, clock: Clock, progress: Progress = SILENT
) -> tuple[TriedEntity, ...]:
    """Where each row of the snapshot would end, entity by entity in load order.

    scratch: a folder for the working file, which is gone afterwards.  Needs no database.
    Raises what `Workbench.check_fit` raises, then PackDoesNotFit.
    """
    with _bench(snapshot, pack, clock.now(), scratch) as workbench:
        workbench.check_fit()
        return tuple(_try(workbench, each, clock, progress) for each in pack.entities)


def check_shapes(snapshot: Snapshot, pack: Pack, *, scratch: Path, clock: Clock) -> None:
    """Hold tables, columns, values, statements and types against the snapshot, and map no row.

    Raises what `Workbench.check_fit` raises.
    """
    with _bench(snapshot, pack, clock.now(), scratch) as workbench:
        workbench.check_fit()


def _bench(snapshot: Snapshot, pack: Pack, as_of: datetime, scratch: Path) -> Workbench:
    return Workbench(
        snapshot, pack, tenant_id=NOBODY, source=pack.name, as_of=as_of, scratch=scratch
    )


def _try(
    workbench: Workbench, mapping: EntityMapping, clock: Clock, progress: Progress
) -> TriedEntity:
    begun = clock.monotonic()
    table = workbench.snapshot.table(mapping.table) if mapping.table else None
    progress.begin(mapping.entity, table.rows if table else None)
    desk, groups, loaded = workbench.desk(), Groups(), 0
    survey(desk, mapping)
    for index in workbench.chunks(mapping):
        chunk = desk.map_chunk(mapping, index)
        loaded += chunk.loaded
        _gather(groups, mapping.entity, chunk.set_aside)
        desk.remember(mapping, index)
        progress.advance(table.parts[index].rows if table and index >= 0 else 0)
    finish(desk, mapping)
    progress.end()
    return TriedEntity(
        mapping.entity,
        loaded,
        **{name: _rows_in(groups, name) for name in ("merged", "excluded", "rejected")},
        rejected_bp_max=workbench.pack.limit(mapping.entity).rows_bp,
        reasons=tuple(groups.values()),
        seconds=clock.monotonic() - begun,
    )


def _rows_in(groups: Groups, bucket: str) -> int:
    return sum(each.rows for each in groups.values() if each.bucket == bucket)


def _gather(groups: Groups, entity: str, aside: pa.Table) -> None:
    """Add a chunk's rows set aside to their reasons; of the first ones, what they are known by."""
    numbered = aside.append_column("place", [range(aside.num_rows)])
    by_reason = numbered.group_by(list(REASON), use_threads=False)
    for found in by_reason.aggregate([("place", "count"), ("place", "list")]).to_pylist():
        key = tuple(found[name] for name in REASON)
        rows = aside.take(found["place_list"][:KEYS_MAX]).to_pylist()
        known = groups.get(key) or _reason(entity, key, rows[0])
        keys = (*known.keys, *(_known_by(row) for row in rows))[:KEYS_MAX]
        groups[key] = replace(known, rows=known.rows + found["place_count"], keys=keys)


def _reason(entity: str, key: tuple[str | None, ...], first: dict[str, Any]) -> TriedReason:
    bucket, reason, field, owner = (part or "" for part in key)
    fix = first["fix"] or ""
    return TriedReason(entity, bucket, reason, field, owner, 0, (), first["value"], fix)


def _known_by(row: dict[str, Any]) -> str:
    return row["source_key"] or f"row {row['row_number']}"
