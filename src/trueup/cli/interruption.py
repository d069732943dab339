"""Ctrl-C: heard at once, and obeyed even where a library waits without listening."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Final

from trueup.cli import failures
from trueup.cli.consoles import ERR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

GRACE_SECONDS: Final = 10
"""What a command is given to end in good order; a second Ctrl-C ends it at once."""


@dataclass(slots=True)
class Interruption:
    """Whether Ctrl-C came.

    Drivers turn it into errors of their own ("query interrupted"), so what is raised does not tell.
    """

    came: bool = False

    def take(self, _signal: int, _frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[Interruption]:
    """Raise KeyboardInterrupt in the main thread at Ctrl-C, or end the process if it cannot be.

    Python raises it only between its own instructions, and a driver may wait for a silent server
    for hours.  To be ended anywhere is safe: all we write is written whole or not at all.
    """
    interruption = Interruption()
    ear, bell = os.pipe()
    os.set_blocking(bell, False)
    handler = signal.signal(signal.SIGINT, interruption.take)
    descriptor = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    watcher = Thread(target=_watch, args=(ear,), daemon=True)
    watcher.start()
    try:
        yield interruption
    finally:
        signal.set_wakeup_fd(descriptor)
        signal.signal(signal.SIGINT, handler)
        os.close(bell)
        watcher.join()
        os.close(ear)


def _watch(ear: int) -> None:
    """Hear signals by their numbers until the bell is closed."""
    patience: int | None = None  # until the first Ctrl-C for ever
    while True:
        is_heard, _, _ = select.select([ear], [], [], patience)
        heard = os.read(ear, 1) if is_heard else b""
        if is_heard and not heard:
            return
        if patience is not None and (not is_heard or heard[0] == signal.SIGINT):
            ERR.show_cursor()  # a progress bar hides it
            sys.stderr.write(f"\n{failures.STOPPED}\n")
            os._exit(failures.INTERRUPTED)
        if heard[0] == signal.SIGINT:
            patience = GRACE_SECONDS
