"""Whether the figures of a case are such as a bill can hold."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS_MAX: Final = 18
"""Before the point and behind it: more than any amount, price or quantity that is sold has."""


def unusable(value: Any, at: str) -> Iterator[str]:
    """What of a record read by msgspec is no usable figure, each as `place: what is wrong`."""
    if isinstance(value, Decimal):
        if not is_usable(value):
            yield f"{at}: {value} is no figure of at most {DIGITS_MAX} digits"
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from unusable(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from unusable(each, f"{at}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from unusable(each, f"{at}[{number}]")


def is_usable(figure: Decimal) -> bool:
    """Finite, and of digits that can be reckoned with."""
    if not figure.is_finite():
        return False
    exponent = figure.as_tuple().exponent
    return figure.adjusted() < DIGITS_MAX and isinstance(exponent, int) and exponent >= -DIGITS_MAX
