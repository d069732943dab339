from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trueup.kernel.clock import StandingClock, SystemClock
from trueup.kernel.progress import SILENT


def test_the_systems_clock_speaks_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_duration_never_runs_backwards():
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


def test_silence_accepts_every_report():
    SILENT.begin("load", None)
    SILENT.advance()
    SILENT.advance(2)
    SILENT.end()


def test_a_standing_clock_tells_what_it_was_told_and_measures_all_the_same():
    told = datetime(2026, 3, 1, tzinfo=UTC)
    clock = StandingClock(told)
    assert (clock.now(), clock.now()) == (told, told)
    first, second = clock.monotonic(), SystemClock().monotonic()
    assert first <= second
