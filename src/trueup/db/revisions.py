"""The revisions of the schema: one plain .sql file each, in schema/versions.

Its name gives number, subject and kind: `0002_ledger.pre.sql` expands the schema before code
needs it, `….post.sql` contracts it after the last code that did.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = Path(str(resources.files(__package__))) / "schema"
FILE_SHAPE = re.compile(r"(?P<revision>\d{4})_[a-z][a-z0-9_]*\.(?P<kind>pre|post)\.sql")


def revision_files(folder: Path) -> Sequence[Path]:
    """The revisions of `folder`, oldest first.

    Raises Defect for a file that is not named as one, or numbers that repeat or leave a gap.
    """
    paths = sorted(folder.glob("*.sql"))
    for number, path in enumerate(paths, start=1):
        shape = FILE_SHAPE.fullmatch(path.name)
        check(shape, "a revision is named 0001_subject.pre.sql or .post.sql", file=path.name)
        is_next = shape is not None and int(shape["revision"]) == number
        check(is_next, "revisions count up from 0001 without gaps", file=path.name)
    return paths


def revision_of(path: Path) -> str:
    """The number that a revision is known by, in four digits."""
    return path.name[:4]
