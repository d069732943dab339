"""The tax questions of pyvat, Lago, Meteroid, Zuora, python-stdnum and vat-rates, case by case."""

from __future__ import annotations

import json

import pytest
from tests.acceptance.tax_cases import (
    CASES,
    Case,
    amount_answer,
    expected_rates,
    first_and_last_day,
    iso_country,
    number_answer,
    place_answer,
    rates_answer,
    read_cases,
    standard_rate,
)

PLACES = read_cases("eu-place-of-supply")
NUMBERS = read_cases("vat-numbers")
RATES = read_cases("eu-vat-rates")
AMOUNTS = read_cases("tax-amounts")
SPOT_CHECKS = json.loads((CASES / "eu-vat-rates.json").read_text(encoding="utf-8"))["spot_checks"]


def named(case: Case) -> str:
    return case.id


@pytest.mark.parametrize("case", PLACES, ids=named)
def test_a_supply_is_taxed_where_the_peers_say(case: Case) -> None:
    answer = place_answer(case.given)
    assert answer["action"] == case.expected["action"]
    assert answer["rate_of_country"] == iso_country(case.expected["rate_of_country"])


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_a_vat_number_is_judged_as_the_peers_judge_it(case: Case) -> None:
    assert number_answer(case.given, case.expected) == case.expected


@pytest.mark.parametrize("case", RATES, ids=named)
def test_a_rate_holds_from_its_first_day_to_its_last(case: Case) -> None:
    for on in first_and_last_day(case.given):
        assert rates_answer(case.given, on) == expected_rates(case.expected)


@pytest.mark.parametrize(
    "check", SPOT_CHECKS, ids=lambda check: f"{check['country']}-{check['date']}"
)
def test_a_standard_rate_agrees_with_a_second_source(check: dict[str, str]) -> None:
    assert standard_rate(check["country"], check["date"]) == check["standard"]


@pytest.mark.parametrize("case", AMOUNTS, ids=named)
def test_an_amount_of_tax_comes_to_the_same_cent(case: Case) -> None:
    assert amount_answer(case.given) == case.expected


def test_no_case_is_left_out() -> None:
    assert (len(PLACES), len(NUMBERS), len(RATES), len(AMOUNTS)) == (42, 76, 53, 5)
