"""Progress of entities that are worked on side by side, told one after another."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.kernel.progress import Progress


class InTurn:
    """Tells of one entity at a time, in order; what happens to later ones is told in their turn.

    rows: of each entity's table, None where it has none.
    """

    def __init__(self, progress: Progress, rows: Mapping[str, int | None]) -> None:
        self._progress = progress
        self._rows = rows
        self._turns = deque(rows)
        self._untold: dict[str, list[int]] = {entity: [] for entity in rows}
        self._ended: set[str] = set()
        self._lock = Lock()
        self._begin()

    def advance(self, entity: str, count: int) -> None:
        with self._lock:
            if entity == self._turns[0]:
                self._progress.advance(count)
            else:
                self._untold[entity].append(count)

    def end(self, entity: str) -> None:
        with self._lock:
            self._ended.add(entity)
            while self._turns and self._turns[0] in self._ended:
                self._progress.end()
                self._turns.popleft()
                self._begin()

    def _begin(self) -> None:
        if not self._turns:
            return
        entity = self._turns[0]
        self._progress.begin(entity, self._rows[entity])
        for count in self._untold.pop(entity):
            self._progress.advance(count)
