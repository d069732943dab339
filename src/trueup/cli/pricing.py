"""Prices of more than one amount as people write them: the JSON of `plan price --tiers`.

It is read by the reader of `trueup simulate`.  What is sold is checked more narrowly than what is
tried out: a field that is misspelt would cost nothing.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer

from trueup.billing.catalog.model import PriceModel
from trueup.billing.rating.rules.storage import StoredPrice, dump_price
from trueup.billing.simulation.prices import PRICE_FIELDS, price_of_charge
from trueup.cli.errors import PriceMiswritten
from trueup.cli.price_examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.billing.rating.model import Price

    Json = Mapping[str, Any]

LARGEST: Final = Decimal(10**12)
NONE: Final[frozenset[str]] = frozenset()


class Fields(NamedTuple):
    """What a price of a model says.  needed: at least one of each group.  A tier likewise."""

    needed: tuple[str, ...] = ()
    optional: frozenset[str] = NONE
    tier_needed: tuple[frozenset[str], ...] = ()
    tier_optional: frozenset[str] = NONE


PRICED: Final = frozenset({"unit", "price", "flat"})
UP_TO: Final = frozenset({"up_to"})
EVENT: Final = ("fixed_per_event", "free_events", "free_amount", "per_event_min", "per_event_max")
BLOCKS: Final = Fields(
    ("tiers",),
    tier_needed=(frozenset({"block_size"}), frozenset({"price"})),
    tier_optional=frozenset({"max_blocks"}),
)
TIERED: Final = Fields(("tiers",), tier_needed=(PRICED | {"rate_percent"},), tier_optional=UP_TO)
FIELDS: Final[Mapping[str, Fields]] = MappingProxyType(
    {
        "flat": Fields(("price",)),
        "unit": Fields(("price",)),
        "graduated": TIERED,
        "graduated_percentage": TIERED,
        "volume": TIERED,
        "package": Fields(("size", "price"), frozenset({"free"})),
        "percentage": Fields(("rate_percent",), frozenset(EVENT)),
        "graduated_blocks": BLOCKS,
        "top_tier_blocks": BLOCKS,
        "capacity": Fields(("tiers",), tier_needed=(frozenset({"price"}),), tier_optional=UP_TO),
        "dynamic": Fields(("multiplier",)),
    }
)
"""By the words of docs/guides/simulate.md."""

WORDS: Final[Mapping[PriceModel, tuple[str, ...]]] = MappingProxyType(
    {
        PriceModel.PER_UNIT: ("unit",),
        PriceModel.GRADUATED: ("graduated", "graduated_percentage"),
        PriceModel.BLOCKS: ("graduated_blocks", "top_tier_blocks"),
        PriceModel.MATRIX: ("unit", *(word for word in FIELDS if word != "unit")),
    }
)
"""What `model` may be within the JSON, the first where it is left out; else the model's own."""


def read_price(model: PriceModel, text: str, meter: str | None) -> StoredPrice:
    """The price that `text` says: a list of tiers, an object of fields, or a price as it is stored.

    meter: of which a capacity's limits are.
    Raises PriceMiswritten, which shows one of the model that works, and BadParameter of no JSON.
    """
    try:
        read = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as problem:
        raise typer.BadParameter(f"the tiers are no JSON: {problem}") from None
    if isinstance(read, list):
        read = {"tiers": read}
    if not isinstance(read, dict):
        raise typer.BadParameter('the tiers are no list such as [{"up_to": null, "unit": "1.00"}]')
    if isinstance(read.get("model"), dict):
        return StoredPrice(model, None, text)
    return dump_price(_price(model, read, meter))


def miswritten(model: PriceModel, why: str) -> PriceMiswritten:
    return PriceMiswritten(model=model, why=why, example=EXAMPLES[model])


def _price(model: PriceModel, given: Json, meter: str | None) -> Price:
    words = WORDS.get(model, (str(model),))
    word = given.get("model", words[0])
    if word not in words:
        raise miswritten(model, f"its `model` is {word!r}")
    whole = {**given, "model": word, "metric": meter or "usage"}
    says = {name: value for name, value in given.items() if name not in {"model", "filters"}}
    if model is PriceModel.MATRIX:
        _check_filters(given, FIELDS[word], says)
    elif "filters" in given:
        raise miswritten(model, "only a matrix has `filters`")
    else:
        _check(model, FIELDS[word], says)
    price = price_of_charge(whole)
    if price.word != model:
        raise miswritten(model, f"its terms are those of {price.word!r}")
    return price


def _check_filters(given: Json, fields: Fields, base: Json) -> None:
    model, listed = PriceModel.MATRIX, given.get("filters")
    if not listed or not isinstance(listed, list) or not all(isinstance(x, dict) for x in listed):
        raise miswritten(model, "it has no list of `filters`")
    if base:
        _check(model, fields, base)
    for each in listed:
        own = {name: value for name, value in each.items() if name in PRICE_FIELDS}
        others = {name: value for name, value in each.items() if name not in own}
        asked = others.pop("values", None)
        matches = others if asked is None else isinstance(asked, dict) and asked and not others
        if not own or not matches:
            raise miswritten(model, f"the filter {_shown(each)} needs values and a price")
        _check(model, fields, {**base, **own})


def _check(model: PriceModel, fields: Fields, says: Json) -> None:
    groups = [frozenset({name}) for name in fields.needed]
    _check_names(model, "it", says, groups, fields.optional)
    tiers = says.get("tiers")
    if "tiers" in fields.needed:
        if not isinstance(tiers, list) or not all(isinstance(tier, dict) for tier in tiers):
            raise typer.BadParameter(
                'the tiers are no list such as [{"up_to": null, "unit": "1.00"}]'
            )
        for tier in tiers:
            where = f"the tier {_shown(tier)}"
            _check_names(model, where, tier, fields.tier_needed, fields.tier_optional)
    for name, value in _values("", says):
        _check_number(model, name, value)


def _check_names(
    model: PriceModel,
    where: str,
    says: Json,
    needed: list[frozenset[str]] | tuple[frozenset[str], ...],
    optional: frozenset[str],
) -> None:
    known = optional.union(*needed)
    if unknown := sorted(set(says) - known):
        raise miswritten(model, f"{where} has `{unknown[0]}`, which is no field of it")
    for group in needed:
        if all(says.get(name) is None for name in group):
            raise miswritten(model, f"{where} has no `{'` or `'.join(sorted(group))}`")


def _check_number(model: PriceModel, name: str, value: Any) -> None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise miswritten(model, f"`{name}` is {value!r}, which is no number")
    if abs(number) > LARGEST:
        raise miswritten(model, f"`{name}` is {number:f}; the largest is {LARGEST:,f}")
    if name == "free_events" and number % 1:
        raise miswritten(model, f"`{name}` is {value!r}, which is no whole number")


def _values(name: str, said: Any) -> Iterator[tuple[str, Any]]:
    """Every value within, by the name of its field."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _values(key, value)
    elif isinstance(said, list):
        for value in said:
            yield from _values(name, value)
    elif said is not None:
        yield name, said


def _shown(said: Json) -> str:
    return json.dumps(said, default=str, ensure_ascii=False)
