"""What of a load may be done next, for several workers at once.

An entity's table is surveyed, then its chunks are loaded in any order, then it is finished. Chunks
wait until every kind of record that they may refer to is finished; nothing else waits for anything,
so that a worker without a chunk looks through the next table, or loads what nobody refers to.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Act(Enum):
    SURVEY = auto()
    CHUNK = auto()
    FINISH = auto()


@dataclass(frozen=True, slots=True)
class Work:
    """What an entity asks for.

    needs: entities to be finished before its first chunk.  is_survey_ready: whether its survey
    asks nothing of them.
    """

    entity: str
    chunks: tuple[int, ...]
    needs: frozenset[str]
    is_survey_ready: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. chunk: of the entity's, when that is what is to be done."""

    act: Act
    entity: str
    chunk: int | None = None


class _Stage(Enum):
    NEW = auto()
    SURVEYED = auto()
    FINISHED = auto()
    BUSY = auto()  # somebody surveys or finishes it


@dataclass(slots=True)
class _Progress:
    work: Work
    stage: _Stage = _Stage.NEW
    waiting: deque[int] = field(default_factory=deque)
    taken: int = 0


class Schedule:
    """Hands each step to one worker. Safe between threads.

    works: in an order in which nothing comes before what it needs; earlier ones go first.  What is
    needed and not among them counts as finished.
    """

    def __init__(self, works: Iterable[Work]) -> None:
        self._progress = {
            work.entity: _Progress(work, waiting=deque(work.chunks)) for work in works
        }
        self._changed = Condition()
        self._is_stopped = False

    def take(self) -> Step | None:
        """A step to do now; waits while there is none yet, None when there is none left."""
        with self._changed:
            while not self._is_over():
                if step := self._next():
                    return step
                self._changed.wait()
            return None

    def done(self, step: Step) -> None:
        """What `take` gave is done."""
        with self._changed:
            found = self._progress[step.entity]
            match step.act:
                case Act.SURVEY:
                    found.stage = _Stage.SURVEYED
                case Act.CHUNK:
                    found.taken -= 1
                case Act.FINISH:
                    found.stage = _Stage.FINISHED
            self._changed.notify_all()

    def stop(self) -> None:
        """Give out nothing more; whatever stops one worker stops the others at their next step."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _is_over(self) -> bool:
        stages = (each.stage for each in self._progress.values())
        return self._is_stopped or all(stage is _Stage.FINISHED for stage in stages)

    def _next(self) -> Step | None:
        for entity, found in self._progress.items():
            is_free = all(self._is_finished(each) for each in found.work.needs)
            if found.stage is _Stage.NEW and (is_free or found.work.is_survey_ready):
                found.stage = _Stage.BUSY
                return Step(Act.SURVEY, entity)
            if found.stage is not _Stage.SURVEYED or not is_free:
                continue
            if found.waiting:
                found.taken += 1
                return Step(Act.CHUNK, entity, found.waiting.popleft())
            if not found.taken:
                found.stage = _Stage.BUSY
                return Step(Act.FINISH, entity)
        return None

    def _is_finished(self, entity: str) -> bool:
        found = self._progress.get(entity)
        return found is None or found.stage is _Stage.FINISHED
