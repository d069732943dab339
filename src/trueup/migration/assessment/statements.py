"""The slice's SQL, by name, with its places filled: by fragments, never by values as they came.

A place is written `{{name}}` and filled by text that `rules.fragments` quoted: DuckDB takes no
parameters in view definitions, and identifiers are never parameters.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")


def statement(name: str, **places: str) -> str:
    """The statement called `name`, every place filled; a place without a filling is a defect."""
    text = _statements().get(name)
    check(text is not None, "a statement is in a file of queries", name=name)
    return _PLACE.sub(lambda place: _filling(name, place[1], places), str(text))


def _filling(name: str, place: str, places: Mapping[str, str]) -> str:
    check(place in places, "every place of a statement is filled", name=name, place=place)
    return places[place]


@cache
def _statements() -> Mapping[str, str]:
    found: dict[str, str] = {}
    folder = resources.files("trueup.migration.assessment") / "queries"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        pieces = _NAME.split(file.read_text(encoding="utf-8"))
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            check(name not in found, "a statement's name is its own", name=name)
            found[name] = text.strip().removesuffix(";")
    return MappingProxyType(found)
