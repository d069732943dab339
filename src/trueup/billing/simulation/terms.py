"""Plans as a case file writes them, read into the terms of a contract."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from trueup.billing.calendar.model import Cadence, Interval, Timing
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.model import GraduatedPrice, Price
from trueup.billing.simulation.errors import NotExpressible
from trueup.billing.simulation.prices import price_of_charge, unit_price
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, Any]

ADD_ON: Final = "add_on"
AGGREGATIONS: Final = {
    "unique_count": "unique",
    "count_unique": "unique",
    "weighted_sum": "time_weighted",
    "weighted": "time_weighted",
}
"""What peers call our aggregations."""


ALIASES: Final = {"semiannual": "6 months", "half_year": "6 months", "annual": "year"}
EVERGREEN: Final = PhaseKind.EVERGREEN.value

Override: TypeAlias = "Json | str | None"
"""Agreed prices: one amount, or amounts by kind of phase, by component, or by sort of fee."""


def cadence_of(text: str) -> Cadence:
    """`month`, `2 years`.  Raises NotExpressible."""
    count, _, unit = ALIASES.get(text, text).rpartition(" ")
    try:
        return Cadence(Interval(unit.removesuffix("s")), int(count or 1))
    except ValueError:
        raise NotExpressible(what=f"the interval {text!r}") from None


def terms_of(code: str, plan: Json, override: Any = None) -> Terms:
    """The terms of `plan`.  override: as `Override`, or a list of such by `phase`."""
    timing = Timing(plan.get("billing", Timing.IN_ADVANCE))
    agreed = _by_phase(override)
    phases = tuple(_phases(code, plan, timing, agreed))
    cadence = next((c.cadence for p in phases for c in p.charges if c.cadence), None)
    if "interval" in plan:
        cadence = cadence_of(plan["interval"])
    commitment = plan.get("minimum_commitment")
    return Terms(
        plan=code,
        cadence=cadence,
        phases=phases,
        metered=tuple(_metered(plan, agreed)),
        minimum_commitment=None if commitment is None else Decimal(str(commitment)),
        thresholds=tuple(
            Threshold(Decimal(str(t["amount"])), is_recurring=t.get("recurring", False))
            for t in plan.get("usage_thresholds", ())
        ),
        trial_days=plan.get("trial_days", 0),
        tax_percent=_decimal(plan.get("tax_percent")),
        is_add_on=str(plan.get("category", "")).replace("-", "_") == ADD_ON,
    )


def _by_phase(override: Any) -> Override:
    """A list of overrides as a map by the phase that each names."""
    if override is None or isinstance(override, dict):
        return override
    if not isinstance(override, list):
        return str(override)
    return {each.get("phase", EVERGREEN): each for each in override}


def _phases(code: str, plan: Json, timing: Timing, agreed: Override) -> Iterator[Phase]:
    if "phases" not in plan:
        yield Phase(PhaseKind.EVERGREEN, tuple(_own_charges(code, plan, timing, agreed)))
        return
    for phase in plan["phases"]:
        kind = PhaseKind(phase["kind"])
        length = next((Length(phase[unit], unit) for unit in LengthUnit if unit in phase), None)
        yield Phase(kind, tuple(_phase_charges(code, phase, timing, agreed, plan)), length)


def _phase_charges(
    code: str, phase: Json, timing: Timing, agreed: Override, plan: Json
) -> Iterator[Charge]:
    tax = _decimal(plan.get("tax_percent"))
    fixed = _agreed(agreed, phase, "fixed") or phase.get("fixed")
    if fixed is not None:
        yield Charge(
            code, ChargeKind.FIXED, Timing.IN_ADVANCE, unit_price(str(fixed)), tax_percent=tax
        )
    amount = _agreed(agreed, phase, "recurring") or phase.get("amount")
    if amount is not None:
        interval = phase.get("interval", plan.get("interval"))
        yield Charge(
            code,
            ChargeKind.RECURRING,
            timing,
            unit_price(str(amount)),
            None if interval is None else cadence_of(interval),
            is_per_unit=plan.get("per_unit", False),
            tax_percent=tax,
            included=_included(plan),
        )


def _agreed(agreed: Override, phase: Json, sort: str) -> str | None:
    """The agreed price of a phase's fee of a sort (`fixed`, `recurring`); None: the plan's own."""
    is_there = ("fixed" if sort == "fixed" else "amount") in phase
    if agreed is None or not (is_there or _is_of_sort(agreed, phase, sort)):
        return None
    if isinstance(agreed, str):
        return agreed if sort == "recurring" and phase["kind"] == EVERGREEN else None
    own = agreed.get(phase["kind"], agreed)
    if isinstance(own, dict):
        own = own.get(sort, own.get("amount") if sort == "recurring" else None)
    elif "fixed" in phase and "amount" in phase and sort == "fixed":
        own = None
    return None if own is None or isinstance(own, dict) else str(own)


def _is_of_sort(agreed: Override, phase: Json, sort: str) -> bool:
    """Whether a price of that sort is agreed for the phase by its name."""
    own = agreed.get(phase["kind"]) if isinstance(agreed, dict) else None
    return isinstance(own, dict) and sort in own


def _own_charges(code: str, plan: Json, timing: Timing, agreed: Override) -> Iterator[Charge]:
    amount = plan.get("amount")
    if isinstance(agreed, str):
        amount = agreed
    elif agreed is not None:
        amount = agreed.get(EVERGREEN, agreed.get("recurring", agreed.get("amount", amount)))
    if amount is not None:
        yield Charge(
            code,
            ChargeKind.RECURRING,
            timing,
            unit_price(str(amount)),
            is_per_unit=plan.get("per_unit", False),
            tax_percent=_decimal(plan.get("tax_percent")),
            included=_included(plan),
        )
    for name, component in plan.get("components", {}).items():
        own = agreed.get(name) if isinstance(agreed, dict) else None
        amount = component.get("amount", "0") if own is None else own
        priced = component | (amount if isinstance(amount, dict) else {"amount": amount})
        yield component_charge(name, priced)


def component_charge(name: str, component: Json) -> Charge:
    """A named part of a plan, as `{amount, billing, per_unit, units, once, interval}`.

    A unit price without units is one of the subscription's quantity.
    """
    units = component.get("units")
    interval = component.get("interval")
    return Charge(
        name,
        ChargeKind.ONE_OFF if component.get("once") else ChargeKind.RECURRING,
        Timing(component.get("billing", Timing.IN_ADVANCE)),
        unit_price(str(component["amount"])),
        None if interval is None else cadence_of(interval),
        units=None if units is None else Decimal(str(units)),
        is_per_unit=bool(component.get("per_unit")),
        tax_percent=_decimal(component.get("tax_percent")),
        included=_included(component),
    )


def _metered(plan: Json, agreed: Override) -> Iterator[Charge]:
    own = plan.get("tax_percent")
    for charge in plan.get("charges", ()):
        yield metered_charge({"tax_percent": own} | charge | _agreed_usage(agreed, charge))
    for name, component in plan.get("components", {}).items():
        if "overage_price" in component:
            yield _overage(name, component)


def _agreed_usage(agreed: Override, charge: Json) -> Json:
    """What is agreed for a charge by its metric: its price, or several of its terms."""
    own = agreed.get(charge.get("metric", "")) if isinstance(agreed, dict) else None
    if own is None or isinstance(own, dict):
        return own or {}
    return {"price": str(own)}


def _overage(name: str, component: Json) -> Charge:
    """Usage above what a component includes."""
    tiers = (
        Tier(Decimal(str(component.get("included", 0))), Decimal(0)),
        Tier(None, Decimal(str(component["overage_price"]))),
    )
    has_any = Decimal(str(component.get("included", 0))) > 0
    return Charge(
        name,
        ChargeKind.USAGE,
        Timing.IN_ARREARS,
        Price(GraduatedPrice(tiers if has_any else tiers[1:])),
        meter=component.get("metric", name),
        is_prorated=False,
    )


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
        minimum=None if minimum is None else Decimal(str(minimum)),
        tax_percent=_decimal(charge.get("tax_percent")),
    )


def _aggregation(charge: Json) -> Aggregation:
    name = str(charge.get("aggregation", Aggregation.SUM))
    return Aggregation(AGGREGATIONS.get(name, name))


def add_on_charge(name: str, timing: Timing, unit: str, *, is_prorated: bool) -> Charge:
    """A fixed charge beside the plan's fee."""
    return Charge(
        name, ChargeKind.ADD_ON, timing, unit_price(unit), is_per_unit=True, is_prorated=is_prorated
    )


def _included(fee: Json) -> IncludedUsage | None:
    """Usage that a fee pays for, as `{metric, quantity}`.  Raises NotExpressible."""
    said = fee.get("includes")
    if said is None:
        return None
    quantity = Decimal(str(said["quantity"]))
    if quantity <= 0:
        raise NotExpressible(what=f"a fee that includes {quantity} of {said['metric']!r}")
    return IncludedUsage(said["metric"], quantity)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
