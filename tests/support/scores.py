"""What share of mutants tests noticed, by room and slice; read from what mutmut keeps beside them."""

from __future__ import annotations

import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.utils.file_utils import walk_mutatable_files

FLOOR = 80  # percent of mutants noticed: the readiness document's domain gate
KILLED, SURVIVED, NO_TESTS, TIMED_OUT = 1, 0, 33, 36  # mutmut's own codes
NOTICED = {KILLED, TIMED_OUT}


def in_sample(mutant: str, every: int) -> bool:
    """Whether a mutant is of the sample of one in `every`: the same ones at every run."""
    return zlib.crc32(mutant.encode()) % every == 0


def verdicts_of(path: Path, every: int = 1) -> Counter[int | None]:
    data = SourceFileMutationData(path=path)
    data.load()
    return Counter(code for name, code in data.exit_code_by_key.items() if in_sample(name, every))


def chosen(path: Path, parts: list[str]) -> bool:
    return not parts or any(part in path.as_posix() for part in parts)


def home_of(path: Path) -> str:
    """The room, or the slice where a room has slices."""
    _src, _package, room, *rest = path.parts
    return f"{room}/{rest[0]}" if room in {"billing", "migration"} else room


def line_of(name: str, verdicts: Counter[int | None]) -> str:
    total = verdicts.total()
    noticed = sum(verdicts[code] for code in NOTICED)
    share = 100 * noticed / total if total else 100.0
    rest = f"survived {verdicts[SURVIVED]}, no tests {verdicts[NO_TESTS]}, untried {verdicts[None]}"
    return f"{share:6.1f} %  {noticed:>6} of {total:<6} {name} ({rest})"


def report(parts: list[str], every: int = 1) -> bool:
    """Print the scores of rooms and slices and of all; True when none is below the floor."""
    scores: dict[str, Counter[int | None]] = defaultdict(Counter)
    for path in walk_mutatable_files():
        if chosen(path, parts):
            scores[home_of(path)] += verdicts_of(path, every)
    scores["all"] = sum(scores.values(), Counter())
    tell("")
    for name, verdicts in scores.items():
        tell(line_of(name, verdicts))
    low = [
        name
        for name, verdicts in scores.items()
        if 100 * sum(verdicts[code] for code in NOTICED) < FLOOR * verdicts.total()
    ]
    if low:
        tell(f"below {FLOOR} %: {', '.join(low)}")
    return not low


def tell(line: str) -> None:
    print(line, file=sys.__stdout__, flush=True)
