"""Prices as a case file writes them, read into price models."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.rating.derivation import ZERO, CapacityTier, Tier
from trueup.billing.rating.model import (
    BlockPolicy,
    BlockPrice,
    BlockTier,
    CapacityPrice,
    Cell,
    Conversion,
    DynamicPrice,
    FlatPrice,
    GraduatedPrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    Price,
    UnitPrice,
    VolumePrice,
)
from trueup.billing.rating.rules.exact import MODES
from trueup.billing.simulation.errors import CaseMalformed, NotExpressible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.billing.rating.model import Plain

    Json = Mapping[str, Any]

PRICE_FIELDS: Final = frozenset(
    {
        "amount",
        "billing",
        "fixed_per_event",
        "free",
        "free_amount",
        "free_events",
        "min_amount",
        "model",
        "multiplier",
        "package_size",
        "per_event_max",
        "per_event_min",
        "price",
        "rate_percent",
        "size",
        "tax_percent",
        "tiers",
    }
)
"""Of a filter, what is no dimension."""

MATRIX: Final = "matrix"
MATCHES: Final = ("values", "match", "dimensions", "when")
"""Words under which a filter lists the dimensions it asks for."""

ROUNDINGS: Final = {"none": "none", "ceil": "ceiling", "round": "half_up"}
"""Words for the rounding of converted units, other than those of amounts."""

WHOLE_PACKAGES: Final = frozenset({"none", "ceiling", "up"})
"""Roundings of converted units that leave the number of begun packages as it is."""


def unit_price(amount: str) -> Price:
    """So much for each unit; a fee is one unit of itself."""
    return Price(UnitPrice(number(amount)))


def price_of_charge(charge: Json) -> Price:
    """The price of a usage charge.  Raises NotExpressible, and the refusals of `rating.model`."""
    if charge.get("model") == MATRIX:
        charge = _with_filters(charge)
    return Price(_matrix(charge) if charge.get("filters") else _plain(charge))


def _with_filters(charge: Json) -> Json:
    """A matrix by its name: its cells are filters of a price per unit.  Raises CaseMalformed."""
    cells = charge.get("filters", charge.get("cells"))
    if not cells:
        raise CaseMalformed(where=f"a price {MATRIX!r}", why="it has no `cells`")
    return {**charge, "model": "unit", "filters": cells}


def rated_price(given: Json) -> Price:
    """The price of a case of the kind `rating`, with its bounds and its conversion of units."""
    model, conversion = _plain(given), _conversion(given.get("convert"))
    if isinstance(model, PackagePrice) and conversion and conversion.rounding in WHOLE_PACKAGES:
        per = conversion.divide_by
        model, conversion = PackagePrice(model.price, model.size * per, model.free * per), None
    return Price(
        model,
        min_spend=_or_none(given.get("min_spend")),
        max_spend=_or_none(given.get("max_spend")),
        conversion=None if isinstance(model, FlatPrice) else conversion,
    )


def _conversion(convert: Json | None) -> Conversion | None:
    if not convert:
        return None
    return Conversion(number(convert["divide_by"]), _rounding(convert.get("rounding")))


def number(value: object) -> Decimal:
    """A decimal of JSON's text or number; one that is left out counts as zero."""
    return ZERO if value is None else Decimal(str(value))


def _rounding(word: str | None) -> str:
    known = ROUNDINGS.get(word or "none", word)
    if known != "none" and known not in MODES:
        raise NotExpressible(what=f"the rounding {word!r} of converted units")
    return str(known)


def _or_none(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _tiers(given: Json) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            _bound(tier.get("up_to")),
            number(tier.get("unit", tier.get("price"))),
            number(tier.get("flat")),
            _or_none(tier.get("rate_percent")),
        )
        for tier in _tiers_of(given)
    )


def _tiers_of(given: Json) -> list[Json]:
    """Raises CaseMalformed of a model of tiers without any."""
    tiers: list[Json] | None = given.get("tiers")
    if tiers is None:
        raise CaseMalformed(where=f"a price {given.get('model')!r}", why="it has no `tiers`")
    return tiers


