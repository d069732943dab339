"""The dialect that a case's convention names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Proration
from trueup.billing.dialect.presets import PRESETS, TRUEUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.dialect.model import Dialect

ROUNDINGS: Final = {
    "half_up": "ROUND_HALF_UP",
    "half_even": "ROUND_HALF_EVEN",
    "up": "ROUND_UP",
    "down": "ROUND_DOWN",
    "floor": "ROUND_FLOOR",
    "ceiling": "ROUND_CEILING",
}


def dialect_of(name: str | None, conventions: Mapping[str, Any]) -> Dialect:
    """The preset of that name, with the proration and rounding that the file states for it."""
    dialect = PRESETS.get(name or "", TRUEUP)
    stated = conventions.get(name or "", {})
    if "proration" in stated:
        dialect = replace(dialect, proration=Proration(stated["proration"]))
    if "rounding" in stated:
        dialect = replace(dialect, rounding=ROUNDINGS[stated["rounding"]])
    return dialect
