"""Plans, prices, entities and payments by command: a mistake is told in words, never as a traceback."""

from __future__ import annotations

import pytest
from tests.service.cli.command_line import CommandLine

PRICE = ("plan", "price", "pro", "--currency", "EUR")
GRADUATED = (*PRICE, "--model", "graduated", "--tiers")


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE", "--no-tax")
    made("plan", "create", "pro", "--every", "3 months")
    return made


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("plan", "create", "x", "--every", "fortnight"), 2, "is no interval"),
        (("plan", "create", "x", "--every", "abc months"), 2, "is no interval"),
        (("plan", "create", "x", "--every", "0 months"), 2, "is no interval"),
        (("plan", "create", "x", "--commitment", "500"), 2, "amount and currency"),
        (("plan", "create", "pro"), 3, "plan_known"),
        ((*PRICE, "--amount", "5", "--kind", "foo"), 2, "foo"),
        ((*PRICE, "--amount", "1,5"), 3, "malformed_amount"),
        (PRICE, 3, "A price of model 'flat'"),
        ((*GRADUATED, "[1]"), 2, "the tiers are no list"),
        ((*GRADUATED, "5"), 2, "the tiers are no list"),
        ((*GRADUATED, "[{"), 2, "the tiers are no JSON"),
        (("bill", "entity", "de", "--name", "B", "--country", "DE"), 2, "there is a legal entity"),
    ],
)
def test_a_mistake_is_told_in_words(trueup, arguments, status, told):
    ended = trueup(*arguments)
    assert (ended.status, told in ended.said, "Traceback" in ended.said) == (status, True, False)


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_a_payment_of_nothing_is_refused(trueup, amount):
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "9.00", "--at", "2020-01-01")
    trueup("customer", "create", "Ann", "--currency", "EUR")
    trueup("subscription", "start", "Ann", "pro", "--at", "2026-01-01")
    trueup("bill", "run", "--until", "2026-01-02")
    ended = trueup("payment", "record", "INV-000001", "--", amount)
    assert (ended.status, "more than nothing" in ended.said) == (2, True)