def _bound(up_to: object) -> Decimal | None:
    if isinstance(up_to, dict):
        raise NotExpressible(what="tiers bounded by several meters, other than of capacity")
    return _or_none(up_to)


def _package(given: Json) -> PackagePrice:
    size = given.get("package_size", given.get("size"))
    return PackagePrice(number(given.get("price")), number(size), number(given.get("free")))


def _percentage(given: Json) -> PercentagePrice:
    return PercentagePrice(
        number(given.get("rate_percent")),
        number(given.get("fixed_per_event")),
        int(given.get("free_events") or 0),
        number(given.get("free_amount")),
        _or_none(given.get("per_event_min")),
        _or_none(given.get("per_event_max")),
    )


def _capacity(given: Json) -> CapacityPrice:
    meter = given.get("metric", "usage")
    return CapacityPrice(
        tuple(CapacityTier(number(t.get("price")), _limits(t, meter)) for t in _tiers_of(given))
    )


def _limits(tier: Json, meter: str) -> dict[str, Decimal]:
    most = tier.get("up_to")
    if most is None:
        return {}
    if isinstance(most, dict):
        return {name: number(limit) for name, limit in most.items()}
    return {meter: number(most)}


def _blocks(policy: BlockPolicy) -> Callable[[Json], BlockPrice]:
    def read(given: Json) -> BlockPrice:
        return BlockPrice(
            tuple(
                BlockTier(
                    number(t.get("block_size")),
                    number(t.get("price")),
                    _or_none(t.get("max_blocks")),
                )
                for t in _tiers_of(given)
            ),
            policy,
        )

    return read


def _matrix(charge: Json) -> MatrixPrice:
    """A charge whose filters set other prices for some values of its events' dimensions.

    Filters that are nothing but dimensions say which events it is for: others are free.
    """
    filters = charge["filters"]
    base = {key: value for key, value in charge.items() if key != "filters"}
    if isinstance(filters, dict) and not any(isinstance(each, dict) for each in filters.values()):
        cells = [Cell(_plain(base), _values(filters)), Cell(UnitPrice(ZERO), {})]
    else:
        listed = filters.values() if isinstance(filters, dict) else filters
        cells = [Cell(_plain(charge | given), _match(given)) for given in listed]
        if "price" in base or "tiers" in base or "rate_percent" in base:
            cells.append(Cell(_plain(base), {}))
    names = sorted({name for cell in cells for name in cell.match})
    return MatrixPrice(tuple(names), tuple(cells))


def _match(given: Json) -> dict[str, tuple[str, ...]]:
    values = next((given[word] for word in MATCHES if word in given), None)
    if not isinstance(values, dict):
        values = {name: value for name, value in given.items() if name not in PRICE_FIELDS}
    return _values(values)


def _values(values: Json) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(asked) if isinstance(asked, list) else (asked,)
        for name, asked in values.items()
    }


def _plain(given: Json) -> Plain:
    name = given.get("model", "unit")
    if name not in MODELS:
        raise NotExpressible(what=f"the price model {name!r}")
    return MODELS[name](given)


MODELS: Final[Mapping[str, Callable[[Json], Plain]]] = {
    "flat": lambda given: FlatPrice(number(given.get("price", given.get("amount")))),
    "unit": lambda given: UnitPrice(number(given.get("price"))),
    "standard": lambda given: UnitPrice(number(given.get("price"))),
    "graduated": lambda given: GraduatedPrice(_tiers(given)),
    "graduated_percentage": lambda given: GraduatedPrice(_tiers(given)),
    "volume": lambda given: VolumePrice(_tiers(given)),
    "package": _package,
    "percentage": _percentage,
    "capacity": _capacity,
    "dynamic": lambda given: DynamicPrice(number(given.get("multiplier", 1))),
    "graduated_blocks": _blocks(BlockPolicy.ALL_TIERS),
    "top_tier_blocks": _blocks(BlockPolicy.TOP_TIER),
}
