"""A price model tried out, told in the language of whoever will read the invoice."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine

from trueup.billing.simulation.explaining import explained_lines
from trueup.billing.simulation.service import simulate_file
from trueup.cli import failures

CASE = {
    "id": "upgrade",
    "title": "A larger plan in the middle of the month",
    "kind": "scenario",
    "input": {
        "currency": "USD",
        "timezone": "UTC",
        "tax": {"rate_percent": "10"},
        "plans": {
            "small": {"billing": "in_advance", "phases": [{"kind": "evergreen", "amount": "31.00", "interval": "month"}]},
            "large": {"billing": "in_advance", "phases": [{"kind": "evergreen", "amount": "62.00", "interval": "month"}]},
        },
        "events": [
            {"at": "2026-03-01", "type": "subscribe", "plan": "small"},
            {"at": "2026-03-17", "type": "change_plan", "to": "large", "when": "immediately"},
        ],
        "until": "2026-03-20",
    },
}  # fmt: skip


@pytest.fixture
def simulate(tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [CASE]}), encoding="utf-8")
    command = CommandLine(tmp_path / "home", "postgresql://nobody@localhost:1/none")
    return lambda *options: command("simulate", file, *options)


@pytest.mark.parametrize(("language", "sentences"), [
    ("en", ["1. Credit for unused time: 15 of 31 days (Mar 17 – 31, 2026) of $31.00 = $15.00; tax $1.50",
            "15 of 31 days (Mar 17 – 31, 2026) of $62.00 = $30.00; tax $3.00"]),
    ("de", ["Gutschrift für nicht genutzte Zeit: 15 von 31 Tagen (17.–31. März 2026) von 31,00 $ = 15,00 $; Steuer 1,50 $"]),
    ("ar", ["15 من أصل 31 يومًا"]),
])  # fmt: skip
def test_each_line_is_told_under_its_document(simulate, language, sentences):
    ended = simulate("--explain", "--language", language)
    assert ended.status == 0, ended.err
    said = " ".join(ended.out.split())  # spaces that do not break are spaces here
    assert [sentence for sentence in sentences if sentence not in said] == []


def test_a_credit_note_is_told_as_what_it_gives_back(tmp_path):
    """Its amounts have no sign, where the same credit on an invoice has one."""
    file = tmp_path / "notes.json"
    file.write_text(json.dumps({"cases": [CASE | {"convention": "lago-day"}]}), encoding="utf-8")
    told = [
        sentence
        for outcome in simulate_file(file)
        for note in (outcome.result or {})["credit_notes"]
        for sentence in explained_lines(note["lines"], outcome, "de")
    ]
    assert [sentence.replace("\xa0", " ") for sentence in told] == [
        "Gutschrift für nicht genutzte Zeit: 15 von 31 Tagen (17.–31. März 2026) von 31,00 $ = 15,00 $"
    ]


def test_nobody_is_told_who_did_not_ask(simulate):
    assert "Credit for unused time" not in simulate().out


def test_an_unknown_language_and_json_are_refused(simulate):
    assert simulate("--explain", "--language", "pl").status == failures.REFUSED
    assert simulate("--explain", "--json").status == 2  # as every wrong usage
