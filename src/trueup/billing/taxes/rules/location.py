"""Where a party stands in the law of taxes: aliases of countries, membership, parts left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.taxes.rules.rate_table import find_territory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trueup.billing.taxes.model import Supply
    from trueup.billing.taxes.rules.rate_table import RateTable

_LONG_MEMBERS: Final = frozenset({
    "AT", "BE", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HU", "IE", "IT", "LT", "LU",
    "LV", "MT", "NL", "PL", "PT", "SE", "SI", "SK",
})  # fmt: skip
# First day in and first day out.  Source: treaties of accession; withdrawal agreement, Art. 126.
_MEMBERS_BY_DATE: Final[Mapping[str, tuple[date, date]]] = MappingProxyType(
    {
        "BG": (date(2007, 1, 1), date.max),
        "RO": (date(2007, 1, 1), date.max),
        "HR": (date(2013, 7, 1), date.max),
        "GB": (date.min, date(2021, 1, 1)),
    }
)
_OTHER_CODES: Final = MappingProxyType({"EL": "GR", "UK": "GB", "XI": "GB"})
# Parts with an ISO code of their own that VAT law counts to a country, with a postal code there.
# Source: Directive 2006/112/EC, Art. 6 and 7.
_PARTS: Final[Mapping[str, tuple[str, str | None]]] = MappingProxyType(
    {
        "MC": ("FR", "98000"),
        "IM": ("GB", None),
        "GP": ("FR", "97100"),
        "MQ": ("FR", "97200"),
        "GF": ("FR", "97300"),
        "RE": ("FR", "97400"),
        "YT": ("FR", "97600"),
        "IC": ("ES", "35000"),
        "EA": ("ES", "51001"),
    }
)


@dataclass(frozen=True, slots=True)
class Location:
    """A place as taxes see it.  country: ISO 3166; is_in_eu_vat_area: on the day of the supply.

    area: equal for two places of one VAT area; Heligoland's is not Germany's.
    """

    country: str
    region: str | None
    postal_code: str | None
    area: str
    is_in_eu_vat_area: bool


def locate(
    country: str, region: str | None, postal_code: str | None, *, on: date, table: RateTable
) -> Location:
    """The place that `country`, `region` and `postal_code` name on a day.

    country: ISO 3166, or a code in use for one (EL, UK); any case.
    """
    code = country.strip().upper()
    code = _OTHER_CODES.get(code, code)
    code, postal_code = _PARTS.get(code, (code, postal_code))
    territory = find_territory(table, code, on, postal_code)
    is_outside = territory is not None and territory.rate_ppm == 0
    return Location(
        country=code,
        region=_region(code, region),
        postal_code=postal_code,
        area=f"{code}/{territory.name}" if territory and is_outside else code,
        is_in_eu_vat_area=is_eu_member(code, on) and not is_outside,
    )


def locate_both(supply: Supply, table: RateTable) -> tuple[Location, Location | None]:
    """Where seller and buyer of `supply` are; None for a buyer whose country is not known."""
    seller, buyer, on = supply.seller, supply.buyer, supply.on
    home = locate(seller.country, seller.region, seller.postal_code, on=on, table=table)
    if not buyer.country or not buyer.country.strip():
        return home, None
    away = locate(buyer.country, buyer.region, buyer.postal_code, on=on, table=table)
    return home, away


def is_eu_member(country: str, on: date) -> bool:
    """Whether EU law on VAT held in `country` (ISO 3166) on a day.

    The old members count at all times: nothing is billed here from before 2007.
    """
    if country in _LONG_MEMBERS:
        return True
    entered, left = _MEMBERS_BY_DATE.get(country, (date.max, date.min))
    return entered <= on < left


def _region(country: str, region: str | None) -> str | None:
    """`NY` of `NY`, `ny` or `US-NY`; None where nothing is said."""
    code = (region or "").strip().upper().removeprefix(f"{country}-")
    return code or None
