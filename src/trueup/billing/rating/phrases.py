"""What a customer reads of an amount, a table for each language; see `phrases.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Phrases: TypeAlias = "Mapping[str, str]"


@cache
def all_phrases() -> Mapping[str, Phrases]:
    """The tables by language."""
    text = files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
