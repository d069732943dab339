"""Verdicts on mutants, kept beside them as mutmut keeps them, whole at every moment.

A run that is stopped while it writes would otherwise leave half a file, which the next cannot read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData

FOLDER = Path("mutants")


@dataclass(slots=True)
class Verdicts:
    """Of one file.  seen: by mutant, the digest of the tests that judged it."""

    data: SourceFileMutationData
    seen: dict[str, str]

    @classmethod
    def of(cls, path: Path) -> Verdicts:
        data = SourceFileMutationData(path=path)
        data.load()
        place = _seen_of(path)
        return cls(data, json.loads(place.read_text()) if place.exists() else {})

    def save(self) -> None:
        """The tests first: a verdict without them is only tried again."""
        place = _seen_of(Path(self.data.path))
        _beside(place).write_text(json.dumps(self.seen))
        _beside(place).replace(place)
        place, self.data.meta_path = self.data.meta_path, _beside(self.data.meta_path)
        self.data.save()
        self.data.meta_path = self.data.meta_path.replace(place)


def _seen_of(path: Path) -> Path:
    return FOLDER / f"{path}.tests"


def _beside(place: Path) -> Path:
    return place.with_name(f"{place.name}.new")
