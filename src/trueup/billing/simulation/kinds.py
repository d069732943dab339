"""The kinds of case, each as a function of the case and its dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.billing.simulation.fractions import fraction
from trueup.billing.simulation.imports import imported
from trueup.billing.simulation.ratings import rating
from trueup.billing.simulation.scenario import scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.billing.dialect.model import Dialect

KINDS: Final[dict[str, Callable[[Mapping[str, Any], Dialect], dict[str, Any]]]] = {
    "scenario": scenario,
    "import": imported,
    "fraction": fraction,
    "rating": rating,
}
