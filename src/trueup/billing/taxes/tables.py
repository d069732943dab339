"""Reads the tables of rates that ship with the slice."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.taxes.model import ppm_of_percent
from trueup.billing.taxes.rules.rate_table import RatePeriod, RateTable, Territory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHIPPED: Final = ("eu_vat.toml", "us_states.toml", "canada.toml")


@cache
def shipped_rates() -> RateTable:
    """All tables of this slice in one.  Read once; frozen."""
    texts = [files(__package__).joinpath(name).read_text(encoding="utf-8") for name in SHIPPED]
    return RateTable.of(period for text in texts for period in periods_of(text))


def periods_of(toml: str) -> Iterator[RatePeriod]:
    """The periods of a table in TOML, such as `eu_vat.toml`.

    Raises KeyError where a key is missing, MalformedTaxRate.
    """
    table = tomllib.loads(toml)
    for period in table["period"]:
        yield _period(period, table["name"])


def _period(period: Mapping[str, Any], name: str) -> RatePeriod:
    return RatePeriod(
        jurisdiction=period["jurisdiction"],
        name=period.get("name", name),
        valid_from=period.get("from"),
        valid_until=period.get("until"),
        ppm_by_category={
            category: ppm_of_percent(percent) for category, percent in period["rates"].items()
        },
        territories=tuple(
            Territory(place["name"], place["postal_codes"], ppm_of_percent(place["standard"]))
            for place in period.get("territories", ())
        ),
    )
