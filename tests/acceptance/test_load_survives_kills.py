"""The loader is killed at every chunk boundary and at random moments; the books come out the same.

Proves: M41 (checkpoint in the transaction of its rows), M39 (a rerun changes nothing), and the
acceptance test "kill the loader anywhere; the final canonical hash is equal".
`make soak` runs thousands of random kills: TRUEUP_SOAK_KILLS says how many.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.support.content import content_hash

from trueup.db import Database, create_tenant
from trueup.kernel.clock import SystemClock
from trueup.kernel.progress import SILENT
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import find_pack, open_pack
from trueup.migration.sample import service as sample
from trueup.migration.sources import service as sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.postgres import PostgresForTests

    from trueup.db import Tx
    from trueup.migration.sources.snapshot import Snapshot

CUSTOMERS = 150
PART_ROWS = 130  # makes more than fifty chunks of such a sample
RANDOM_KILLS = int(os.environ.get("TRUEUP_SOAK_KILLS", "12"))
RUNS_MAX = 500


class KilledAfterCommit(Database):
    """Kills its process right after the first commit of a chunk that is new to this run."""

    known = 0

    @contextmanager
    def transaction(self, *, tenant_id: int) -> Iterator[Tx]:
        with super().transaction(tenant_id=tenant_id) as tx:
            yield tx
        if committed(self.address) > self.known:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("kills")
    legacy = f"sqlite:///{folder / 'legacy.db'}"
    sample.make_legacy(
        legacy, customers=CUSTOMERS, dirt=sample.DEFAULT_DIRT, seed=11, progress=SILENT
    )
    return sources.extract(legacy, folder / "snapshot", part_rows=PART_ROWS, clock=SystemClock())


def load(url: str, tenant_id: int, snapshot: Snapshot, scratch: Path) -> None:
    with Database.connect(url) as db:
        load_into(db, tenant_id, snapshot, scratch)


def load_one_commit(url: str, tenant_id: int, snapshot: Snapshot, scratch: Path) -> None:
    with KilledAfterCommit.connect(url) as db:
        db.known = committed(url)
        load_into(db, tenant_id, snapshot, scratch)


def load_into(db: Database, tenant_id: int, snapshot: Snapshot, scratch: Path) -> None:
    backfill.load(
        backfill.Destination(db, tenant_id, "legacy"),
        snapshot,
        open_pack(find_pack("legacy-001")),
        scratch=scratch,
        clock=SystemClock(),
    )


def run_in_child(job: Callable[[], None], *, kill_after: float | None = None) -> bool:
    """Whether the job finished; it runs in a process of its own, killed after `kill_after` s."""
    child = os.fork()
    if child == 0:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  the child has nobody to raise to
            print(error, file=sys.stderr)  # noqa: T201  shown if the test fails
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert not (os.WIFEXITED(status) and os.WEXITSTATUS(status)), "the load failed by itself"
    return os.WIFEXITED(status)


def committed(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from migration.checkpoint").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def database_clones(postgres: PostgresForTests) -> Callable[[], str]:
    return postgres.clone


@pytest.fixture(scope="module")
def undisturbed(
    database_clones: Callable[[], str],
    snapshot: Snapshot,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The hash of the books that a load makes when nobody kills it."""
    url = database_clones()
    load(url, tenant_in(url), snapshot, tmp_path_factory.mktemp("undisturbed"))
    return content_hash(url)


def tenant_in(url: str) -> int:
    with Database.connect(url) as db:
        return create_tenant(db, "acme")


def test_a_load_killed_after_every_commit_ends_in_the_same_books(
    undisturbed: str, database_clones: Callable[[], str], snapshot: Snapshot, tmp_path: Path
) -> None:
    url = database_clones()
    tenant_id = tenant_in(url)
    kills = 0
    for _ in range(RUNS_MAX):
        if run_in_child(lambda: load_one_commit(url, tenant_id, snapshot, tmp_path)):
            break
        kills += 1
    assert kills >= 50
    assert content_hash(url) == undisturbed


def test_a_load_killed_at_random_moments_ends_in_the_same_books(
    undisturbed: str, postgres: PostgresForTests, snapshot: Snapshot, tmp_path: Path
) -> None:
    """A kill after the last commit proves little, so books that are finished make way for new."""
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)  # noqa: T201  a failure can be repeated with it
    moments = random.Random(seed)  # noqa: S311  a test's dice
    kills = 0
    while kills < RANDOM_KILLS:
        url = postgres.clone()
        tenant_id = tenant_in(url)
        is_finished = False
        while not is_finished and kills < RANDOM_KILLS:
            is_finished = run_in_child(
                lambda: load(url, tenant_id, snapshot, tmp_path),  # noqa: B023  run at once
                kill_after=moments.uniform(0.0, 1.5),
            )
            kills += not is_finished
        load(url, tenant_id, snapshot, tmp_path)
        assert content_hash(url) == undisturbed, f"after {kills} kills, seed {seed}"
        postgres.drop(url)
    print("kills", kills)  # noqa: T201  those that did kill
