from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


class TiersMissing(Refusal):
    """A tiered price without tiers."""

    code = "tiers_missing"

    def __init__(self) -> None:
        super().__init__("A tiered price needs at least one tier.", fix="Give its tiers.")


class TiersNotAscending(Refusal):
    """Two tiers that claim the same quantity, or one that holds none."""

    code = "tiers_not_ascending"

    def __init__(self, *, up_to: Decimal, after: Decimal) -> None:
        super().__init__(
            f"A tier up to {up_to} cannot follow one that ends at {after}.",
            fix="Order the tiers by `up_to`, each above the one before, the first above zero.",
            up_to=up_to,
            after=after,
        )


class OpenTierMisplaced(Refusal):
    """Tiers that do not end with their one open tier: a quantity has two prices or none."""

    code = "open_tier_misplaced"

    def __init__(self, *, open_tiers: int) -> None:
        super().__init__(
            f"The last tier, and only that one, must be open; {open_tiers} tiers have no `up_to`.",
            fix="Leave `up_to` away on the last tier only.",
            open_tiers=open_tiers,
        )


class TierPricedTwice(Refusal):
    """A tier with both an amount per unit and a share of the amount."""

    code = "tier_priced_twice"

    def __init__(self) -> None:
        super().__init__(
            "A tier charges either an amount for each unit or a percentage, not both.",
            fix="Keep `unit` or `rate_percent`.",
        )


class SizeNotPositive(Refusal):
    """A package, block or divisor of nothing or less."""

    code = "size_not_positive"

    def __init__(self, *, term: str, size: Decimal | int) -> None:
        super().__init__(
            f"`{term}` must be above zero; it is {size}.",
            fix="Give a positive size.",
            term=term,
            size=size,
        )


class AllowanceNegative(Refusal):
    """Free units, free events or a bound below zero."""

    code = "allowance_negative"

    def __init__(self, *, term: str, value: Decimal | int) -> None:
        super().__init__(
            f"`{term}` cannot be negative; it is {value}.",
            fix="Give zero or more.",
            term=term,
            value=value,
        )


class MinimumAboveMaximum(Refusal):
    """Bounds that no amount can keep."""

    code = "minimum_above_maximum"

    def __init__(self, *, minimum: Decimal, maximum: Decimal) -> None:
        super().__init__(
            f"A minimum of {minimum} is above the maximum of {maximum}.",
            fix="Lower the minimum or raise the maximum.",
            minimum=minimum,
            maximum=maximum,
        )


class ConversionNotDefined(Refusal):
    """A unit conversion on a price that has no units to convert."""

    code = "conversion_not_defined"

    def __init__(self, *, model: str) -> None:
        super().__init__(
            f"A price of model {model!r} counts nothing that could be converted.",
            fix="Convert units for prices per unit, graduated or volume; a package has a size.",
            model=model,
        )


class MatrixTie(Refusal):
    """Two cells of a matrix that fit the same event equally well."""

    code = "matrix_tie"

    def __init__(self, *, dimensions: Mapping[str, str]) -> None:
        shown = _shown(dimensions)
        super().__init__(
            f"Two prices of equal precision fit {shown}.",
            fix="Remove one, or add a price that names all of these dimensions.",
            dimensions=dict(dimensions),
        )


class MatrixDimensionUnknown(Refusal):
    """A cell that asks for a dimension its matrix does not have."""

    code = "matrix_dimension_unknown"

    def __init__(self, *, dimension: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"A cell names the dimension {dimension!r}; the matrix has {', '.join(known)}.",
            fix="Declare the dimension, or correct the cell.",
            dimension=dimension,
            known=known,
        )


class NoPriceFound(Refusal):
    """No cell of a matrix fits: the invoice stops loudly instead of charging nothing (B25)."""

    code = "no_price_found"

    def __init__(self, *, dimensions: Mapping[str, str]) -> None:
        super().__init__(
            f"There is no price for {_shown(dimensions)}.",
            fix="Add a price for these dimensions, or one without dimensions that fits all others.",
            dimensions=dict(dimensions),
        )


class QuantityBeyondTiers(Refusal):
    """A quantity above the last tier of a price that ends (B25)."""

    code = "quantity_beyond_tiers"

    def __init__(self, *, quantity: Decimal, largest: Decimal) -> None:
        super().__init__(
            f"The price ends at {largest} units; {quantity} were used.",
            fix="Leave the last tier open, or set the convention that it goes on.",
            quantity=quantity,
            largest=largest,
        )


class QuantityNegative(Refusal):
    """More taken back than was ever used."""

    code = "quantity_negative"

    def __init__(self, *, quantity: Decimal) -> None:
        super().__init__(
            f"A quantity of {quantity} in a period cannot be priced.",
            fix="Correct the usage: a period's total is zero or more.",
            quantity=quantity,
        )


class EventsMissing(Refusal):
    """A price that is due for each event, and a quantity without its events (B26)."""

    code = "events_missing"

    def __init__(self, *, quantity: Decimal) -> None:
        super().__init__(
            f"This price is computed event by event; only their sum {quantity} was given.",
            fix="Give the amount of each event, in order.",
            quantity=quantity,
        )


class UnreadablePrice(Refusal):
    """A stored price that is no price this platform knows; nothing is guessed."""

    code = "unreadable_price"

    def __init__(self, *, model: str, why: str) -> None:
        super().__init__(
            f"A price of model '{model}' cannot be read: {why}.",
            fix="Write a new version of the price.",
            model=model,
            why=why,
        )


class UnreadableDerivation(Refusal):
    """A derivation that this program cannot execute."""

    code = "unreadable_derivation"

    def __init__(self, *, why: str) -> None:
        super().__init__(
            f"A derivation cannot be read: {why}.",
            fix="Read it with the version of the program that wrote it.",
            why=why,
        )


def _shown(dimensions: Mapping[str, str]) -> str:
    named = ", ".join(f"{name} = {value}" for name, value in sorted(dimensions.items()))
    return named or "an event without dimensions"
