"""Plans, prices, entities and payments by command: a mistake is told in words, never as a traceback."""

from __future__ import annotations

import json

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
        (("plan", "create", "x", "--threshold", "1,5"), 2, "is no threshold"),
        (("plan", "create", "x", "--threshold-every", "0"), 2, "is no threshold"),
        (("plan", "create", "pro"), 3, "plan_known"),
        ((*PRICE, "--amount", "5", "--kind", "foo"), 2, "foo"),
        ((*PRICE, "--amount", "1,5"), 3, "malformed_amount"),
        (
            (*PRICE, "--amount", "-3.00"),
            3,
            "The amount of the charge 'base' cannot be below zero; it is -3.00.",
        ),
        ((*PRICE, "--amount", "3", "--minimum", "-1"), 3, "The minimum of the charge 'base'"),
        ((*GRADUATED, '[{"up_to": null, "unit": "-0.5"}]'), 3, "The unit of a tier of the charge"),
        (("plan", "create", "x", "--commitment", "-5 EUR"), 3, "The commitment of the plan 'x'"),
        (PRICE, 3, "A price of model 'flat'"),
        ((*GRADUATED, "[1]"), 2, "the tiers are no list"),
        ((*GRADUATED, "5"), 2, "the tiers are no list"),
        ((*GRADUATED, "[{"), 2, "the tiers are no JSON"),
        (("bill", "entity", "de", "--name", "B", "--country", "DE"), 3, "legal_entity_known"),
    ],
)
def test_a_mistake_is_told_in_words(trueup, arguments, status, told):
    ended = trueup(*arguments)
    assert (ended.status, told in ended.said, "Traceback" in ended.said) == (status, True, False)


@pytest.fixture
def subscription(trueup):
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "9.00", "--at", "2020-01-01")
    trueup("customer", "create", "Ann", "--currency", "EUR", "--time-zone", "Europe/Berlin")
    started = trueup("subscription", "start", "Ann", "pro", "--at", "2026-01-01")
    return started.out.strip()


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_a_payment_of_nothing_is_refused(trueup, subscription, amount):
    assert subscription
    trueup("bill", "run", "--until", "2026-01-02")
    ended = trueup("payment", "record", "INV-000001", "--", amount)
    assert (ended.status, "more than nothing" in ended.said) == (3, True)


def test_what_is_shown_names_its_plan_and_the_customers_own_days(trueup, subscription):
    preview = trueup("bill", "preview", subscription, "--at", "2026-01-02")
    assert "pro base recurring" in preview.said
    done = trueup("bill", "run", "--until", "2026-01-02")
    assert done.said.startswith("1 invoice until 2026-01-02")
    run = json.loads(trueup("bill", "runs", "--json").out)[0]["bill_run_id"]
    assert run in trueup("bill", "runs").said
    assert subscription in trueup("subscription", "list").said  # never cut short
    shown = trueup("subscription", "show", subscription).said
    assert "next bill 2026-04-01, period until 2026-04-01 (Europe/Berlin)" in shown


def test_invoices_are_listed_by_a_status_that_there_is(trueup):
    assert trueup("bill", "list", "--status", "open").status == 0
    assert trueup("bill", "list", "--status", "foo").status == 2


def test_a_plan_with_a_threshold_invoices_usage_before_its_period_ends(trueup, tmp_path):
    trueup("plan", "create", "gold", "--threshold", "2.00", "--threshold-every", "5.00")
    trueup("plan", "price", "gold", "--currency", "EUR", "--meter", "calls", "--model", "per_unit", "--amount", "0.01", "--at", "2020-01-01")  # fmt: skip
    trueup("customer", "create", "Bob", "--currency", "EUR")
    gold = trueup("subscription", "start", "Bob", "gold", "--at", "2026-01-01").out.strip()
    trueup("bill", "run", "--until", "2026-01-02")
    file = tmp_path / "usage.csv"
    file.write_text(f"event_id,subscription_id,meter,quantity,occurred_at\na,{gold},calls,250,2026-01-02T01:00:00Z\n")  # fmt: skip
    trueup("usage", "record", str(file))
    trueup("bill", "run", "--until", "2026-01-03")
    (invoice,) = json.loads(trueup("bill", "list", "--json").out)
    assert (invoice["number"], invoice["total"]["amount"]) == ("INV-000001", "2.50")


def test_days_to_come_are_billed_only_if_they_are_meant(trueup, subscription):
    assert subscription
    refused = trueup("bill", "run", "--until", "2130-01-01")
    assert (refused.status, "run_ahead" in refused.said) == (3, True)
    assert json.loads(trueup("bill", "list", "--json").out) == []
    ahead = trueup("bill", "run", "--until", "2030-01-01", "--ahead", "--json")
    assert (ahead.status, json.loads(ahead.out)["invoices"]) == (0, 17)


def test_a_tenant_that_is_not_there_names_what_makes_one(trueup):
    ended = trueup("plan", "list", "--tenant", "nowhere")
    assert (ended.status, "`customer create`" in ended.said) == (3, True)


MUCH, MANY = "99999999999999", "9999999999999999"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (
            ("credit", "grant", "Ann", MUCH),
            3,
            "The amount 99,999,999,999,999.00 EUR is too large; the largest is 1,000,000,000,000.00 EUR.",
        ),
        (("pending", "add", "Ann", MUCH, "Training"), 3, "amount_not_held"),
        (("pending", "add", "Ann", "-0.001", "Training"), 3, "amount_below_step"),
        (("payment", "record", "INV-000001", MUCH), 3, "amount_not_held"),
        ((*PRICE, "--amount", MUCH), 3, "amount_not_held"),
        ((*PRICE, "--amount", "1", "--minimum", MUCH), 3, "The minimum 99,999"),
        (("coupon", "give", "SUBSCRIPTION", "HI", "--amount", MUCH), 3, "amount_not_held"),
        (("subscription", "start", "Ann", "pro", "--quantity", MANY), 2, "--quantity"),
        (
            ("subscription", "start", "Ann", "pro", "--quantity", "0.0000001"),
            2,
            "too fine",
        ),
        (("subscription", "quantity", "SUBSCRIPTION", MANY), 2, "is too large"),
    ],
)
def test_what_the_books_cannot_hold_is_refused_by_name(
    trueup, subscription, arguments, status, told
):
    trueup("bill", "run", "--until", "2026-01-02")
    ended = trueup(*(subscription if word == "SUBSCRIPTION" else word for word in arguments))
    assert (ended.status, told in ended.said) == (status, True), ended.said


@pytest.mark.parametrize(
    ("at", "status"), [("2130-01-01", 3), ("2024-12-01", 3), ("2025-12-01", 0), ("2026-01-05", 0)]
)
def test_a_payment_is_of_a_day_on_which_it_can_have_come(trueup, subscription, at, status):
    assert subscription
    trueup("bill", "run", "--until", "2026-01-02")
    ended = trueup("payment", "record", "INV-000001", "--at", at)
    assert (ended.status, "payment_day_unlikely" in ended.said) == (status, status == 3), ended.said


def test_a_payment_like_another_of_its_day_is_recorded_only_if_it_is_meant(trueup, subscription):
    assert subscription
    trueup("bill", "run", "--until", "2026-01-02")
    paid = ("payment", "record", "INV-000001", "2.00", "--at")
    endings = [(*paid, "2026-01-05"), (*paid, "2026-01-05T10:00"), (*paid, "2026-01-06"),
               (*paid, "2026-01-05", "--again"), (*paid, "2026-01-05", "--reference", "w")]  # fmt: skip
    assert [trueup(*each).status for each in endings] == [0, 3, 0, 0, 0]
