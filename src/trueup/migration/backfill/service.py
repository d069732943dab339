"""Loads a snapshot through a pack into a tenant: in order, in chunks, safe to stop and run again.

A chunk is one part of one table. Its records, their transfers, the crosswalk, the rows set aside
and the checkpoint commit together, so at any moment the target holds whole chunks and nothing
else. A run walks the chunks that are committed (to know what became of their records), writes the
others, side by side where none refers to what another brings (`schedule`), and ends with what only
the whole load can say: links between customers, settlement gaps, number series and balances.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb

from trueup.db.errors import ConstraintBroken
from trueup.kernel.errors import check
from trueup.kernel.ids import new_id
from trueup.kernel.progress import SILENT
from trueup.migration.backfill import store, target
from trueup.migration.backfill.errors import (
    BooksCollide,
    LoadDiffers,
    LoadedUnderAnotherName,
    LoadRunning,
    MappingTooLarge,
    ScratchUnusable,
)
from trueup.migration.backfill.model import EntityTotal, Load, LoadResult
from trueup.migration.backfill.room import Room
from trueup.migration.backfill.schedule import Act, Schedule, Work
from trueup.migration.backfill.telling import InTurn
from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.memory import MEMORY_MB
from trueup.migration.mapping.survey import finish, links, survey
from trueup.migration.mapping.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from trueup.db import Database, Tx
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.mapping.desk import Desk, MappedChunk
    from trueup.migration.mapping.model import EntityMapping, Pack
    from trueup.migration.sources.snapshot import Snapshot

WRITERS: Final = 2
"""Steps done at once; more than the cores of the server gain nothing, and each takes memory."""

KEPT_OF_EACH_RECORD: Final = (
    "ledger.account",
    "ledger.transfer",
    "migration.crosswalk",
    "migration.set_aside",
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a load goes: whose books, under which name of the source."""

    db: Database
    tenant_id: int
    source: str


def load(
    destination: Destination,
    snapshot: Snapshot,
    pack: Pack,
    *,
    scratch: Path,
    clock: Clock,
    progress: Progress = SILENT,
) -> LoadResult:
    """Load `snapshot` through `pack`, finishing what an earlier run began; a done load is kept.

    scratch: a folder for the working file.  progress: advances after each commit.
    Raises LoadRunning, LoadDiffers, SnapshotTampered, then what `Workbench.check_fit` raises; all
    of them before anything is written.  ScratchUnusable, MappingTooLarge, or whatever else stops it
    later: run it again.
    """
    db, tenant_id = destination.db, destination.tenant_id
    with db.transaction(tenant_id=tenant_id) as guard:
        if not store.claim(guard, destination.source):
            raise LoadRunning(source=destination.source)
        found = _found_load(destination, snapshot, pack)
        if found is not None and found.is_finished:
            return _result(destination, found, was_finished=True)
        snapshot.verify()
        begun = found or _new_load(destination, snapshot, pack, clock)
        with (
            _working_in(scratch),
            Workbench(
                snapshot,
                pack,
                tenant_id=tenant_id,
                source=destination.source,
                as_of=begun.started_at,
                scratch=scratch,
            ) as workbench,
        ):
            workbench.check_fit()
            run = _Run(destination, begun, workbench, progress, guard)
            if found is None:
                run.begin()
            run.load_entities()
            run.finish(clock)
        with db.transaction(tenant_id=tenant_id) as tx:
            finished = store.find_load(tx, destination.source)
        return _result(destination, finished or begun, was_finished=False)


