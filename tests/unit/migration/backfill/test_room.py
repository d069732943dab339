"""Steps that do not fit into memory beside each other are done one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import duckdb
import pytest

from trueup.migration.backfill.room import Room

PATIENCE = 20
"""Seconds that a thread waits for the other before the test fails."""

FILL = "create or replace temp table filled as select repeat('x', 100) || i from range($rows) t(i)"
LARGE, TOO_LARGE = 450_000, 3_000_000


@pytest.fixture
def small():
    """Memory that holds one large table, and no second one; nothing goes to the disk instead."""
    limits = {"memory_limit": "72MB", "threads": 1, "temp_directory": ""}
    with duckdb.connect(config=limits) as connection:
        yield connection


def fill(cursor, rows):
    cursor.execute(FILL, {"rows": rows})
    return cursor.execute("select count(*) from filled").fetchall()[0][0]


def drop(cursor):
    cursor.execute("drop table if exists temp.filled")


def test_two_large_steps_do_not_fit_beside_each_other(small):
    """What the next test rests on."""
    first, second = small.cursor(), small.cursor()
    assert fill(first, LARGE) == LARGE
    with pytest.raises(duckdb.OutOfMemoryException):
        fill(second, LARGE)


def test_a_step_that_finds_too_little_beside_another_is_done_when_that_is_over(small):
    room, first, second = Room(), small.cursor(), small.cursor()
    is_full, has_failed = Event(), Event()

    def hold():
        fill(first, LARGE)
        is_full.set()
        assert has_failed.wait(PATIENCE)
        drop(first)
        return "held"

    def follow():
        assert is_full.wait(PATIENCE)
        return fill(second, LARGE)

    def forget():
        drop(second)
        has_failed.set()

    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(room.do, hold, forget=lambda: drop(first))
        followed = pool.submit(room.do, follow, forget=forget)
        assert (held.result(PATIENCE), followed.result(PATIENCE)) == ("held", LARGE)
    assert has_failed.is_set()


def test_what_does_not_fit_alone_fails_and_the_room_is_open_again(small):
    room, cursor = Room(), small.cursor()
    forgotten = []
    with pytest.raises(duckdb.OutOfMemoryException):
        room.do(lambda: fill(cursor, TOO_LARGE), forget=lambda: forgotten.append(drop(cursor)))
    assert len(forgotten) == 1
    assert room.do(lambda: fill(cursor, LARGE), forget=lambda: drop(cursor)) == LARGE
