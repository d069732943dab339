"""What share of the pure modules' statements unit tests run, by room and slice.

`python -m tests.support.covered` reads what pytest-cov kept and fails below `FLOOR` percent. The
modules are those of `[tool.mutmut]`; the ledger's service and store are counted besides: they are
statements to the database and no mutant is made of them, so their own tests cover them.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from coverage import Coverage
from mutmut.configuration import config
from tests.support.scores import home_of, tell

FLOOR = 95  # percent of statements: the readiness document's domain gate
BESIDES = {"src/trueup/ledger/service.py", "src/trueup/ledger/store.py"}


def measured() -> dict[str, tuple[int, list[int]]]:
    """Of each file how many statements it has and which lines were not run."""
    coverage = Coverage()
    coverage.load()
    found = {}
    for path in sorted(Path("src/trueup").rglob("*.py")):
        if config().should_mutate(path) or path.as_posix() in BESIDES:
            _name, statements, _excluded, missing, _text = coverage.analysis2(str(path))
            found[path.as_posix()] = (len(statements), missing)
    return found


def main() -> int:
    statements: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for path, (count, missing) in measured().items():
        for name in (home_of(Path(path)), "all"):
            statements[name] += count
            missed[name] += len(missing)
        if 100 * len(missing) > (100 - FLOOR) * count:
            tell(f"{path}: lines {', '.join(map(str, missing))}")
    low = [name for name in statements if 100 * missed[name] > (100 - FLOOR) * statements[name]]
    for name, count in statements.items():
        share = 100 * (count - missed[name]) / count if count else 100.0
        tell(f"{share:6.1f} %  {count - missed[name]:>6} of {count:<6} {name}")
    if low:
        tell(f"below {FLOOR} %: {', '.join(low)}")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
