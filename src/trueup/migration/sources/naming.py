"""One spelling for names that engines and files spell in their own ways."""

from __future__ import annotations

import re
from typing import Final

from trueup.migration.sources.model import Names

_BOUNDARY: Final = re.compile(
    r"(?<=[^\W_A-Z])(?=[A-Z])"  # a capital begins a word: invoice|Line
    r"|(?<=[A-Z])(?=[A-Z][a-z])"  # the last of several capitals does, too: VAT|Rate
    r"|[\W_]+"  # what is neither letter nor digit parts words
)


def snake_case(name: str) -> str:
    """The words of `name` in small letters, joined by underscores; what is so already stays.

    A name without letters and digits stays as it is.
    """
    return _BOUNDARY.sub("_", name).strip("_").lower() or name


def spelled(name: str, names: Names) -> str:
    """`name`, a table's or a column's, as it is called under `names`."""
    return snake_case(name) if names is Names.SNAKE_CASE else name
