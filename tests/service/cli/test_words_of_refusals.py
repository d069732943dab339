"""What an operator is told: money as money, commands by name, never a field or a unit of ours."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.service.cli.command_line import CommandLine

SOURCE = Path(__file__).parents[3] / "src" / "trueup" / "billing"
INTERNAL = re.compile(r"micro-?units|_(micros|ppm|bp|id|at)\b|percent_|epoch")


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "A", "--country", "DE")
    made("plan", "create", "pro")
    made("plan", "price", "pro", "--currency", "EUR", "--amount", "100.00", "--at", "2020-01-01")
    made("customer", "create", "Ann", "--currency", "EUR", "--country", "DE")
    made("subscription", "start", "Ann", "pro", "--at", "2026-06-01")
    made("bill", "run", "--until", "2026-06-02")
    return made


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bill", "credit", "INV-000001", "--net", "100.01"), "Invoice INV-000001 has 100.00 EUR before tax left to credit, not 100.01 EUR."),
        (("bill", "credit", "INV-000001", "--charge", "seats"), "Nothing is left to credit of what was asked of invoice INV-000001."),
        (("bill", "credit", "INV-000001", "--net", "0.001"), "0.001000 EUR is not a whole number of its currency's smallest unit."),
        (("payment", "record", "INV-000001", "0.005"), "0.005000 EUR is not a whole number of its currency's smallest unit."),
        (("payment", "record", "INV-000001", "-1.00"), "A payment is more than nothing, not -1.00 EUR."),
        (("credit", "grant", "Ann", "5.00", "--at", "2999-01-01"), "not on 2999-01-01 00:00 UTC"),
    ],
)  # fmt: skip
def test_a_refusal_speaks_of_money_and_days(trueup, arguments, sentence):
    ended = trueup(*arguments)
    assert (ended.status, sentence in ended.said) == (3, True), ended.said


def test_what_is_parked_names_the_command_that_sets_it_right(trueup):
    trueup("customer", "create", "Bob", "--currency", "EUR")
    trueup("subscription", "start", "Bob", "pro", "--at", "2026-06-01")
    trueup("bill", "run", "--until", "2026-06-02")
    assert "`trueup customer change … --country DE`" in trueup("bill", "parked").said
    trueup("bill", "entity-change", "de", "--vat-number", "DE123456789")
    trueup("customer", "change", "Bob", "--country", "FR")
    assert "1 invoice" in trueup("bill", "run", "--until", "2026-06-02").said


def said_by_errors():
    """Every text that an error of the billing slices may say, with where it stands."""
    for file in sorted(SOURCE.rglob("*.py")):
        if file.name not in {"errors.py", "refusals.py", "treatment.py"}:
            continue
        for kind in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(kind, ast.ClassDef):
                for call in ast.walk(kind):
                    if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "__init__":
                        yield kind.name, [*call.args, *(k.value for k in call.keywords if k.arg == "fix")]  # fmt: skip


def test_no_error_speaks_of_fields_or_units_of_ours():
    found = [
        (name, part.value)
        for name, said in said_by_errors()
        for expression in said
        for part in ast.walk(expression)
        if isinstance(part, ast.Constant) and INTERNAL.search(str(part.value))
    ]
    assert found == []
