"""Bill runs by themselves: a stored schedule, kept by one process at a time.

What makes it safe is not the schedule: bill runs bill nothing twice, whoever begins them.  A lease
only keeps idle processes from running at once; if it is lost, nothing is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.invoicing import runs
from trueup.billing.scheduling import store
from trueup.billing.scheduling.errors import RunStopped, ScheduleMissing
from trueup.billing.scheduling.model import Every, Schedule
from trueup.billing.scheduling.rules import following
from trueup.kernel.errors import Fault

if TYPE_CHECKING:
    from trueup.billing.scheduling.model import Daily
    from trueup.billing.scheduling.ports import Stop, Watcher
    from trueup.db import Database, Tx
    from trueup.db.database import Lease
    from trueup.kernel.clock import Clock, Instant
    from trueup.kernel.progress import Progress

SECOND: Final = timedelta(seconds=1)
LEASE: Final = "bill schedule"
LOOK_SECONDS: Final = 15  # until a schedule that was changed, or left by its keeper, is noticed
RETRY_SECONDS: Final = 60


def set_schedule(tx: Tx, rhythm: Every | Daily, workers: int, at: Instant) -> Schedule:
    """Set when bill runs begin, in the place of any schedule before.

    An interval begins with a run at once; local times with the next of them.  The same schedule
    told again goes on as it is, with what it missed.  Raises TimeZoneUnknown, ConstraintBroken for
    an interval or workers out of range.
    """
    known = store.find_schedule(tx)
    if known is not None and (known.rhythm, known.workers) == (rhythm, workers):
        return known
    first = at if isinstance(rhythm, Every) else following(rhythm, at, at)
    schedule = Schedule(rhythm, workers, at, first)
    store.set_schedule(tx, schedule)
    return schedule


def find_schedule(tx: Tx) -> Schedule | None:
    """The schedule of the tenant, or None."""
    return store.find_schedule(tx)


def remove_schedule(tx: Tx) -> bool:
    """Remove the schedule, and say whether there was one; who keeps it ends at its next look."""
    return bool(store.remove_schedule(tx))


def keep_schedule(
    db: Database,
    tenant_id: int,
    clock: Clock,
    stop: Stop,
    watcher: Watcher,
    progress: Progress,
) -> None:
    """Run bill runs as the schedule says until `stop` is asked; another process stands by.

    One run makes up for all that were missed: it bills every period that is due, each once and in
    order (B11).  Faults that may pass are told and tried again.  Raises ScheduleMissing, and what a
    run refuses.
    """
    while not stop.is_asked():
        try:
            with db.lease(LEASE, tenant_id=tenant_id) as lease:
                if lease is None:
                    watcher.standing_by()
                    stop.wait(LOOK_SECONDS)
                else:
                    _Keeper(db, tenant_id, clock, stop, watcher, progress).keep(lease)
        except RunStopped:
            return
        except Fault as fault:
            if not fault.can_retry:
                raise
            watcher.failed(fault, RETRY_SECONDS)
            stop.wait(RETRY_SECONDS)


class _Keeper:
    """The process that has the lease."""

    def __init__(
        self,
        db: Database,
        tenant_id: int,
        clock: Clock,
        stop: Stop,
        watcher: Watcher,
        progress: Progress,
    ) -> None:
        self._db = db
        self._tenant_id = tenant_id
        self._clock = clock
        self._stop = stop
        self._watcher = watcher
        self._progress = _Stoppable(progress, stop)

    def keep(self, lease: Lease) -> None:
        """Wait and run until somebody asks to stop, or the lease is lost."""
        while not self._stop.is_asked() and lease.is_held():
            with self._db.transaction(tenant_id=self._tenant_id) as tx:
                schedule = store.find_schedule(tx)
            if schedule is None:
                raise ScheduleMissing
            left = -((self._clock.now() - schedule.next_at) // SECOND)  # rounded up
            if left > 0:
                self._watcher.waiting(schedule.next_at)
                self._stop.wait(min(left, LOOK_SECONDS))
            else:
                self._run(schedule)

    def _run(self, schedule: Schedule) -> None:
        """A run, and only after it the next moment: one that is cut short is made up for."""
        report = runs.run(
            self._db,
            self._tenant_id,
            self._clock.now(),
            self._clock,
            workers=schedule.workers,
            progress=self._progress,
        )
        next_at = following(schedule.rhythm, schedule.set_at, self._clock.now())
        with self._db.transaction(tenant_id=self._tenant_id) as tx:
            store.move_on(tx, schedule, next_at)
        self._watcher.ran(report, next_at)


class _Stoppable:
    """Progress of a run that ends between two chunks, each of them committed before it is told."""

    def __init__(self, inner: Progress, stop: Stop) -> None:
        self._inner = inner
        self._stop = stop

    def begin(self, task: str, total: int | None, *, unit: str = "rows") -> None:
        self._inner.begin(task, total, unit=unit)

    def advance(self, count: int = 1) -> None:
        self._inner.advance(count)
        if self._stop.is_asked():
            raise RunStopped

    def end(self) -> None:
        self._inner.end()
