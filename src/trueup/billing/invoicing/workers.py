"""Several processes at one bill run.

Each has a connection of its own; what they share is the queue of due subscriptions: the table.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import contextmanager
from queue import Empty
from typing import TYPE_CHECKING, Any

from trueup.billing.invoicing import reading
from trueup.billing.invoicing.errors import WorkerDied
from trueup.billing.invoicing.model import Tally
from trueup.billing.invoicing.running import Worker, work
from trueup.db import Database
from trueup.kernel.clock import SystemClock
from trueup.kernel.errors import TrueupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.process import BaseProcess
    from uuid import UUID

    from trueup.kernel.clock import Clock, Instant

WAIT_SECONDS = 1


def worker_of(db: Database, tenant_id: int, run_id: UUID, until: Instant, clock: Clock) -> Worker:
    """A worker that has read what the tenant agreed."""
    with db.transaction(tenant_id=tenant_id) as tx:
        agreed = reading.conventions(tx)
    return Worker(run_id, until, agreed, clock)


def work_in_processes(
    db: Database,
    tenant_id: int,
    worker: Worker,
    *,
    count: int,
    done: Callable[[Tally], None],
) -> Tally:
    """`work` by `count` processes at once, this one among them; `done` is told of each chunk.

    Raises what the first of them to fail raised, and WorkerDied for one that vanished; what was
    committed by then is billed, the rest is still due.
    """
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    task = (db.address, tenant_id, worker.run_id, worker.until, queue)
    processes = [
        context.Process(target=_work_here, args=task, daemon=True) for _ in range(count - 1)
    ]
    try:
        with deaf_to_interrupts():
            for process in processes:
                process.start()
        own = work(db, tenant_id, worker, done)
        return own.plus(_gathered(queue, processes, done))
    finally:
        end(processes)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started within do not hear Ctrl-C: who started them ends them.

    A terminal sends it to all of them, and each would tell of it by a traceback, some of them while
    they are still importing.  The mask is inherited; ours is lifted at the end, and what came
    meanwhile is heard then.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(processes: Iterable[BaseProcess]) -> None:
    """End those that run; a chunk that was not committed is still due.  Some may not have begun."""
    begun = [process for process in processes if process.pid is not None]
    for process in begun:
        process.terminate()
    for process in begun:
        process.join()


def _gathered(queue: Any, processes: list[Any], done: Callable[[Tally], None]) -> Tally:
    total, running = Tally(), len(processes)
    while running:
        told = _told(queue, processes)
        if told is None:
            running -= 1
        elif isinstance(told, TrueupError):
            raise told
        else:
            done(told)
            total = total.plus(told)
    return total


def _told(queue: Any, processes: list[Any]) -> Any:
    """What the next worker says; one that ends without a word has died."""
    while True:
        try:
            return queue.get(timeout=WAIT_SECONDS)
        except Empty:
            dead = next((p for p in processes if p.exitcode not in {None, 0}), None)
            if dead is not None:
                raise WorkerDied(exit_status=dead.exitcode) from None


def _work_here(address: str, tenant_id: int, run_id: UUID, until: Instant, queue: Any) -> None:
    """A process of `work_in_processes`."""
    with Database.connect(address) as db:
        try:
            worker = worker_of(db, tenant_id, run_id, until, SystemClock())
            work(db, tenant_id, worker, queue.put)
        except TrueupError as error:
            queue.put(error)
            return
    queue.put(None)
