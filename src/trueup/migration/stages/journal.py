"""When each stage of a workspace last finished and how long it took; for the report."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trueup.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Finished:
    """finished_at: ISO 8601 in UTC.  seconds: by a clock that never goes back (M15)."""

    finished_at: str
    seconds: float


class Journal:
    """The file `stages.json` of a workspace; absent until the first stage has finished."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Note the stage when the block ends well."""
        begun = self._clock.monotonic()
        yield
        took = self._clock.monotonic() - begun
        noted = self.read()
        noted[stage] = Finished(self._clock.now().isoformat(timespec="seconds"), round(took, 1))
        text = json.dumps({name: [each.finished_at, each.seconds] for name, each in noted.items()})
        self._file.write_text(text, encoding="utf-8")

    def read(self) -> dict[str, Finished]:
        """The finished stages by name, in the order in which they first finished."""
        if not self._file.is_file():
            return {}
        noted = json.loads(self._file.read_text("utf-8"))
        return {name: Finished(at, seconds) for name, (at, seconds) in noted.items()}
