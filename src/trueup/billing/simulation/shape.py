"""Whether a case has the shape of the schema, before anything is made of it.

A field that is null is one that is left out, and `?` is an amount that a case leaves open: zero.
Fields the schema does not know are let be; docs/guides/simulate.md lists those it does.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from trueup.billing.calendar.model import Timing
from trueup.billing.dialect.model import Start
from trueup.billing.rating.model import Position
from trueup.billing.simulation.errors import CaseMalformed
from trueup.billing.simulation.figures import unusable
from trueup.billing.subscriptions.terms import PhaseKind

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, Any]

OPEN: Final = "?"
Count: Final = Annotated[int, Meta(ge=0, le=100_000)]
Months: Final = Annotated[int, Meta(ge=0, le=1_200)]
Years: Final = Annotated[int, Meta(ge=0, le=100)]
Moment: Final = Annotated[str, Meta(pattern=r"^(\d{4}-\d\d-\d\d(T.+)?|[A-Za-z][\w -]*)$")]
"""A date, an instant, or a word for a moment of the period (`in_period`)."""
Name: Final = Annotated[str, Meta(min_length=1)]
Names: Final = list[str] | str


class AggregationWord(StrEnum):
    """An aggregation as we or a peer calls it."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    UNIQUE = "unique"
    UNIQUE_COUNT = "unique_count"
    COUNT_UNIQUE = "count_unique"
    LATEST = "latest"
    TIME_WEIGHTED = "time_weighted"
    WEIGHTED_SUM = "weighted_sum"
    WEIGHTED = "weighted"


def _shape(name: str, required: Json, optional: Json) -> Any:
    """A record of fields; what it does not name may be there, too."""
    fields: list[Any] = list(required.items())
    fields += [(field, sort | UnsetType, UNSET) for field, sort in optional.items()]
    return msgspec.defstruct(name, fields)


def _list(sort: Any) -> Any:
    return GenericAlias(list, (sort,))


def _map(sort: Any) -> Any:
    return GenericAlias(dict, (str, sort))


def _of(sort: Any, *names: str) -> dict[str, Any]:
    return dict.fromkeys(names, sort)


TIER: Final = _shape(
    "tier",
    {},
    {"up_to": Decimal | dict[str, Decimal]}
    | _of(Decimal, "unit", "price", "flat", "rate_percent", "block_size", "max_blocks"),
)
PRICED: Final = (
    {"model": Name, "tiers": _list(TIER), "free_events": Count}
    | _of(Decimal, "price", "amount", "size", "package_size", "free", "rate_percent")
    | _of(Decimal, "fixed_per_event", "free_amount", "per_event_min", "per_event_max")
    | _of(Decimal, "multiplier", "min_amount", "tax_percent")
)
FILTER: Final = _shape("filter", {}, PRICED)
CHARGE: Final = _shape(
    "charge",
    {},
    PRICED
    | _of(bool, "recurring", "prorate", "prorated")
    | {
        "metric": Name,
        "aggregation": AggregationWord,
        "billing": Timing,
        "filters": _list(FILTER) | _map(FILTER | str | list[str]),
        "cells": _list(FILTER),
    },
)
PHASE: Final = _shape(
    "phase",
    {"kind": PhaseKind},
    {"days": Count, "months": Months, "years": Years}
    | _of(Decimal, "fixed", "amount")
    | {"interval": Name},
)
INCLUDED: Final = _shape("included usage", {"metric": Name, "quantity": Decimal}, {})
COMPONENT: Final = _shape(
    "component",
    {},
    _of(Decimal, "amount", "units", "included", "overage_price", "tax_percent")
    | _of(bool, "per_unit", "once")
    | {"billing": Timing, "interval": Name, "metric": Name, "includes": INCLUDED},
)
PLAN: Final = _shape(
    "plan",
    {},
    _of(Decimal, "amount", "minimum_commitment", "tax_percent")
    | {
        "interval": Name,
        "currency": Name,
        "billing": Timing,
        "per_unit": bool,
        "trial_days": Count,
        "category": Name,
        "includes": INCLUDED,
        "phases": Annotated[_list(PHASE), Meta(min_length=1)],
        "charges": _list(CHARGE),
        "components": _map(COMPONENT),
        "usage_thresholds": _list(_shape("threshold", {"amount": Decimal}, {"recurring": bool})),
    },
)
ADD_ON: Final = _shape("add-on", {"plan": Name, "unit_price": Decimal}, {"units": Decimal})

MODIFIERS: Final = (
    _of(Moment, "effective", "dated", "billing_from", "end_date")
    | _of(bool, "preview", "refused", "skip_trial")
    | _of(Count, "trial_days", "paid_trial_days", "cycle_day", "bill_cycle_day")
    | _of(Name, "id", "bundle", "subscription", "plan", "to", "name", "align", "settle", "metric")
    | {"when": Moment, "credit_policy": Name, "drops": Names, "billing": Timing, "anchor": Start}
    | {"quantity": Decimal, "units": Decimal, "net": Decimal, "amount": Decimal, "once": bool}
)
"""What an event of any type may say."""
ITEM: Final = _shape(
    "item", {"amount": Decimal}, _of(Name, "code", "description") | {"tax_percent": Decimal}
)


