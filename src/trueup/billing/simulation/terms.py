"""Plans as a case file writes them, read into the terms of a contract."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Cadence, Interval, Timing
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.prices import price_of_charge, unit_price
from trueup.billing.subscriptions.terms import (
    Aggregation,
    Charge,
    ChargeKind,
    Length,
    LengthUnit,
    Phase,
    PhaseKind,
    Terms,
    Threshold,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Json = Mapping[str, Any]

ADD_ON: Final = "add_on"


def cadence_of(text: str) -> Cadence:
    """`month`, `2 years`.  Raises NotExpressible."""
    count, _, unit = text.rpartition(" ")
    try:
        return Cadence(Interval(unit.removesuffix("s")), int(count or 1))
    except ValueError:
        raise NotExpressible(what=f"the interval {text!r}") from None


def terms_of(code: str, plan: Json, override: Json | str | None = None) -> Terms:
    """The terms of `plan`.  override: agreed prices, one amount or one per kind of phase."""
    timing = Timing(plan.get("billing", Timing.IN_ADVANCE))
    phases = tuple(_phases(code, plan, timing, override))
    cadence = next((c.cadence for p in phases for c in p.charges if c.cadence), None)
    if "interval" in plan:
        cadence = cadence_of(plan["interval"])
    commitment = plan.get("minimum_commitment")
    return Terms(
        plan=code,
        cadence=cadence,
        phases=phases,
        metered=tuple(_metered(plan)),
        minimum_commitment=None if commitment is None else Decimal(commitment),
        thresholds=tuple(
            Threshold(Decimal(t["amount"]), is_recurring=t.get("recurring", False))
            for t in plan.get("usage_thresholds", ())
        ),
        trial_days=plan.get("trial_days", 0),
        tax_percent=_decimal(plan.get("tax_percent")),
        is_add_on=plan.get("category") == ADD_ON,
    )


def _phases(code: str, plan: Json, timing: Timing, override: Json | str | None) -> Iterator[Phase]:
    if "phases" not in plan:
        yield Phase(PhaseKind.EVERGREEN, tuple(_own_charges(code, plan, timing, override)))
        return
    for phase in plan["phases"]:
        kind = PhaseKind(phase["kind"])
        length = next((Length(phase[unit], unit) for unit in LengthUnit if unit in phase), None)
        yield Phase(kind, tuple(_phase_charges(code, phase, timing, override)), length)


def _phase_charges(
    code: str, phase: Json, timing: Timing, override: Json | str | None
) -> Iterator[Charge]:
    if "fixed" in phase:
        yield Charge(
            code, ChargeKind.FIXED, Timing.IN_ADVANCE, unit_price(str(phase["fixed"])), None
        )
    agreed = override.get(phase["kind"]) if isinstance(override, dict) else None
    if isinstance(override, str) and phase["kind"] == PhaseKind.EVERGREEN:
        agreed = override
    amount = phase.get("amount") if agreed is None else agreed
    if amount is not None:
        yield Charge(
            code,
            ChargeKind.RECURRING,
            timing,
            unit_price(str(amount)),
            cadence_of(phase["interval"]) if "interval" in phase else None,
        )


def _own_charges(
    code: str, plan: Json, timing: Timing, override: Json | str | None
) -> Iterator[Charge]:
    amount = plan.get("amount")
    if override is not None:
        amount = override.get("evergreen", amount) if isinstance(override, dict) else override
    if amount is not None:
        yield Charge(
            code,
            ChargeKind.RECURRING,
            timing,
            unit_price(str(amount)),
            is_per_unit=plan.get("per_unit", False),
        )
    for name, component in plan.get("components", {}).items():
        yield component_charge(name, component)


def component_charge(name: str, component: Json) -> Charge:
    """A named part of a plan, as `{amount, billing, per_unit, units, once}`."""
    units = Decimal(str(component.get("units", 1))) if component.get("per_unit") else Decimal(1)
    return Charge(
        name,
        ChargeKind.ONE_OFF if component.get("once") else ChargeKind.RECURRING,
        Timing(component.get("billing", Timing.IN_ADVANCE)),
        unit_price(str(component["amount"])),
        units=units,
        is_per_unit=bool(component.get("per_unit")),
    )


def _metered(plan: Json) -> Iterator[Charge]:
    for charge in plan.get("charges", ()):
        yield metered_charge(charge)


def metered_charge(charge: Json) -> Charge:
    """A usage charge of a plan."""
    minimum = charge.get("min_amount")
    carries_over = charge.get("recurring", False)
    return Charge(
        code=charge.get("metric", "usage"),
        kind=ChargeKind.USAGE,
        timing=Timing(charge.get("billing", Timing.IN_ARREARS)),
        price=price_of_charge(charge),
        meter=charge.get("metric"),
        aggregation=_aggregation(charge),
        is_prorated=charge.get("prorate", charge.get("prorated", False)),
        carries_over=carries_over,
        minimum=None if minimum is None else Decimal(minimum),
        tax_percent=_decimal(charge.get("tax_percent")),
    )


def _aggregation(charge: Json) -> Aggregation:
    name = str(charge.get("aggregation", Aggregation.SUM))
    return Aggregation({"unique_count": "unique", "weighted_sum": "time_weighted"}.get(name, name))


def add_on_charge(name: str, timing: Timing, unit: str, *, is_prorated: bool) -> Charge:
    """A fixed charge beside the plan's fee."""
    return Charge(
        name, ChargeKind.ADD_ON, timing, unit_price(unit), is_per_unit=True, is_prorated=is_prorated
    )


def with_code(charge: Charge, code: str) -> Charge:
    return replace(charge, code=code)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
