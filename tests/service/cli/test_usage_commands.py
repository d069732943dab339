"""Usage recorded from a file and shown by day, as a user does it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.service.billing.metered import BERLIN, TOKYO, subscribe
from tests.service.cli.command_line import CommandLine

from trueup.cli import failures
from trueup.db import Database, create_tenant

HEADER = "event_id,subscription_id,meter,quantity,occurred_at,dimension.region"


@pytest.fixture
def trueup(tmp_path: Path, db: Database, database_url: str) -> CommandLine:
    subscribe(db, create_tenant(db, "default"))
    return CommandLine(tmp_path / "home", database_url)


def usage_file(folder: Path, *lines: str, name: str = "usage.csv") -> Path:
    file = folder / name
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return file


def row(number: int, *, subscription: object = BERLIN, quantity: str = "1") -> str:
    return f"e{number},{subscription},calls,{quantity},2026-03-{10 + number % 2}T12:00:00Z,eu"


def test_a_file_is_counted_once_however_often_it_is_recorded(trueup, tmp_path):
    file = usage_file(tmp_path, *(row(n, quantity="1.5") for n in range(12)))
    assert "12 events counted, 0 counted before" in trueup("usage", "record", file).said
    again = trueup("usage", "record", file, "--json")
    assert json.loads(again.out) == {"counted": 0, "repeated": 12, "unpriced": {"calls": 12}}
    assert "usage: 12 events done" in again.said

    shown = trueup("usage", "summary", BERLIN, "--json")
    assert json.loads(shown.out)["days"][0] == {
        "day": "2026-03-10", "meter": "calls", "dimensions": {"region": "eu"}, "events": 6,
        "quantity": "9", "largest": "1.5", "latest": "1.5",
    }  # fmt: skip
    table = trueup("usage", "summary", BERLIN, "--since", date(2026, 3, 11))
    assert "2026-03-11 calls region eu 6 9 1.5 1.5" in table.said
    assert "2026-03-10" not in table.said


def test_a_line_that_is_wrong_is_named_and_what_came_before_stays_counted(trueup, tmp_path):
    lines = [row(n) for n in range(5_000)]
    file = usage_file(tmp_path, *lines, row(5_000, quantity="1,5").replace("1,5", "x"))
    ended = trueup("usage", "record", file)
    assert ended.status == failures.REFUSED
    assert "Line 5002, quantity: 'x'." in ended.said
    mended = usage_file(tmp_path, *lines, row(5_000))
    assert "1 event counted, 5,000 counted before" in trueup("usage", "record", mended).said


def test_changed_content_and_unknown_subscriptions_are_named_by_line(trueup, tmp_path):
    trueup("usage", "record", usage_file(tmp_path, row(0), row(1)))
    changed = trueup("usage", "record", usage_file(tmp_path, row(2), row(1, quantity="9")))
    assert changed.status == failures.REFUSED
    assert "Line 3, event_id: 'e1'." in changed.said
    stranger = "00000000-0000-0000-0000-000000000001"
    unknown = trueup("usage", "record", usage_file(tmp_path, row(3, subscription=stranger)))
    assert f"Line 2, subscription_id: '{stranger}'." in unknown.said
    assert trueup("usage", "summary", stranger).status == failures.REFUSED


def test_two_sources_may_use_the_same_ids_and_json_lines_are_read(trueup, tmp_path):
    file = usage_file(tmp_path, row(0))
    lines = tmp_path / "usage.jsonl"
    event = {"event_id": "e0", "subscription_id": str(TOKYO), "meter": "calls", "quantity": 2, "occurred_at": "2026-03-10T23:00:00Z"}  # fmt: skip
    lines.write_text(json.dumps(event) + "\n", encoding="utf-8")
    assert "1 event counted" in trueup("usage", "record", file, "--source", "app").said
    assert "1 event counted" in trueup("usage", "record", lines, "--source", "web").said
    assert "2026-03-11 calls 1 2 2 2" in trueup("usage", "summary", TOKYO).said


def test_what_is_not_text_or_belongs_to_nobody_is_refused(trueup, tmp_path):
    file = tmp_path / "usage.csv"
    file.write_bytes(b"event_id\xff\n")
    assert trueup("usage", "record", file).status == failures.REFUSED
    assert trueup("usage", "record", file, "--tenant", "nobody").status == failures.REFUSED
    assert (
        trueup("usage", "record", usage_file(tmp_path, row(0)), "--source", "").status
        == failures.REFUSED
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("u.csv", "", "The file is empty."),
        ("u.csv", "\n\n", "The file is empty."),
        ("u.jsonl", "", "The file is empty."),
        ("u.csv", HEADER.replace("meter,", "") + "\n", "the column meter is missing"),
        ("u.csv", HEADER.replace(",", ";") + "\n", "separated by commas"),
    ],
)
def test_a_file_without_its_columns_is_refused(trueup, tmp_path, name, content, told):
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    ended = trueup("usage", "record", file)
    assert (ended.status, told in ended.said) == (failures.REFUSED, True), ended.said
