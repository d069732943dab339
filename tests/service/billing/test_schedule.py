"""A schedule of bill runs: at stored times, by one process, made up for after downtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta

import pytest
from tests.service.billing.worlds import FEE, World, day

from trueup.billing.invoicing import runs
from trueup.billing.invoicing.errors import WorkerDied
from trueup.billing.scheduling import service as scheduling
from trueup.billing.scheduling.errors import ScheduleMissing
from trueup.billing.scheduling.model import Daily, Every
from trueup.db.errors import ConnectionLost, ConstraintBroken
from trueup.kernel.progress import SILENT

HOURLY = Every(timedelta(hours=1))


@dataclass
class Nights:
    """Time that passes while somebody waits; asks to stop when it is over, or after some looks."""

    world: World
    until: object
    looks: int = 1_000

    def is_asked(self):
        self.looks -= 1
        return self.looks < 0 or self.world.clock.at >= self.until

    def wait(self, seconds):
        self.world.clock.at += timedelta(seconds=seconds)


@dataclass
class Heard:
    """What a watcher was told."""

    said: list = field(default_factory=list)

    def standing_by(self):
        self.said.append("standing by")

    def waiting(self, until):
        if self.said[-1:] != [until]:
            self.said.append(until)

    def ran(self, report, following):
        assert following > report.until
        self.said.append((report.done.invoices, report.until.isoformat()[:16]))

    def failed(self, fault, retry_seconds):
        assert retry_seconds > 0
        self.said.append(fault.code)

    @property
    def runs(self):
        return [each for each in self.said if isinstance(each, tuple)]


@pytest.fixture
def world(db, tenant_id):
    world = World(db, tenant_id).entity().plan("pro", FEE).customer("ann")
    world.clock.at = day("2026-01-10")
    return world.start("s", "ann", "pro", "2026-01-10")


def keep(world, until, **terms):
    heard = Heard()
    scheduling.keep_schedule(world.db, world.tenant_id, world.clock, Nights(world, day(until), **terms), heard, SILENT)  # fmt: skip
    return heard


def scheduled(world, rhythm=HOURLY, workers=1):
    with world.tx() as tx:
        return scheduling.set_schedule(tx, rhythm, workers, world.clock.now())


def next_at(world):
    with world.tx() as tx:
        return scheduling.find_schedule(tx).next_at


def test_runs_begin_by_themselves_and_are_recorded(world, monkeypatch):
    monkeypatch.setattr(scheduling, "LOOK_SECONDS", 3600)
    scheduled(world, Daily((time(12),), "UTC"))
    heard = keep(world, "2026-01-13")
    assert [when for _, when in heard.runs] == [
        "2026-01-10T12:00",
        "2026-01-11T12:00",
        "2026-01-12T12:00",
    ]
    assert sum(count for count, _ in heard.runs) == 1
    with world.tx() as tx:
        assert len(runs.past_runs(tx)) == 3


def test_an_interval_begins_at_once_and_keeps_its_beat(world):
    scheduled(world)
    heard = keep(world, "2026-01-10T02:30")
    assert [when[-5:] for _, when in heard.runs] == ["00:00", "01:00", "02:00"]


def test_after_downtime_one_run_makes_up_for_all(world):
    """B11: three months are billed once each, in order, and the beat goes on from now."""
    scheduled(world)
    world.clock.at = day("2026-04-01")
    heard = keep(world, "2026-04-01T00:30")
    assert heard.runs == [(3, "2026-04-01T00:00")]
    issued = [row.issued_at for row in world.rows("invoices")]
    assert issued == sorted(set(issued))
    assert next_at(world) > day("2026-04-01")


def test_the_same_schedule_told_again_makes_up_for_what_was_missed(world):
    """A service manager begins the same command line after the night in which it was down."""
    nightly = Daily((time(2),), "Europe/Berlin")
    scheduled(world, nightly)
    world.clock.at = day("2026-01-12")
    assert scheduled(world, nightly).next_at == day("2026-01-10T01:00")
    assert keep(world, "2026-01-12T00:30").runs == [(1, "2026-01-12T00:00")]


def test_a_second_process_stands_by_and_takes_over(world):
    scheduled(world)
    with world.db.lease(scheduling.LEASE, tenant_id=world.tenant_id) as lease:
        assert lease is not None
        heard = keep(world, "2026-01-10T02:00", looks=3)
    assert set(heard.said) == {"standing by"}
    assert world.rows("invoices") == []
    assert keep(world, "2026-01-10T02:00").runs[0][0] == 1


def test_a_keeper_that_lost_its_lease_does_not_go_on(world):
    """Whoever has it by then bills; the one who lost it asks for it again first."""
    scheduled(world)
    with world.db.lease(scheduling.LEASE, tenant_id=world.tenant_id) as lease:
        lease._tx._connection.close()
        assert not lease.is_held()
        with world.db.lease(scheduling.LEASE, tenant_id=world.tenant_id) as other:
            assert other is not None


def test_asked_to_stop_it_ends_between_chunks_and_the_next_one_goes_on(world, monkeypatch):
    """What was committed is billed, the rest comes when somebody keeps the schedule again."""
    for number in range(3):
        world.customer(f"c{number}").start(f"c{number}", f"c{number}", "pro", "2026-01-10")
    monkeypatch.setattr("trueup.billing.invoicing.running.RENEWALS", 1)
    monkeypatch.setattr("trueup.billing.invoicing.running.CHUNK", 1)
    scheduled(world)
    # three looks: before the lease, under it, and after the first chunk
    stopped = keep(world, "2026-01-20", looks=2)
    assert (stopped.runs, len(world.rows("invoices"))) == ([], 1)
    assert next_at(world) <= world.clock.at + timedelta(seconds=1)
    keep(world, "2026-01-10T00:30")
    assert len(world.rows("invoices")) == 4


def test_a_fault_that_passes_is_told_and_tried_again(world, monkeypatch):
    real, faults = runs.run, [ConnectionLost("gone", fix="wait"), WorkerDied(exit_status=9)]

    def failing(*arguments, **options):
        if faults:
            raise faults.pop()
        return real(*arguments, **options)

    monkeypatch.setattr(runs, "run", failing)
    scheduled(world)
    heard = keep(world, "2026-01-10T00:30")
    assert [each for each in heard.said if isinstance(each, str)] == [
        "bill_worker_died",
        "connection_lost",
    ]
    assert heard.runs[0][0] == 1


def test_a_schedule_that_is_removed_ends_its_keeper(world):
    with pytest.raises(ScheduleMissing):
        keep(world, "2026-01-11")
    scheduled(world)
    with world.tx() as tx:
        assert scheduling.remove_schedule(tx)
        assert not scheduling.remove_schedule(tx)
        assert scheduling.find_schedule(tx) is None


def test_a_schedule_set_anew_while_a_run_is_under_way_is_kept(world, monkeypatch):
    """The run's end moves on the schedule it was begun by, and no other."""
    real = runs.run
    scheduled(world)

    def meanwhile(*arguments, **options):
        scheduled(world, Daily((time(3),), "Europe/Berlin"))
        return real(*arguments, **options)

    monkeypatch.setattr(runs, "run", meanwhile)
    keep(world, "2026-01-10T00:30", looks=2)
    assert next_at(world) == day("2026-01-10T02:00")


@pytest.mark.parametrize(
    ("rhythm", "workers"),
    [(Every(timedelta(days=8)), 1), (Every(timedelta(seconds=30)), 1), (HOURLY, 65)],
)
def test_what_is_out_of_range_is_refused(world, rhythm, workers):
    with pytest.raises(ConstraintBroken):
        scheduled(world, rhythm, workers)
