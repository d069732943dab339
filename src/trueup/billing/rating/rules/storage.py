"""Prices as `billing.price` keeps them: a model's word, an amount in micro-units, tiers as JSON.

Plain prices use the columns and tiers that imports write.  What these cannot say (bounds, matrices,
amounts finer than a micro-unit) is written whole, as a JSON object in place of the list of tiers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from trueup.billing.calendar.model import Timing
from trueup.billing.rating.derivation import Tier
from trueup.billing.rating.errors import UnreadablePrice
from trueup.billing.rating.model import (
    FlatPrice,
    GraduatedPrice,
    PackagePrice,
    Price,
    UnitPrice,
    VolumePrice,
)
from trueup.billing.rating.rules.exact import EXACT, SCALE, ZERO
from trueup.kernel.currency import MICRO_DIGITS


class StoredPrice(NamedTuple):
    """The three columns.  tiers: JSON text."""

    model: str
    unit_amount_micros: int | None
    tiers: str | None


class StoredTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tier as imports write it.  A package: `up_to` is the size, the flat amount the price."""

    up_to: Decimal | None
    unit_amount_micros: int = 0
    flat_amount_micros: int = 0


_TIERS: Final = msgspec.json.Decoder(tuple[StoredTier, ...])
_WHOLE: Final = msgspec.json.Decoder(Price)
_WRITER: Final = msgspec.json.Encoder()


def parse_price(model: str, unit_amount_micros: int | None, tiers: str | None) -> Price:
    """The price that the columns of one row of `billing.price` say.

    Raises UnreadablePrice, and what the model itself refuses.
    """
    if tiers is None:
        return _of_amount(model, unit_amount_micros)
    try:
        if tiers.lstrip().startswith("{"):
            price = _WHOLE.decode(tiers)
        else:
            return _of_tiers(model, _TIERS.decode(tiers))
    except msgspec.MsgspecError as problem:
        raise UnreadablePrice(model=model, why=str(problem)) from problem
    if price.word != model:
        raise UnreadablePrice(model=model, why=f"its terms are those of {price.word!r}")
    return price


def dump_price(price: Price) -> StoredPrice:
    """What `parse_price` reads back equal."""
    return _plain(price) or StoredPrice(price.word, None, _WRITER.encode(price).decode())


def _of_amount(model: str, unit_amount_micros: int | None) -> Price:
    if unit_amount_micros is None:
        raise UnreadablePrice(model=model, why="it has neither an amount nor tiers")
    if model == "flat":
        return Price(FlatPrice(_main(unit_amount_micros)))
    if model == "per_unit":
        return Price(UnitPrice(_main(unit_amount_micros)))
    raise UnreadablePrice(model=model, why="it needs tiers and has one amount")


def _of_tiers(model: str, stored: tuple[StoredTier, ...]) -> Price:
    if model == "package":
        return Price(_package_of(stored))
    tiers = tuple(
        Tier(tier.up_to, _main(tier.unit_amount_micros), _main(tier.flat_amount_micros))
        for tier in stored
    )
    if model == "graduated":
        return Price(GraduatedPrice(tiers))
    if model == "volume":
        return Price(VolumePrice(tiers))
    raise UnreadablePrice(model=model, why="it has tiers, which it does not use")


def _package_of(stored: tuple[StoredTier, ...]) -> PackagePrice:
    if len(stored) != 1 or stored[0].up_to is None or stored[0].unit_amount_micros:
        raise UnreadablePrice(model="package", why="a package is one tier with a size and a price")
    return PackagePrice(_main(stored[0].flat_amount_micros), stored[0].up_to)


def _plain(price: Price) -> StoredPrice | None:
    """The columns, if they can say all of `price`."""
    model = price.model
    if price != Price(model):
        return None
    if isinstance(model, FlatPrice) and model.timing is Timing.IN_ADVANCE:
        return _amount(price.word, model.amount)
    if isinstance(model, UnitPrice):
        return _amount(price.word, model.unit)
    if isinstance(model, PackagePrice) and not model.free:
        return _tiers(price.word, (Tier(model.size, flat=model.price),))
    if isinstance(model, GraduatedPrice | VolumePrice):
        return _tiers(price.word, model.tiers)
    return None


def _amount(word: str, amount: Decimal) -> StoredPrice | None:
    micros = _micros(amount)
    return None if micros is None else StoredPrice(word, micros, None)


def _tiers(word: str, tiers: tuple[Tier, ...]) -> StoredPrice | None:
    stored = []
    for tier in tiers:
        unit, flat = _micros(tier.unit), _micros(tier.flat)
        if unit is None or flat is None or tier.rate_percent is not None:
            return None
        stored.append(StoredTier(tier.up_to, unit, flat))
    return StoredPrice(word, None, _WRITER.encode(stored).decode())


def _main(micros: int) -> Decimal:
    return SCALE(Decimal(micros), -MICRO_DIGITS).normalize(EXACT)


def _micros(amount: Decimal) -> int | None:
    """`amount` in micro-units, or None where it is finer."""
    micros = SCALE(amount, MICRO_DIGITS)
    return int(micros) if EXACT.remainder(micros, Decimal(1)) == ZERO else None
