"""What documents say of lines and taxes, a table for each language; see `wording.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def all_wording() -> Mapping[str, Mapping[str, str]]:
    """The tables by language."""
    text = files(__package__).joinpath("wording.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
