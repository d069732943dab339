"""Kind `fraction`: how much of a month a span is, by one of the named ways of counting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Proration, Span
from trueup.billing.calendar.rules.proration import share_of_month
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.moments import day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.dialect.model import Dialect

METHODS: Final = {
    "actual": Proration.DAY,
    "actual_360": Proration.ACTUAL_360,
    "strict_30_360": Proration.FIXED_30_DAYS,
}


def fraction(case: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """`n/d` of the calendar month in which the span starts.  Raises NotExpressible."""
    del dialect
    given = case["input"]
    method = METHODS.get(given["method"])
    if method is None:
        raise NotExpressible(what=f"the proration method {given['method']!r}")
    start = day_of(given["start"])
    end = day_of(given["end_inclusive"]) + timedelta(days=1)
    numerator, denominator = share_of_month(Span(start, end), method)
    return {"fraction": f"{numerator}/{denominator}"}
