from __future__ import annotations

from datetime import timedelta

from trueup.kernel.clock import SystemClock
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
