from __future__ import annotations

import json
from pathlib import Path

import pytest

from trueup.kernel.currency import CURRENCIES, UnknownCurrency, currency

VECTORS = Path(__file__).parents[4] / "shared" / "cases" / "vectors" / "iso4217.json"


@pytest.mark.parametrize(("code", "exponent", "step_micros"), [
    ("JPY", 0, 1_000_000),
    ("EUR", 2, 10_000),
    ("KWD", 3, 1_000),
    ("CLF", 4, 100),
])  # fmt: skip
def test_a_currency_knows_its_smallest_step(code, exponent, step_micros):
    found = currency(code)
    assert (found.code, found.exponent, found.step_micros) == (code, exponent, step_micros)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XAU", "DEM", " EUR"])
def test_what_is_no_active_money_is_refused(code):
    with pytest.raises(UnknownCurrency) as caught:
        currency(code)
    assert caught.value.fields == {"currency": code}
    assert repr(code) in str(caught.value)


def test_the_list_cannot_be_changed():
    with pytest.raises(TypeError):
        CURRENCIES["XBT"] = currency("EUR")


@pytest.mark.shared_data
@pytest.mark.skipif(not VECTORS.exists(), reason="../shared is not beside the project")
def test_the_list_is_the_maintenance_agencys():
    rows = json.loads(VECTORS.read_text())["rows"]
    published = {
        r["code"]: (r["minor_units"], r["name"]) for r in rows if r["minor_units"] is not None
    }
    assert {c.code: (c.exponent, c.name) for c in CURRENCIES.values()} == published