def _event(required: Json, optional: Json | None = None) -> Any:
    asked = {"at": Moment, "type": Name} | required
    allowed = MODIFIERS | (optional or {})
    return _shape("event", asked, {k: v for k, v in allowed.items() if k not in asked})


OVERRIDE: Final[Json] = {
    "price_override": Decimal | dict[str, Decimal | dict[str, Decimal]] | list[dict[str, Any]]
}

EVENTS: Final[Mapping[str, Any]] = {
    "subscribe": _event({"plan": Name}, OVERRIDE),
    "change_plan": _event({"to": Name}, OVERRIDE),
    "change_quantity": _event({"quantity": Decimal}),
    "usage": _event({"qty": str | int}, {"times": Count, "dimensions": dict[str, Any]}),
    "coupon": _event({}, {"percent": Decimal, "frequency": Name, "plans": Names, "charges": Names}),
    "credit": _event({"amount": Decimal}),
    "credit_note": _event({"invoice": Name}, {"items": list[dict[str, Any] | str] | str}),
    "one_off_invoice": _event({"items": _list(ITEM)}),
    "payment": _event({}, {"invoice": Name}),
    "bill_run": _event({}, {"until": Moment}),
    "refund": _event({"invoice": Name}),
    "adjust_line": _event({"invoice": Name}),
    "set_cycle_day": _event({"day": Count}, {"from": Moment}),
    "remove_add_on": _event({"name": Name}),
}
"""By an event's type, what it needs and may say; other types need nothing of their own."""
ANY_EVENT: Final = _event({})

SCENARIO: Final = _shape(
    "scenario",
    {},
    _of(Name, "currency", "timezone", "phase_alignment")
    | _of(bool, "consolidate", "add_ons_prorated")
    | {
        "bill_cycle_day": Count,
        "tax": _shape("tax", {"rate_percent": Decimal}, {}),
        "clock": _list(Moment),
        "plans": _map(PLAN),
        "add_ons": _map(ADD_ON),
        "add_on_billing": Timing,
        "events": list[dict[str, Any]],
    },
)
IMPORT: Final = _shape(
    "import",
    {},
    _of(Moment, "start", "now", "recorded", "access_from", "billing_from", "cancelled_for")
    | _of(Moment, "end_date")
    | _of(Count, "trial_days", "paid_trial_days", "bill_cycle_day")
    | _of(Name, "currency", "timezone", "past_invoices")
    | {"plan": PLAN, "bundles": _list(_shape("bundle", {"billing_from": Moment}, {}))},
)
RATING: Final = _shape(
    "rating",
    {"model": Name},
    {k: v for k, v in PRICED.items() if k != "model"}
    | _of(Decimal, "qty", "prior_qty", "previously_billed", "min_spend", "max_spend")
    | {
        "discount_percent": Decimal,
        "position": Position,
        "term": Timing,
        "convert": _shape("conversion", {"divide_by": Decimal}, {"rounding": Name}),
    },
)
FRACTION: Final = _shape("fraction", {"method": Name, "start": Moment, "end_inclusive": Moment}, {})

DOCUMENT: Final = _shape("document", {}, {"at": str})
EXPECTED: Final = _shape(
    "expectation",
    {},
    _of(_list(DOCUMENT), "invoices", "credit_notes") | {"invoice_dates": list[str]},
)
"""Of what a case expects, the dates: with the last of them time ends."""

INPUTS: Final[Mapping[str, Any]] = {
    "scenario": SCENARIO,
    "import": IMPORT,
    "rating": RATING,
    "fraction": FRACTION,
}


def shaped(case: Mapping[str, Any], where: str) -> Json:
    """The case without what is null or left open.  where: how it is called.

    Raises CaseMalformed, which names the first field that is missing or of another sort.
    """
    clean: Json = _without_nulls(case)
    given = clean.get("input")
    _check(clean.get("convention", ""), str, where, "convention")
    _check(given, dict[str, Any], where, "input")
    _check(clean.get("expected", {}), EXPECTED, where, "expected")
    kind = str(clean.get("kind", "scenario"))
    _check(given, INPUTS[kind], where, "input")
    if kind == "scenario" and isinstance(given, dict):
        if not given.get("events") and not given.get("plans"):
            raise CaseMalformed(where=where, why="input: it has neither events nor plans")
        for number, event in enumerate(given.get("events", ())):
            sort = EVENTS.get(str(event.get("type")), ANY_EVENT)
            _check(event, sort, where, f"input.events[{number}]")
            if event["type"] == "coupon" and ("amount" in event) == ("percent" in event):
                raise CaseMalformed(
                    where=where,
                    why=f"input.events[{number}] has to have an amount or a percent, one of them",
                )
    return clean


def _check(value: Any, sort: Any, where: str, at: str) -> None:
    try:
        read = msgspec.convert(value, sort)
    except msgspec.ValidationError as error:
        what, _, inside = str(error).partition(" - at `$")
        place = at + inside.rstrip("`").replace("[...]", ".*")
        raise CaseMalformed(where=where, why=f"{place}: {what[0].lower()}{what[1:]}") from error
    wrong = next(unusable(read, at), None)
    if wrong is not None:
        raise CaseMalformed(where=where, why=wrong)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value if each is not None]
    return "0" if value == OPEN else value
