"""Place of supply of electronic services: who charges tax, at whose rate, or why nobody does.

Inside the EU a business with a number of its own accounts for the tax itself; a consumer pays what
holds where he lives, since 2015. Source: Directive 2006/112/EC, Art. 44, 45, 58, 59c and 196;
Implementing Regulation 282/2011, Art. 18. In the US and Canada a seller charges where it has to
collect, and nowhere else.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Final

from trueup.billing.taxes.model import (
    CheckState,
    NumberShape,
    Place,
    TaxAction,
    TaxReason,
    UncheckedNumber,
)
from trueup.billing.taxes.rules.location import is_eu_member

if TYPE_CHECKING:
    from trueup.billing.taxes.model import Buyer, Seller, Supply, TaxConvention
    from trueup.billing.taxes.rules.location import Location

CONSUMER_PAYS_AT_HOME_FROM: Final = date(2015, 1, 1)  # Directive 2008/8/EC, Art. 5
THRESHOLD_FROM: Final = date(2019, 1, 1)  # Directive (EU) 2017/2455, Art. 1
REGIONAL: Final = frozenset({"US", "CA"})
ONE_STOP_SHOP: Final = "EU"


class _Standing(Enum):
    """What a buyer's VAT number makes of him."""

    BUSINESS = "business"
    CONSUMER = "consumer"
    UNCHECKED = "unchecked"
    UNANSWERED = "unanswered"


def place_of_supply(
    home: Location, away: Location | None, supply: Supply, convention: TaxConvention
) -> Place:
    """Who charges tax on `supply` from `home` to `away`, and at the rate of which country.

    A country that is not known, and a number whose registry did not answer where the answer
    matters, leave the supply pending: neither is taken for zero (B46).  Never raises.
    """
    seller, buyer = supply.seller, supply.buyer
    if away is None:
        return Place(TaxAction.PENDING, TaxReason.LOCATION_UNKNOWN)
    if away.country in REGIONAL:
        return _in_regions(seller, home, away)
    if home.area == away.area:
        return Place(TaxAction.CHARGE, TaxReason.DOMESTIC, home.country)
    if away.is_in_eu_vat_area:
        standing = _standing(buyer, supply.on, convention)
        if home.is_in_eu_vat_area:
            return _within_eu(supply, home, away, standing)
        return _into_eu(seller, away, standing)
    return _elsewhere(seller, buyer, away)


def _within_eu(supply: Supply, home: Location, away: Location, standing: _Standing) -> Place:
    check = supply.buyer.check
    if standing is _Standing.BUSINESS:
        # His number is of the seller's own country: an establishment there is what is supplied.
        if check is not None and check.number.country == home.country:
            return Place(TaxAction.CHARGE, TaxReason.DOMESTIC, home.country)
        return Place(TaxAction.REVERSE_CHARGE, TaxReason.BUSINESS_ABROAD)
    if standing is not _Standing.CONSUMER:
        return _pending(standing)
    if supply.on < CONSUMER_PAYS_AT_HOME_FROM:
        return Place(TaxAction.CHARGE, TaxReason.SELLER_RATE_BEFORE_2015, home.country)
    if supply.seller.is_below_oss_threshold and supply.on >= THRESHOLD_FROM:
        return Place(TaxAction.CHARGE, TaxReason.SELLER_RATE_BELOW_THRESHOLD, home.country)
    return Place(TaxAction.CHARGE, TaxReason.CONSUMER_ABROAD, away.country)


def _into_eu(seller: Seller, away: Location, standing: _Standing) -> Place:
    """From outside: the threshold is for sellers inside, and consumers never paid at its rate."""
    if standing is _Standing.BUSINESS:
        return Place(TaxAction.REVERSE_CHARGE, TaxReason.BUSINESS_ABROAD)
    if not seller.collects_in & {ONE_STOP_SHOP, away.country}:
        return Place(TaxAction.NO_CHARGE, TaxReason.NOT_REGISTERED)
    if standing is _Standing.CONSUMER:
        return Place(TaxAction.CHARGE, TaxReason.CONSUMER_ABROAD, away.country)
    return _pending(standing)


def _elsewhere(seller: Seller, buyer: Buyer, away: Location) -> Place:
    if away.country not in seller.collects_in:
        return Place(TaxAction.NO_CHARGE, TaxReason.OUTSIDE_TAX_AREA)
    if buyer.is_business:
        return Place(TaxAction.NO_CHARGE, TaxReason.BUSINESS_ABROAD)
    return Place(TaxAction.CHARGE, TaxReason.CONSUMER_ABROAD, away.country)


def _in_regions(seller: Seller, home: Location, away: Location) -> Place:
    """In the US and Canada: charged where the seller collects, for business and consumer alike."""
    is_at_home = home.country == away.country
    prefix = away.country + "-"
    collects = is_at_home or any(
        where == away.country or where.startswith(prefix) for where in seller.collects_in
    )
    if not collects:
        return Place(TaxAction.NO_CHARGE, TaxReason.OUTSIDE_TAX_AREA)
    if away.region is None:
        return Place(TaxAction.PENDING, TaxReason.REGION_UNKNOWN)
    if away.country == "US" and not collects_in_region(seller, home, away):
        return Place(TaxAction.NO_CHARGE, TaxReason.NOT_REGISTERED)
    reason = TaxReason.DOMESTIC if is_at_home else TaxReason.CONSUMER_ABROAD
    return Place(TaxAction.CHARGE, reason, away.country)


def collects_in_region(seller: Seller, home: Location, away: Location) -> bool:
    """Whether the seller must collect what the buyer's state or province levies by itself."""
    is_at_home = (home.country, home.region) == (away.country, away.region)
    return is_at_home or f"{away.country}-{away.region}" in seller.collects_in


def _standing(buyer: Buyer, on: date, convention: TaxConvention) -> _Standing:
    """A number proves a business, whatever the customer says; without one he is a consumer."""
    check = buyer.check
    if check is None or not is_eu_member(check.number.country, on):
        return _Standing.CONSUMER
    if check.state is CheckState.VALID:
        return _Standing.BUSINESS
    if check.state is CheckState.PENDING:
        return _Standing.UNANSWERED
    if check.state is CheckState.INVALID or check.number.shape is not NumberShape.WELL_FORMED:
        return _Standing.CONSUMER
    return {
        UncheckedNumber.PENDING: _Standing.UNCHECKED,
        UncheckedNumber.CHARGE: _Standing.CONSUMER,
        UncheckedNumber.REVERSE_CHARGE: _Standing.BUSINESS,
    }[convention.unchecked_number]


def _pending(standing: _Standing) -> Place:
    if standing is _Standing.UNANSWERED:
        return Place(TaxAction.PENDING, TaxReason.NUMBER_CHECK_PENDING)
    return Place(TaxAction.PENDING, TaxReason.NUMBER_UNCHECKED)
