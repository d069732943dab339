from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trueup.billing.taxes.model import TaxConvention
from trueup.billing.taxes.rules.treatment import treat
from trueup.billing.taxes.tables import shipped_rates

if TYPE_CHECKING:
    from trueup.billing.taxes.model import Supply, Treatment
    from trueup.billing.taxes.rules.rate_table import RateTable


@dataclass(frozen=True, slots=True)
class TableTaxProvider:
    """The `TaxProvider` that asks nobody: the shipped tables, a tenant's own rates before them.

    Knows no local rates of the US and no product that a state does not tax.
    """

    convention: TaxConvention = field(default_factory=TaxConvention)
    table: RateTable = field(default_factory=shipped_rates)

    def treat(self, supply: Supply) -> Treatment:
        return treat(supply, table=self.table, convention=self.convention)
