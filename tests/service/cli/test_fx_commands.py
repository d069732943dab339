"""Rates of exchange by command: on file, told, and used on an invoice."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE", "--time-zone", "Europe/Berlin")  # fmt: skip
    return made


def test_a_file_of_rates_is_put_on_file_whole_or_not_at_all(trueup, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text("from,to,rate,source,effective_at\nUSD,EUR,0.92,ECB,2026-07-01\nUSD,EUR,x,ECB,2026-07-02\n")  # fmt: skip
    assert trueup("fx", "import", tmp_path / "none.csv").status == 2
    refused = trueup("fx", "import", rates)
    assert (refused.status, "line 3: 'x' is no rate" in refused.said) == (3, True)
    assert json.loads(trueup("fx", "list", "--json").out) == []
    rates.write_text("from,to,rate,source,effective_at\nUSD,EUR,0.92,ECB,2026-07-01\n")
    assert "1 rate added, 0 known" in trueup("fx", "import", rates).said
    assert "0 rates added, 1 known" in trueup("fx", "import", rates).said
    said = trueup("fx", "list").said
    assert "2026-07-01 00:00 CEST" in said
    assert "1 USD = 0.92 EUR" in said


def test_an_invoice_tells_its_tax_in_the_currency_of_the_tax_office(trueup):
    """B20: parked with the fix that is then done, and told with rate, source and time."""
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "USD", "--amount", "100.00", "--at", "2020-01-01")
    trueup("customer", "create", "Ann", "--currency", "USD", "--country", "DE")
    trueup("subscription", "start", "Ann", "pro", "--at", "2026-01-10")
    assert trueup("fx", "tax-currency", "de", "EUR").status == 0
    trueup("bill", "run", "--until", "2026-01-11")
    assert "trueup fx add USD EUR" in trueup("bill", "parked").said
    trueup("fx", "add", "USD", "EUR", "0.9234", "--source", "ECB", "--at", "2026-01-10")
    trueup("bill", "run", "--until", "2026-01-11")
    shown = trueup("bill", "show", "INV-000001").said
    assert "tax in EUR 17.54 EUR (1 USD = 0.9234 EUR, ECB, 2026-01-09 23:00 UTC)" in shown
    told = json.loads(trueup("bill", "show", "INV-000001", "--json").out)["tax_in"]
    assert (told["tax"]["amount"], told["rate"], told["holds"]) == ("17.54", "0.9234", True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "USD", "USD", "1", "--source", "ECB", "--at", "2026-01-01"), "fx_rate_malformed"),
        (("add", "USD", "EUR", "0", "--source", "ECB", "--at", "2026-01-01"), "fx_rate_malformed"),
        (("tax-currency", "fr", "EUR"), "entity_unknown"),
        (("tax-currency", "de", "XXQ"), "unknown_currency"),
    ],
)
def test_what_cannot_be_is_refused(trueup, arguments, code):
    refused = trueup("fx", *arguments)
    assert (refused.status, code in refused.said) == (3, True)
