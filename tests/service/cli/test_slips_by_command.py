"""Slips of an operator: what was said twice, said of nothing, or set right too late."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine

PRICE = ("plan", "price", "pro", "--currency", "EUR")


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "A", "--country", "DE", "--no-tax")
    made("plan", "create", "pro")
    made(*PRICE, "--amount", "100.00", "--at", "2020-01-01")
    made("customer", "create", "Ann", "--currency", "EUR", "--country", "DE")
    return made


@pytest.fixture
def subscription(trueup):
    return trueup("subscription", "start", "Ann", "pro", "--at", "2026-06-01").out.strip()


@pytest.mark.parametrize(
    ("command", "other", "code"),
    [
        (("coupon", "give", "S", "SPRING", "--percent", "10", "--at", "2026-06-01"), {"SPRING": "SUMMER"}, "coupon_alike"),
        (("credit", "grant", "Ann", "5.00", "--at", "2026-06-01"), {"2026-06-01": "2026-06-02"}, "credit_alike"),
        (("pending", "add", "Ann", "5.00", "Training", "--at", "2026-06-01"), {"Training": "Travel"}, "pending_item_alike"),
    ],
)  # fmt: skip
def test_what_is_given_twice_counts_once_unless_it_is_meant(
    trueup, subscription, command, other, code
):
    words = [subscription if word == "S" else word for word in command]
    assert trueup(*words).status == 0
    refused = trueup(*words)
    assert (refused.status, code in refused.said, "--again" in refused.said) == (3, True, True)
    assert trueup(*(other.get(word, word) for word in words)).status == 0
    assert trueup(*words, "--again").status == 0


def test_what_was_taken_back_may_be_given_once_more_on_the_same_day(trueup, subscription):
    give = ("coupon", "give", subscription, "SPRING", "--percent", "10", "--at", "2026-06-01")
    grant = ("credit", "grant", "Ann", "5.00", "--at", "2026-06-01")
    coupon = json.loads(trueup(*give, "--json").out)["discount_id"]
    credit = json.loads(trueup(*grant, "--json").out)["credit_id"]
    assert trueup("coupon", "take-back", coupon, "--at", "2026-06-01").status == 0
    assert trueup("credit", "take-back", credit).status == 0
    assert (trueup(*give).status, trueup(*grant).status) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("bill", "entity", "x", "--name", "X", "--country", "ZZ"), 3, "'ZZ' is no code of a country."),
        (("bill", "entity", "x", "--name", "X", "--country", "DE", "--vat-number", "DE12"), 3, "'DE12' has not the form of a VAT number of DE."),
        (("bill", "entity-change", "de", "--country", "ZZ"), 3, "'ZZ' is no code of a country."),
        (("bill", "entity-change", "de", "--vat-number", ""), 3, "'' has not the form of a VAT number of DE."),
        (("bill", "entity-change", "no", "--country", "FR"), 3, "There is no legal entity 'no'."),
        (("customer", "create", "Bob", "--currency", "EUR", "--country", "ZZ"), 3, "'ZZ' is no code of a country."),
        (("customer", "create", "Bob", "--currency", "EUR", "--country", "DE", "--vat-number", "DE12"), 3, "'DE12' has not the form of a VAT number of DE."),
        (("customer", "create", "Bob", "--currency", "EUR", "--vat-number", "DE12"), 3, "'DE12' has not the form of a VAT number of DE."),
        (("customer", "create", "Bob", "--currency", "EUR", "--vat-number", "12"), 3, "'12' does not begin with a country"),
        (("customer", "tax-id", "Ann", "DE12"), 3, "'DE12' has not the form of a VAT number of DE."),
        (("customer", "tax-id", "Ann", "12", "--country", "FR"), 3, "'12' has not the form of a VAT number of FR."),
        (("customer", "tax-id", "Ann", "12", "--country", "ZZ"), 3, "'ZZ' is no code of a country."),
        (("customer", "create", "", "--currency", "EUR"), 3, "The name of the customer is empty."),
        (("customer", "create", "Bob", "--currency", "EUR", "--locale", "zz"), 3, "no words for the locale 'zz'"),
        (("customer", "change", "Ann", "--locale", "zz"), 3, "Use a locale of one of these languages: en, de, fr, es, ar."),
        (("customer", "change", "Ann", "--name", " "), 3, "The name of the customer is empty."),
        (("pending", "add", "Ann", "5.00", ""), 3, "The description of the item is empty."),
        (("subscription", "start", "Ann", "pro", "--quantity", "-2"), 2, "Invalid value for '--quantity': -2 is below zero"),
        (("subscription", "quantity", "S", "-3"), 2, "QUANTITY"),
        (("subscription", "quantity", "S", "-3"), 2, "-3 is below zero"),
        (("bill", "entity-change", "de", "--least-due", "EUR"), 2, "Invalid value for --least-due: 'EUR' is no currency and amount"),
        (("bill", "entity-change", "de", "--least-due", "EUR=x"), 2, "--least-due: 'EUR=x'"),
        (("bill", "entity-change", "de", "--least-due", "QQQ=1"), 2, "--least-due: 'QQQ=1'"),
        (("bill", "entity-change", "de", "--least-due", "EUR=-1"), 2, "--least-due: 'EUR=-1'"),
    ],
)  # fmt: skip
def test_a_slip_is_told_by_field_and_value(trueup, subscription, arguments, status, told):
    ended = trueup(*(subscription if word == "S" else word for word in arguments))
    said = " ".join(ended.said.replace("│", " ").split())
    assert (ended.status, told in said) == (status, True), said


@pytest.mark.parametrize("net", ["-3", "0"])
@pytest.mark.usefixtures("subscription")
def test_a_credit_note_is_above_zero(trueup, net):
    trueup("bill", "run", "--until", "2026-06-02")
    ended = trueup("bill", "credit", "INV-000001", "--net", net)
    told = f"The amount of a credit note must be above zero, not {net}.00 EUR."
    assert (ended.status, told in ended.said) == (3, True), ended.said


@pytest.mark.usefixtures("subscription")
def test_country_and_vat_number_are_set_right_until_the_first_invoice(trueup):
    moved = ("bill", "entity-change", "de", "--country", "FR", "--json")
    made = json.loads(trueup(*moved, "--vat-number", "FR40303265045").out)
    assert (made["country"], made["vat_number"]) == ("FR", "FR40303265045")
    back = ("bill", "entity-change", "de", "--country", "DE")
    assert trueup(*back).status == 0
    trueup("bill", "run", "--until", "2026-06-02")
    late = trueup("bill", "entity-change", "de", "--country", "FR")
    told = "The country of legal entity 'de' stays DE: it has made invoices"
    assert (late.status, told in late.said) == (3, True), late.said
    late = trueup("bill", "entity-change", "de", "--vat-number", "DE136695976")
    assert (late.status, "The VAT number of legal entity 'de' stays FR40303265045" in late.said) == (3, True)  # fmt: skip
    assert trueup(*back, "--name", "B").status == 0  # as it is


@pytest.mark.usefixtures("subscription")
def test_a_vat_number_that_was_missing_is_entered_at_any_time(trueup):
    trueup("bill", "run", "--until", "2026-06-02")
    assert trueup("bill", "entity-change", "de", "--vat-number", "DE136695976").status == 0
