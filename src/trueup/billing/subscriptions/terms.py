"""What a subscription runs under: the priced parts of the plan as it was sold, frozen.

Points in time are local dates, or instants where a contract is prorated by the second; one contract
never mixes them.  Spans are half-open; an end of None is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from trueup.billing.calendar.model import Timing

if TYPE_CHECKING:
    from decimal import Decimal

    from trueup.billing.calendar.model import Cadence
    from trueup.billing.rating.model import Price


class ChargeKind(StrEnum):
    RECURRING = "recurring"  # a fee for every period
    FIXED = "fixed"  # a fee for a whole phase, due at its start
    ONE_OFF = "one_off"  # a fee for nothing but itself
    ADD_ON = "add_on"  # a recurring fee beside the plan's own
    USAGE = "usage"


class Aggregation(StrEnum):
    """How the events of a period become one quantity (B27)."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    UNIQUE = "unique"
    LATEST = "latest"
    TIME_WEIGHTED = "time_weighted"


@dataclass(frozen=True, slots=True)
class IncludedUsage:
    """Usage that a period of a fee pays for: so many units of a meter, above zero.

    meter: one, or several that are added up (`calls+lookups`), as a usage charge names them.
    """

    meter: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """One priced part of a plan.

    code: its name within the plan; the same code in two plans is the same component.
    cadence: how often it recurs; None: as often as the plan.
    is_prorated: a part of a period costs its part of the price; else all of it.
    carries_over: the quantity of a metric that stands until changed, such as seats (B27).
    is_per_unit: it costs its price for each unit of the subscription's quantity, or of `units`.
    minimum: the least a period of this charge costs, in main units; prorated with the period.
    included: of a fee that recurs, for each unit where it is per unit; used up, it is not given
    back (B33).  What more usage costs is a charge of its own.
    """

    code: str
    kind: ChargeKind
    timing: Timing
    price: Price
    cadence: Cadence | None = None
    meter: str | None = None
    aggregation: Aggregation = Aggregation.SUM
    is_prorated: bool = True
    carries_over: bool = False
    is_per_unit: bool = False
    units: Decimal | None = None
    minimum: Decimal | None = None
    tax_percent: Decimal | None = None
    included: IncludedUsage | None = None


class LengthUnit(StrEnum):
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Length:
    count: int
    unit: LengthUnit


class PhaseKind(StrEnum):
    TRIAL = "trial"
    DISCOUNT = "discount"
    FIXED_TERM = "fixedterm"
    EVERGREEN = "evergreen"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a plan with charges of its own; with the last one service ends, if it does."""

    kind: PhaseKind
    charges: tuple[Charge, ...]
    length: Length | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A plan as sold.

    phases: in order; at least one.
    metered: usage charges, in force through all phases.
    minimum_commitment: the least a whole period costs over all charges, in main units.
    thresholds: amounts of usage at which an invoice is made before the period ends.
    """

    plan: str
    cadence: Cadence | None
    phases: tuple[Phase, ...]
    metered: tuple[Charge, ...] = ()
    minimum_commitment: Decimal | None = None
    minimum_timing: Timing = Timing.IN_ARREARS
    thresholds: tuple[Threshold, ...] = ()
    trial_days: int = 0
    tax_percent: Decimal | None = None
    is_add_on: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """Usage of `amount` makes an invoice at once; a recurring one every further `amount`."""

    amount: Decimal
    is_recurring: bool = False
