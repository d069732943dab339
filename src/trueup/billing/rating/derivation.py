"""How an amount came about: an exact expression, as data.

An expression says what was computed, never how far: it is rounded where a `Round` says so and
nowhere else.  Amounts are decimals in main units of one currency, quantities are decimals; their
JSON is text.  Structs, not dataclasses: a bill run builds a hundred thousand a second (ADR 0071).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

import msgspec

ZERO: Final = Decimal(0)


class Tier(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, forbid_unknown_fields=True):
    """Quantities above the tier before, up to and including `up_to`; None: all that follow (B21).

    unit: for each unit.  flat: once, when the tier is entered.  rate_percent: instead of `unit`,
    where the quantity is an amount of money.
    """

    up_to: Decimal | None
    unit: Decimal = ZERO
    flat: Decimal = ZERO
    rate_percent: Decimal | None = None


class CapacityTier(
    msgspec.Struct, frozen=True, omit_defaults=True, gc=False, forbid_unknown_fields=True
):
    """A price for a period in which no meter went above its limit.  limits: none means all fit."""

    price: Decimal
    limits: dict[str, Decimal] = {}


class _Step(
    msgspec.Struct,
    frozen=True,
    tag_field="op",
    omit_defaults=True,
    gc=False,
    forbid_unknown_fields=True,
):
    """What every expression is."""


class Converted(_Step, frozen=True, tag="convert"):
    """A metered quantity in units of the price.

    rounding: to `scale` decimals by a word of `rules.exact.MODES`, or `none`.
    """

    qty: Decimal
    divide_by: Decimal
    rounding: str = "none"
    scale: int = 0


Quantity: TypeAlias = Decimal | Converted


class Flat(_Step, frozen=True, tag="flat"):
    amount: Decimal


class Prorate(_Step, frozen=True, tag="prorate", rename={"from_": "from"}):
    """The part of `amount` that `[from, to)` is of `period`: in days or, between instants, in time.

    num, den: the count of another convention (30-day months); both or neither.
    """

    amount: Decimal | Node
    from_: str
    to: str
    period: tuple[str, str]
    num: int | None = None
    den: int | None = None


class Fraction(_Step, frozen=True, tag="fraction"):
    amount: Decimal | Node
    num: Decimal
    den: Decimal


class Unused(_Step, frozen=True, tag="unused"):
    """The part of `amount` that is left of the usage it includes; nothing of what is used up.

    included: above zero, of `meter`.  used: of it; what is used beyond it costs nothing here.
    """

    amount: Decimal | Node
    meter: str
    included: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.included - min(self.used, self.included), ZERO)


class Unit(_Step, frozen=True, tag="unit"):
    price: Decimal
    qty: Quantity


class Dynamic(_Step, frozen=True, tag="dynamic"):
    """A metered amount of money, passed on with a margin."""

    qty: Decimal
    multiplier: Decimal


class Package(_Step, frozen=True, tag="package"):
    """Packages begun by `qty` units after `prior` ones; the first `free` units of all are free.

    rounding: a begun package is a whole one (`up`), or another mode, or `none`: its part.
    """

    price: Decimal
    size: Decimal
    qty: Decimal
    free: Decimal = ZERO
    prior: Decimal = ZERO
    rounding: str = "up"


class Graduated(_Step, frozen=True, tag="graduated"):
    """Each tier's part of `qty` at the tier's price, after `prior` units were billed (B22).

    first_flat: the first tier's flat amount is due, if `prior` is zero.
    """

    tiers: tuple[Tier, ...]
    qty: Quantity
    prior: Quantity = ZERO
    first_flat: bool = True


class Volume(_Step, frozen=True, tag="volume"):
    """All units at the price of the tier that `qty` after `prior` ones reaches.

    billed_qty: how many are billed, if not all.
    """

    tiers: tuple[Tier, ...]
    qty: Quantity
    billed_qty: Decimal | None = None
    flat_due: bool = True
    prior: Quantity = ZERO


class Capacity(_Step, frozen=True, tag="capacity"):
    """The first tier into which every meter fits."""

    tiers: tuple[CapacityTier, ...]
    quantities: dict[str, Decimal]


class Percent(_Step, frozen=True, tag="percent"):
    rate_percent: Decimal
    of: Decimal | Node


class PerEvent(_Step, frozen=True, tag="per_event"):
    """A percentage and a fixed fee of each event, within bounds, in order (B26).

    events: amount and how many times in a row.  free_events, free_amount: what is left of the
    period's allowances.  amount_outlasts: what is left of `free_amount` also covers later events.
    """

    rate_percent: Decimal
    events: tuple[tuple[Decimal, int], ...]
    fixed: Decimal = ZERO
    least: Decimal | None = None
    most: Decimal | None = None
    free_events: int = 0
    free_amount: Decimal = ZERO
    amount_outlasts: bool = False


class Sum(_Step, frozen=True, tag="sum"):
    terms: tuple[Node, ...]


class Sub(_Step, frozen=True, tag="sub", rename={"from_": "from"}):
    from_: Node
    less: tuple[Node, ...]


class Neg(_Step, frozen=True, tag="neg"):
    x: Node


class Round(_Step, frozen=True, tag="round"):
    """`x` to `scale` decimals.  mode: a word of `rules.exact.MODES`."""

    x: Node
    scale: int
    mode: str = "half_up"


class Max(_Step, frozen=True, tag="max"):
    terms: tuple[Node, ...]


class Min(_Step, frozen=True, tag="min"):
    terms: tuple[Node, ...]


class Choice(_Step, frozen=True, tag="choice"):
    """`x` by the cell of a matrix that fits best.  match: what that cell asked for."""

    match: dict[str, str]
    x: Node


Node: TypeAlias = (
    Flat
    | Prorate
    | Fraction
    | Unused
    | Unit
    | Dynamic
    | Package
    | Graduated
    | Volume
    | Capacity
    | Percent
    | PerEvent
    | Sum
    | Sub
    | Neg
    | Round
    | Max
    | Min
    | Choice
)

NOTHING: Final = Flat(ZERO)
