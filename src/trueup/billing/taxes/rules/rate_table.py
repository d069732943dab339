"""Rates by jurisdiction, category, day and postal code. Absent is not zero: no rate is None."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.taxes.errors import UnknownTaxCategory
from trueup.billing.taxes.model import STANDARD, TaxRate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

ZERO: Final = "zero"
CATEGORIES: Final = (
    STANDARD,
    "reduced",
    "reduced1",
    "reduced2",
    "super_reduced",
    "parking",
    "press_publications",
    ZERO,
)
_COUNTRY_BEFORE_DIGITS: Final = re.compile(r"^[A-Z]{1,2}(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of a country with a standard rate of its own; at 0 it lies outside the tax area.

    postal_codes: a pattern that a whole postal code matches, without blanks and dashes.
    """

    name: str
    postal_codes: str
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """What a jurisdiction levies from a day until another, exclusive; None is open.

    ppm_by_category: categories it does not have are missing.
    """

    jurisdiction: str
    name: str
    valid_from: date | None
    valid_until: date | None
    ppm_by_category: Mapping[str, int]
    territories: tuple[Territory, ...] = ()

    def covers(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class RateTable:
    """Periods by jurisdiction.  Where two cover a day the first one counts."""

    periods: Mapping[str, tuple[RatePeriod, ...]]

    @classmethod
    def of(cls, periods: Iterable[RatePeriod]) -> RateTable:
        """Raises UnknownTaxCategory."""
        grouped: dict[str, list[RatePeriod]] = defaultdict(list)
        for period in periods:
            for category in period.ppm_by_category:
                require_category(category)
            grouped[period.jurisdiction].append(period)
        return cls(MappingProxyType({key: tuple(found) for key, found in grouped.items()}))

    def before(self, other: RateTable) -> RateTable:
        """Both tables; where both cover a day, this one's word counts."""
        both = (self, other)
        return RateTable.of(p for table in both for found in table.periods.values() for p in found)


def require_category(category: str) -> None:
    """Raises UnknownTaxCategory unless tables can have `category`."""
    if category not in CATEGORIES:
        raise UnknownTaxCategory(category=category, known=list(CATEGORIES))


def find_period(table: RateTable, jurisdiction: str, on: date) -> RatePeriod | None:
    periods = table.periods.get(jurisdiction, ())
    return next((period for period in periods if period.covers(on)), None)


def find_territory(
    table: RateTable, jurisdiction: str, on: date, postal_code: str | None
) -> Territory | None:
    """The part of `jurisdiction` with a rate of its own in which `postal_code` lies, or None."""
    period = find_period(table, jurisdiction, on)
    if period is None or not period.territories or not postal_code:
        return None
    code = compact_postal_code(postal_code)
    return next((t for t in period.territories if re.fullmatch(t.postal_codes, code)), None)


def find_rate(
    table: RateTable, jurisdiction: str, category: str, on: date, postal_code: str | None = None
) -> TaxRate | None:
    """The rate of `category` in `jurisdiction` on a day, or None where no table says it.

    A country with several reduced rates has no `reduced`: which one applies is not guessed.
    Raises UnknownTaxCategory.
    """
    require_category(category)
    period = find_period(table, jurisdiction, on)
    if period is None:
        return None
    if category == ZERO:
        return TaxRate(period.name, jurisdiction, 0, category)
    territory = find_territory(table, jurisdiction, on, postal_code)
    if territory is None:
        ppm = period.ppm_by_category.get(category)
        return None if ppm is None else TaxRate(period.name, jurisdiction, ppm, category)
    if category != STANDARD:
        return None
    return TaxRate(period.name, jurisdiction, territory.rate_ppm, category)


def compact_postal_code(postal_code: str) -> str:
    """`postal_code` in capitals and digits, without the country before it: `D-78266` is 78266."""
    code = "".join(sign for sign in postal_code.upper() if sign.isalnum())
    return _COUNTRY_BEFORE_DIGITS.sub("", code)
