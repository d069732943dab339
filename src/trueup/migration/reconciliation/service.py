"""Reconciliation of a load: does the target hold what the snapshot says, to the last field?

The source's side is read by the pack's checks and controls, the target's by SQL of this slice;
neither shares code with the loader (M33). A check that cannot be made is inconclusive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.kernel.progress import SILENT
from trueup.migration.reconciliation import accounting, records, totals
from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.compare.connections.postgresql import PostgresqlConnection
from trueup.migration.reconciliation.errors import CheckUnreadable, LoadNotFound, QueryRefused
from trueup.migration.reconciliation.ledger_tie import check_ledger
from trueup.migration.reconciliation.model import Check, Reconciliation, Verdict
from trueup.migration.reconciliation.pack import open_checks
from trueup.migration.reconciliation.reading import SourceReading
from trueup.migration.reconciliation.rejections import judge_rejections
from trueup.migration.reconciliation.target import MEASURES, Q, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trueup.db import Database
    from trueup.kernel.progress import Progress
    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.model import (
        ConservationCell,
        ControlTotal,
        Rejections,
        StatusCell,
    )
    from trueup.migration.reconciliation.pack import CheckPack
    from trueup.migration.sources.snapshot import Snapshot

NO_CHECK: Final = "the pack has no {file}"
UNFINISHED: Final = "the load is not finished"
OTHER_SNAPSHOT: Final = "the load was made of another snapshot"


def reconcile(
    db: Database,
    tenant_id: int,
    source: str,
    snapshot: Snapshot,
    pack: Path,
    *,
    progress: Progress = SILENT,
) -> Reconciliation:
    """Compare all that was loaded from `source` with `snapshot`, as the pack's checks read it.

    pack: the folder of a mapping pack.  Writes nothing.  Raises CheckUnreadable if the manifest
    cannot be read, LoadNotFound if nothing was loaded from `source`.
    """
    checks = open_checks(pack)
    with (
        PostgresqlConnection.open(db, tenant_id=tenant_id) as connection,
        SourceReading.open(snapshot, checks) as reading,
    ):
        load = connection.tx.maybe(Q.find_load, source=source)
        if load is None:
            raise LoadNotFound(source=source)
        run = _Run(reading, Target(connection, load.load_id))
        run.note(_evidence(load.status, load.snapshot_hash == snapshot.hash))
        run.take_set_aside()
        run.note(accounting.check_tables(snapshot.named(checks.names), reading, run.target))
        progress.begin("reconcile", len(ENTITIES) + len(MEASURES) + 2, unit="questions")
        for entity in ENTITIES.values():
            run.entity(entity)
            progress.advance()
        for measure in MEASURES:
            run.measure(measure)
            progress.advance()
        run.next_bills()
        progress.advance()
        run.checks += check_ledger(run.target)
        progress.advance()
        progress.end()
    return Reconciliation(
        tenant_id=tenant_id,
        source=source,
        load_id=str(load.load_id),
        snapshot_hash=snapshot.hash,
        mapping_hash=load.mapping_hash,
        checks=tuple(run.checks),
        conservation=tuple(run.conservation),
        statuses=tuple(run.statuses),
        totals=tuple(run.totals),
        rejections=tuple(run.rejections),
    )


class _Run:
    """The answers so far. Every question goes through `_ask`: none is dropped for failing."""

    def __init__(self, reading: SourceReading, target: Target) -> None:
        self.reading = reading
        self.target = target
        self.checks: list[Check] = []
        self.conservation: list[ConservationCell] = []
        self.statuses: list[StatusCell] = []
        self.totals: list[ControlTotal] = []
        self.rejections: list[Rejections] = []

    @property
    def pack(self) -> CheckPack:
        return self.reading.pack

    def take_set_aside(self) -> None:
        """The one thing taken from the load: which rows it set aside, by position."""
        stream = self.target.connection.tx.stream(Q.set_aside, load_id=self.target.load_id)
        for rows in stream:
            self.reading.add_aside(rows)
        self.reading.accept()

    def note(self, found: Check | None) -> None:
        if found is not None:
            self.checks.append(found)

    def entity(self, entity: Entity) -> None:
        """All checks of one entity; one that neither the pack nor the target knows is skipped."""
        self.note(records.check_assured(self.target, entity))
        sql = self.pack.check_sql(entity.name)
        if sql is None:
            self.note(self._without_check(entity))
            return
        if not self._ask("records", entity.name, lambda: self.reading.read(entity, sql)):
            return
        self.note(accounting.check_accounted(self.reading, entity))
        self._ask("records", entity.name, lambda: self._compare(entity))
        self.reading.forget(entity)

    def measure(self, measure: str) -> None:
        sql = self.pack.control_sql(measure)
        if sql is None:
            self.note(_inconclusive("control_total", measure, f"controls/{measure}.sql"))
            return

        def compare() -> None:
            check, found = totals.compare_measure(self.reading, self.target, measure, sql)
            self.note(check)
            self.totals += found

        self._ask("control_total", measure, compare)

    def next_bills(self) -> None:
        sql = self.pack.control_sql("next_bill")
        if sql is None:
            self.note(_inconclusive("next_bill", "subscription", "controls/next_bill.sql"))
            return
        self._ask(
            "next_bill",
            "subscription",
            lambda: self.note(totals.compare_next_bills(self.reading, self.target, sql)),
        )

    def _compare(self, entity: Entity) -> None:
        check, cells = accounting.conservation(self.reading, self.target, entity)
        self.note(check)
        self.conservation += cells
        self._judge_rejections(entity)
        for declared in self.pack.maps:
            if declared.entity == entity.name:
                check, statuses = accounting.status_matrix(
                    self.reading, self.target, entity, declared
                )
                self.note(check)
                self.statuses += statuses
        self.note(records.compare_records(self.reading, self.target, entity))

    def _judge_rejections(self, entity: Entity) -> None:
        judged = judge_rejections(self.reading, entity)
        if judged is not None:
            check, found = judged
            self.note(check)
            self.rejections += found

    def _without_check(self, entity: Entity) -> Check | None:
        """An entity without a check is no question only if neither side has any of it."""
        known = entity.parent or entity.name
        if known not in self.pack.entities and not self._has_rows(entity):
            return None
        if entity.parent and not self._has_rows(entity):
            return None
        return _inconclusive("records", entity.name, f"checks/{entity.name}.sql")

    def _has_rows(self, entity: Entity) -> bool:
        return bool(self.target.connection.rows(_first(self.target.records(entity).query)))

    def _ask(self, name: str, subject: str, question: Callable[[], None]) -> bool:
        """False, and an inconclusive check, if the question cannot be put."""
        try:
            question()
        except (CheckUnreadable, QueryRefused) as refused:
            self.note(Check(name, subject, Verdict.INCONCLUSIVE, reason=refused.sentence))
            return False
        return True


def _evidence(status: str, is_same_snapshot: bool) -> Check:  # noqa: FBT001  two answers of one row
    """A comparison says something only of a finished load and of the snapshot it was made of."""
    if not is_same_snapshot:
        return Check("evidence", "load", Verdict.INCONCLUSIVE, reason=OTHER_SNAPSHOT)
    if status != "finished":
        return Check("evidence", "load", Verdict.INCONCLUSIVE, reason=UNFINISHED)
    return Check("evidence", "load", Verdict.PASS)


def _inconclusive(name: str, subject: str, file: str) -> Check:
    return Check(name, subject, Verdict.INCONCLUSIVE, reason=NO_CHECK.format(file=file))


def _first(query: str) -> str:
    return f"{query} limit 1"
