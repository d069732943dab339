"""The dialect that a case's convention names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Proration
from trueup.billing.dialect.presets import PRESETS, TRUEUP
from trueup.billing.simulation.errors import NotExpressible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.dialect.model import Dialect

PRORATIONS: Final = {unit.value: unit for unit in Proration}
ROUNDINGS: Final = {
    "half_up": "ROUND_HALF_UP",
    "half_even": "ROUND_HALF_EVEN",
    "up": "ROUND_UP",
    "down": "ROUND_DOWN",
    "floor": "ROUND_FLOOR",
    "ceiling": "ROUND_CEILING",
}


def dialect_of(name: str | None, conventions: Mapping[str, Any]) -> Dialect:
    """The preset of that name, with the proration and rounding that the file states for it.

    Raises NotExpressible of a word for one of these that is none of ours.
    """
    dialect = PRESETS.get(name or "", TRUEUP)
    stated = conventions.get(name or "") or {}
    if stated.get("proration") is not None:
        dialect = replace(dialect, proration=_named(PRORATIONS, "proration", stated))
    if stated.get("rounding") is not None:
        dialect = replace(dialect, rounding=_named(ROUNDINGS, "rounding", stated))
    return dialect


def _named(known: Mapping[str, Any], of: str, stated: Mapping[str, Any]) -> Any:
    word = str(stated[of])
    if word not in known:
        raise NotExpressible(what=f"the {of} {word!r}; there are {', '.join(known)}")
    return known[word]