@contextmanager
def _working_in(scratch: Path) -> Iterator[None]:
    """Raises MappingTooLarge; ScratchUnusable when the machine, not the pack, fails the file."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MappingTooLarge(limit_mb=MEMORY_MB, reason=str(error).splitlines()[0]) from error
    except (duckdb.OperationalError, duckdb.FatalException) as error:
        raise ScratchUnusable(scratch=scratch, reason=str(error).splitlines()[0]) from error


def _found_load(destination: Destination, snapshot: Snapshot, pack: Pack) -> Load | None:
    """The load of this source that is there.

    Raises LoadedUnderAnotherName, or LoadDiffers if it is of something else.
    """
    with destination.db.transaction(tenant_id=destination.tenant_id) as tx:
        found = store.find_load(tx, destination.source)
        twin = store.find_twin(tx, destination.source, snapshot.hash)
    if found is None and twin is not None:
        raise LoadedUnderAnotherName(source=destination.source, other=twin)
    if found is None:
        return None
    if found.snapshot_hash != snapshot.hash:
        raise LoadDiffers(source=destination.source, what="snapshot")
    if found.mapping_hash != pack.hash:
        raise LoadDiffers(source=destination.source, what="version of the mapping pack")
    return found


def _new_load(destination: Destination, snapshot: Snapshot, pack: Pack, clock: Clock) -> Load:
    return Load(
        load_id=new_id(clock),
        source=destination.source,
        snapshot_hash=snapshot.hash,
        mapping_hash=pack.hash,
        started_at=clock.now(),
        finished_at=None,
    )


def _result(destination: Destination, found: Load, *, was_finished: bool) -> LoadResult:
    with destination.db.transaction(tenant_id=destination.tenant_id) as tx:
        return LoadResult(
            found,
            store.totals(tx, found.load_id),
            store.reasons(tx, found.load_id),
            was_finished,
        )


def _work_of(mapping: EntityMapping, chunks: tuple[int, ...]) -> Work:
    canonical = CANONICAL[mapping.entity]
    return Work(
        entity=mapping.entity,
        chunks=chunks,
        needs=canonical.refers_to - {mapping.entity},
        is_survey_ready=not canonical.refers_to_itself,
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """What the writers share. committed: chunks that are in the target, by entity."""

    schedule: Schedule
    room: Room
    told: InTurn
    committed: dict[str, set[int]]


class _Run:
    """One run of a load, from wherever the last one stopped."""

    def __init__(
        self,
        destination: Destination,
        begun: Load,
        workbench: Workbench,
        progress: Progress,
        guard: Tx,
    ) -> None:
        self._destination = destination
        self._load = begun
        self._workbench = workbench
        self._progress = progress
        self._guard = guard

    def begin(self) -> None:
        """Record the load and the tables that stay out of it."""
        with self._transaction() as tx:
            store.begin_load(tx, self._load)
            for table in self._workbench.pack.tables_set_aside:
                rows = self._workbench.snapshot.table(table.table).rows
                store.record_table_set_aside(tx, self._load.load_id, table, row_count=rows)

    def load_entities(self) -> None:
        """Survey, load and finish every entity, `WRITERS` steps at a time."""
        with self._transaction() as tx:
            committed = store.committed_chunks(tx, self._load.load_id)
        pack, bench = self._workbench.pack, self._workbench
        told = InTurn(self._progress, {each.entity: self._rows_of(each) for each in pack.entities})
        schedule = Schedule(_work_of(each, bench.chunks(each)) for each in pack.entities)
        steps = _Steps(schedule, Room(), told, committed)
        desks = [bench.desk() for _ in range(WRITERS)]
        with ThreadPoolExecutor(WRITERS) as pool:
            try:
                for writer in [pool.submit(self._work, desk, steps) for desk in desks]:
                    writer.result()
            finally:
                schedule.stop()  # an interrupt, too, waits for the steps at hand and no more

    def finish(self, clock: Clock) -> None:
        """What only the whole load can say, and its last word, in one transaction.

        Beside it, in two of their own and before the last word: what may be worked out at any time.
        """
        self._progress.begin("settle the books", None)
        self._check_alone()
        with ThreadPoolExecutor(WRITERS) as pool:
            told = pool.submit(self._analyze, *KEPT_OF_EACH_RECORD)
            beside = [pool.submit(self._alone, target.catch_up)]
            told.result()
            beside.append(pool.submit(self._alone, target.fold))
            with self._transaction() as tx:
                target.settle(tx)
                for done in beside:
                    done.result()
                store.finish_load(tx, self._load.load_id, clock.now())
        self._progress.end()

    def _analyze(self, *tables: str) -> None:
        with self._destination.db.owner_transaction() as owner:
            owner.commit_soon()
            store.analyze(owner, *tables)

    def _alone(self, work: Callable[[Tx], None]) -> None:
        with self._transaction() as tx:
            work(tx)

    def _check_alone(self) -> None:
        """Raises ConnectionLost when the claim fell with its connection: a second load may begin.

        The writers would not notice: a connection that died while idle is replaced.
        """
        check(store.claim(self._guard, self._load.source), "a claim is held until its end")

    def _work(self, desk: Desk, steps: _Steps) -> None:
        """Take steps until none is left, or until another writer failed."""
        try:
            while (step := steps.schedule.take()) is not None:
                mapping = self._workbench.pack.entity(step.entity)
                if step.act is Act.SURVEY:
                    steps.room.do(partial(survey, desk, mapping), forget=desk.forget)
                elif step.chunk is not None:
                    self._load_chunk(desk, mapping, step.chunk, steps)
                else:
                    steps.room.do(partial(finish, desk, mapping), forget=desk.forget)
                    self._link(desk, mapping)
                    self._analyze(*CANONICAL[mapping.entity].targets)
                    steps.told.end(step.entity)
                steps.schedule.done(step)
        finally:
            steps.schedule.stop()

    def _load_chunk(self, desk: Desk, mapping: EntityMapping, chunk: int, steps: _Steps) -> None:
        """Write a chunk, or walk it if it is there already."""
        self._check_alone()
        in_room = partial(steps.room.do, forget=desk.forget)
        if chunk in steps.committed.get(mapping.entity, ()):
            in_room(partial(desk.recall, mapping, chunk))
        else:
            self._write(in_room(partial(desk.map_chunk, mapping, chunk)))
            in_room(partial(desk.remember, mapping, chunk))
        steps.told.advance(mapping.entity, self._rows_in(mapping, chunk))

    def _link(self, desk: Desk, mapping: EntityMapping) -> None:
        """Link records that refer to their own kind, now that all of them are there."""
        found = links(desk, mapping)
        if found is not None and found.num_rows:
            with self._transaction() as tx:
                target.link(tx, mapping.entity, found)

    def _write(self, chunk: MappedChunk) -> None:
        total = EntityTotal(
            entity=chunk.entity,
            loaded=chunk.loaded,
            merged=chunk.count("merged"),
            excluded=chunk.count("excluded"),
            rejected=chunk.count("rejected"),
        )
        with self._not_colliding(chunk.entity), self._transaction() as tx:
            tx.check_references_by_set()
            tx.commit_soon()  # the last word waits for the disk; a chunk that is lost comes again
            target.insert(tx, chunk.entity, chunk.rows)
            store.insert_crosswalk(tx, self._load.load_id, chunk.crosswalk)
            store.insert_set_aside(tx, self._load.load_id, chunk.set_aside)
            store.record_checkpoint(tx, self._load.load_id, chunk.index, total)

    @contextmanager
    def _not_colliding(self, entity: str) -> Iterator[None]:
        """Raises BooksCollide: within the snapshot the mapping has made every key unique."""
        try:
            yield
        except ConstraintBroken as broken:
            if not broken.constraint.endswith(("_key", "_pkey")):
                raise
            raise BooksCollide(
                source=self._load.source, entity=entity, constraint=broken.constraint
            ) from broken

    def _rows_of(self, mapping: EntityMapping) -> int | None:
        return self._workbench.snapshot.table(mapping.table).rows if mapping.table else None

    def _rows_in(self, mapping: EntityMapping, chunk: int) -> int:
        if mapping.table is None or chunk < 0:
            return 0
        return self._workbench.snapshot.table(mapping.table).parts[chunk].rows

    def _transaction(self) -> AbstractContextManager[Tx]:
        return self._destination.db.transaction(tenant_id=self._destination.tenant_id)
