"""What every `TaxProvider` promises, asked of our tables and of a service that can be away."""

from __future__ import annotations

from datetime import date

import pytest

from trueup.billing.taxes.errors import UnknownTaxCategory
from trueup.billing.taxes.model import (
    Buyer,
    Seller,
    Supply,
    TaxAction,
    TaxRate,
    TaxReason,
    Treatment,
    VatCategory,
)
from trueup.billing.taxes.ports import TaxProvider
from trueup.billing.taxes.provider import TableTaxProvider
from trueup.billing.taxes.rules.rate_table import require_category
from trueup.billing.taxes.rules.treatment import pending

NEW_YORKER = Seller("US", "NY")


class LocalRates:
    """A service that knows what a city levies beside its state; it can be away."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.is_away = is_away

    def treat(self, supply: Supply) -> Treatment:
        require_category(supply.category)
        if not supply.buyer.country:
            return pending(TaxReason.LOCATION_UNKNOWN, {})
        if self.is_away:
            return pending(TaxReason.PROVIDER_UNAVAILABLE, {})
        state = TaxRate.from_percent("4", name="Sales tax", jurisdiction="US-NY")
        city = TaxRate.from_percent("4.5", name="Sales tax", jurisdiction="US-NY-NYC")
        return Treatment(
            TaxAction.CHARGE,
            TaxReason.DOMESTIC,
            VatCategory.STANDARD,
            country="US",
            rates=(state, city),
        )


PROVIDERS: list[TaxProvider] = [TableTaxProvider(), LocalRates(), LocalRates(is_away=True)]
providers = pytest.mark.parametrize(
    "provider", PROVIDERS, ids=["tables", "service", "service-away"]
)


@providers
def test_a_provider_says_the_same_of_the_same_supply(provider: TaxProvider) -> None:
    supply = Supply(NEW_YORKER, Buyer("US", "NY"), date(2025, 9, 1))
    assert provider.treat(supply) == provider.treat(supply)


@providers
def test_a_provider_charges_by_name_and_place_or_says_why_not(provider: TaxProvider) -> None:
    treatment = provider.treat(Supply(NEW_YORKER, Buyer("US", "NY"), date(2025, 9, 1)))
    if treatment.is_pending:
        assert treatment.fix
        assert not treatment.rates
    else:
        assert treatment.rates
        assert all(r.jurisdiction.startswith("US-NY") and r.rate_ppm > 0 for r in treatment.rates)


@providers
def test_b46_a_provider_never_takes_an_unknown_place_for_zero(provider: TaxProvider) -> None:
    treatment = provider.treat(Supply(NEW_YORKER, Buyer(None), date(2025, 9, 1)))
    assert treatment.reason is TaxReason.LOCATION_UNKNOWN
    assert treatment.is_pending


@providers
def test_a_provider_refuses_a_category_nobody_has(provider: TaxProvider) -> None:
    with pytest.raises(UnknownTaxCategory):
        provider.treat(Supply(NEW_YORKER, Buyer("US", "NY"), date(2025, 9, 1), "standrad"))
