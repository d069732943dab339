"""From what the catalog sells to what a contract runs under.  Pure."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Cadence, Interval, Timing
from trueup.billing.rating.model import FlatPrice, Price, UnitPrice
from trueup.billing.rating.rules.storage import parse_price
from trueup.billing.subscriptions.errors import UsageNotIncludable
from trueup.billing.subscriptions.terms import (
    Aggregation,
    Charge,
    ChargeKind,
    IncludedUsage,
    Length,
    LengthUnit,
    Phase,
    PhaseKind,
    Terms,
    Threshold,
)
from trueup.kernel.currency import MICRO_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from trueup.billing.catalog.model import Plan
    from trueup.billing.catalog.model import Price as Version

RENEWED: Final = frozenset({ChargeKind.RECURRING, ChargeKind.ADD_ON})
EVERGREEN: Final = ({"kind": PhaseKind.EVERGREEN.value},)


def terms_of(plan: Plan, versions: Iterable[Version]) -> Terms:
    """The terms of `plan` at these versions of its charges.

    Raises the refusals of `rating.model` for a price that is none.
    """
    kept = list(versions)
    charges = [(version.phase, charge_of(version, plan)) for version in kept]
    fees = [(phase, c) for phase, c in charges if c.kind is not ChargeKind.USAGE]
    described = plan.phases or EVERGREEN
    last = len(described) - 1
    commitment = plan.minimum_commitment_micros
    return Terms(
        plan=plan_name(plan),
        cadence=cadence_of_plan(plan),
        phases=tuple(
            Phase(
                PhaseKind(phase["kind"]),
                tuple(c for at, c in fees if (last if at is None else at) == number),
                _length(phase),
            )
            for number, phase in enumerate(described)
        ),
        metered=tuple(c for _, c in charges if c.kind is ChargeKind.USAGE),
        minimum_commitment=None if commitment is None else _main_units(commitment),
        thresholds=tuple(
            Threshold(Decimal(t["amount"]), is_recurring=t.get("is_recurring", False))
            for t in plan.thresholds
        ),
        trial_days=plan.trial_days,
    )


def cadence_of_plan(plan: Plan) -> Cadence | None:
    """How often it recurs; None: it is sold once."""
    if plan.interval is Interval.ONCE:
        return None
    return Cadence(plan.interval, plan.interval_count)


def plan_name(plan: Plan) -> str:
    """What lines and coupons call the plan: its code, or else its id."""
    return plan.code or str(plan.plan_id)


def charge_of(version: Version, plan: Plan) -> Charge:
    """The charge that a price version is.

    Raises UsageNotIncludable, and as `price_of`.
    """
    kind = ChargeKind(version.kind) if version.kind else _kind(version, plan)
    is_usage = kind is ChargeKind.USAGE
    timing = Timing.IN_ARREARS if is_usage else Timing.IN_ADVANCE
    cadence = None
    if version.interval is not None and version.interval_count is not None:
        cadence = Cadence(Interval(version.interval), version.interval_count)
    is_prorated = (not is_usage) if version.is_prorated is None else version.is_prorated
    is_per_unit = (not is_usage) if version.is_per_unit is None else version.is_per_unit
    return Charge(
        code=version.charge_code,
        kind=kind,
        timing=Timing(version.timing) if version.timing else timing,
        price=price_of(version, is_per_unit=is_per_unit),
        cadence=cadence,
        meter=version.meter,
        aggregation=Aggregation(version.aggregation or Aggregation.SUM),
        is_prorated=is_prorated,
        carries_over=version.carries_over,
        is_per_unit=is_per_unit,
        minimum=None if version.minimum_micros is None else _main_units(version.minimum_micros),
        tax_percent=version.tax_percent,
        included=_included(version, kind),
    )


def price_of(version: Version, *, is_per_unit: bool) -> Price:
    """The price of a version.  is_per_unit: a flat amount is for each unit of the quantity.

    Raises UnreadablePrice and the refusals of `rating.model`.
    """
    tiers = None if version.tiers is None else json.dumps(version.tiers)
    price = parse_price(version.model, version.unit_amount_micros, tiers)
    if is_per_unit and isinstance(price.model, FlatPrice):
        return Price(UnitPrice(price.model.amount))
    return price


def _included(version: Version, kind: ChargeKind) -> IncludedUsage | None:
    meter, quantity = version.included_meter, version.included_quantity
    if meter is None or quantity is None:
        return None
    if kind not in RENEWED:
        raise UsageNotIncludable(charge=version.charge_code, kind=kind)
    return IncludedUsage(meter, Decimal(f"{quantity.normalize():f}"))


def _kind(version: Version, plan: Plan) -> ChargeKind:
    if version.meter is not None:
        return ChargeKind.USAGE
    return ChargeKind.ONE_OFF if plan.interval is Interval.ONCE else ChargeKind.RECURRING


def _length(phase: Mapping[str, Any]) -> Length | None:
    return Length(phase["count"], LengthUnit(phase["unit"])) if "count" in phase else None


def _main_units(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-MICRO_DIGITS).normalize()
