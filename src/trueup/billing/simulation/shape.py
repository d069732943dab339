"""Whether a case has the shape of the schema, before anything is made of it.

Every problem is found and told at once, each with the place it is at: `events[3].amount`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Start
from trueup.billing.simulation.errors import CaseMalformed
from trueup.billing.subscriptions.terms import Aggregation, PhaseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DATE_CHARACTERS: Final = len("2024-01-31")
OPEN: Final = "?"
"""An amount that a case leaves open."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "subscribe": ("plan",),
    "change_plan": ("to",),
    "change_quantity": ("quantity",),
    "usage": ("qty",),
    "credit": ("amount",),
    "credit_note": ("invoice",),
    "one_off_invoice": ("items",),
    "payment": ("invoice", "amount"),
    "refund": ("invoice",),
    "adjust_line": ("invoice",),
    "set_cycle_day": ("day",),
    "remove_add_on": ("name",),
}
"""What an event of a type cannot do without, besides when it is and its type."""

OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "scenario": (),
    "import": (),
    "rating": ("model",),
    "fraction": ("method", "start", "end_inclusive"),
}
"""What the input of a case of a kind cannot do without."""


def check_shape(case: Mapping[str, Any], where: str) -> None:
    """Raises CaseMalformed with every problem of the case.  where: how the case is called."""
    problems = list(_problems(case))
    if problems:
        raise CaseMalformed(where=where, why="; ".join(problems))


def _problems(case: Mapping[str, Any]) -> Iterator[str]:
    given = case.get("input")
    if not isinstance(given, dict):
        yield "it has no `input`"
        return
    for name in OF_KIND.get(case.get("kind", "scenario"), ()):
        if name not in given:
            yield f"input.{name} is missing"
    yield from _plans(given.get("plans", {}))
    yield from _events(given.get("events", []))
    yield from _values(given, "")


def _plans(plans: Any) -> Iterator[str]:
    if not isinstance(plans, dict) or not all(isinstance(p, dict) for p in plans.values()):
        yield "plans is no map of plans by code"


def _events(events: Any) -> Iterator[str]:
    if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
        yield "events is no list of events"
        return
    for number, event in enumerate(events):
        at = f"events[{number}]"
        if not isinstance(event.get("type"), str):
            yield f"{at}.type is missing"
        if "at" not in event:
            yield f"{at}.at is missing"
        for name in REQUIRED.get(str(event.get("type")), ()):
            if name not in event:
                yield f"{at}.{name} is missing"
        if event.get("type") == "coupon" and ("amount" in event) == ("percent" in event):
            yield f"{at} needs an amount or a percent"


def _values(value: Any, at: str) -> Iterator[str]:
    """Values that are not of the sort their name asks for, wherever they are."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _values(each, f"{at}[{number}]")
    if not isinstance(value, dict):
        return
    for name, each in value.items():
        place = f"{at}.{name}" if at else str(name)
        if name in FREE:
            continue
        wanted = SORTS.get(name)
        if name == "kind" and "phases[" not in at:
            wanted = None
        if wanted is None or isinstance(each, dict | list):
            yield from _values(each, place)
        elif each is not None and not wanted[1](each):
            yield f"{place} is {each!r}, which is no {wanted[0]}"


def _is_amount(value: Any) -> bool:
    if value == OPEN:
        return True
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if not value[:1].isdigit():
        return True  # a moment of the period, such as `in_period`
    try:
        if len(value) == DATE_CHARACTERS:
            date.fromisoformat(value)
        else:
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


_AMOUNT: Final = ("number", _is_amount)
_COUNT: Final = ("count", _is_count)
_MOMENT: Final = ("date and no instant", _is_moment)
_FLAG: Final = ("truth value", _is_flag)

SORTS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    **dict.fromkeys(
        (
            "amount",
            "fixed",
            "fixed_per_event",
            "free",
            "free_amount",
            "included",
            "min_amount",
            "minimum_commitment",
            "net",
            "overage_price",
            "per_event_max",
            "per_event_min",
            "percent",
            "price",
            "prior_qty",
            "previously_billed",
            "qty",
            "quantity",
            "rate_percent",
            "size",
            "tax_percent",
            "unit_price",
            "units",
        ),
        _AMOUNT,
    ),
    **dict.fromkeys(
        (
            "bill_cycle_day",
            "cycle_day",
            "day",
            "days",
            "free_events",
            "months",
            "paid_trial_days",
            "times",
            "trial_days",
            "years",
        ),
        _COUNT,
    ),
    **dict.fromkeys(
        ("at", "dated", "effective", "billing_from", "end_date", "from", "invoice"), _MOMENT
    ),
    **dict.fromkeys(("consolidate", "preview", "refused", "skip_trial", "once", "per_unit"), _FLAG),
    "billing": ("timing (in_advance, in_arrears)", _one_of(*Timing)),
    "anchor": ("anchor (calendar, anniversary)", _one_of(*Start)),
    "aggregation": (
        "aggregation",
        _one_of(*Aggregation, "unique_count", "weighted_sum", "weighted", "count_unique"),
    ),
    "kind": ("kind of phase", _one_of(*PhaseKind)),
}
"""By a field's name, what its value has to be and how that is called.  None is left out."""

FREE: Final = frozenset({"dimensions", "match", "values"})
"""Fields below which a case chooses its own names."""
