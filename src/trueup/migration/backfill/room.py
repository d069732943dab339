"""Where writers map their steps: side by side, or one alone when memory is short.

How much a step takes is not known before, and two large ones may meet. What found too little beside
another is done again when nobody else is at work; only what does not fit alone fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, TypeVar

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")


class Room:
    """Safe between threads; no step may begin another."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._is_taken = False

    def do(self, step: Callable[[], Result], *, forget: Callable[[], None]) -> Result:
        """What `step` gives, beside others or else alone.

        step: can be done again after it failed.  forget: frees what a failed step left.
        Raises duckdb.OutOfMemoryException if there is too little for it alone.
        """
        try:
            with self._beside_others():
                return step()
        except duckdb.OutOfMemoryException:
            forget()
        with self._alone():
            return step()

    @contextmanager
    def _beside_others(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken)
            self._is_taken = True  # nobody comes in from now on
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()
