"""Files of usage are read as streams; what is wrong is named by line, field, value and fix."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from trueup.billing.metering.errors import (
    UsageEventChanged,
    UsageEventMalformed,
    UsageLineRefused,
    UsageOfUnknownSubscription,
)
from trueup.billing.metering.reports import Format, located, read_reports
from trueup.billing.metering.rules import checked
from trueup.kernel.errors import Refusal

SUBSCRIPTION = str(UUID(int=7))
HEADER = "event_id,subscription_id,meter,quantity,occurred_at"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def line(event_id="a", **said):
    plain = {"event_id": event_id, "subscription_id": SUBSCRIPTION, "meter": "calls", "quantity": 1, "occurred_at": "2026-03-10T12:00:00Z"}  # fmt: skip
    return json.dumps({k: v for k, v in (plain | said).items() if v != "absent"})


def row(event_id="a", quantity="1", *more):
    return ",".join([event_id, SUBSCRIPTION, "calls", quantity, "2026-03-10T12:00:00Z", *more])


def read(form, *lines, size=100):
    return list(read_reports([f"{each}\n" for each in lines], form, size=size))


@pytest.mark.parametrize(("form", "lines"), [
    (Format.CSV, (HEADER, row("a"), "", row("b", "2.5"))),
    (Format.JSON_LINES, ("", line("a"), "", line("b", quantity=2.5))),
])  # fmt: skip
def test_both_formats_read_the_same(form, lines):
    (batch,) = read(form, *lines)
    assert batch.lines == (2, 4)
    assert batch.rows.column("quantity").to_pylist() == ["1", "2.5"]
    assert set(batch.rows.column("subscription_id").to_pylist()) == {UUID(int=7).bytes}
    assert checked(batch.rows, NOW).num_rows == 2


def test_batches_are_of_the_size_asked_for():
    batches = read(Format.JSON_LINES, *(line(f"e{n}") for n in range(5)), size=2)
    assert [batch.lines for batch in batches] == [(1, 2), (3, 4), (5,)]
    assert read(Format.CSV, HEADER) == []


def test_a_quantity_keeps_every_digit_it_was_written_with():
    (batch,) = read(Format.JSON_LINES, '{"event_id": 12, ' + line().partition(", ")[2].replace("1,", "0.100000000000000001,", 1))  # fmt: skip
    assert batch.rows.column("quantity").to_pylist() == ["0.100000000000000001"]
    assert batch.rows.column("event_id").to_pylist() == ["12"]


def test_dimensions_come_as_an_object_or_as_columns():
    (batch,) = read(Format.JSON_LINES, line(dimensions={"b": "2", "a": "1"}), line("b"))
    assert checked(batch.rows, NOW).column("dimensions").to_pylist() == [
        '{"a": "1", "b": "2"}',
        None,
    ]
    header = f"{HEADER},dimension.b,dimension.a"
    (batch,) = read(Format.CSV, header, row("a", "1", "2", "1"), row("b", "1", "", ""), row("c", "1", "", "3"))  # fmt: skip
    assert checked(batch.rows, NOW).column("dimensions").to_pylist() == [
        '{"a": "1", "b": "2"}',
        None,
        '{"a": "3"}',
    ]
    (batch,) = read(Format.CSV, f"{HEADER},dimensions", row("a", "1", '"{""a"": ""1""}"'))
    assert checked(batch.rows, NOW).column("dimensions").to_pylist() == ['{"a": "1"}']


def test_a_value_over_two_lines_is_told_by_its_last_line():
    (batch,) = read(Format.CSV, HEADER, '"a', 'b"' + row(""), row("c"))
    assert batch.lines == (3, 4)


@pytest.mark.parametrize(("form", "lines", "number", "field", "value"), [
    (Format.CSV, ("event_id,meter", "a,b"), 1, "line", "the column occurred_at is missing, the column quantity is missing, the column subscription_id is missing"),
    (Format.CSV, (f"{HEADER},dimension", row("a", "1", "x")), 1, "line", "the column dimension is unknown"),
    (Format.CSV, (HEADER, row("a"), row("b", "1", "9")), 3, "line", row("b", "1", "9")),
    (Format.CSV, (HEADER, 'a,"b'), 2, "line", "unexpected end of data"),
    (Format.JSON_LINES, (line("a"), "{"), 2, "line", "{"),
    (Format.JSON_LINES, ("[1]",), 1, "line", "[1]"),
    (Format.JSON_LINES, (line(meter="absent"),), 1, "line", "the key meter is missing"),
    (Format.JSON_LINES, (line("a"), line("b", subscription_id="sub_1")), 2, "subscription_id", "sub_1"),
    (Format.JSON_LINES, (line(subscription_id=None),), 1, "subscription_id", None),
])  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(form, lines, number, field, value):
    with pytest.raises(UsageLineRefused) as caught:
        read(form, *lines)
    assert caught.value.fields == {"line": number, "field": field, "value": value}
    assert caught.value.fix


def test_a_refused_batch_names_its_first_line():
    (batch,) = read(
        Format.JSON_LINES, line("a"), "", line("b", quantity="1,5"), line("c", quantity=True)
    )
    with pytest.raises(UsageEventMalformed) as caught:
        checked(batch.rows, NOW)
    refused = located(caught.value, batch)
    assert refused.fields == {"line": 3, "field": "quantity", "value": "1,5"}
    assert refused.sentence == "Line 3, quantity: '1,5'. 1 more values of its batch are malformed."


def test_a_refusal_of_the_books_names_the_line_it_is_about():
    (batch,) = read(Format.JSON_LINES, line("a"), line("b"), line("a", quantity=2))
    changed = located(UsageEventChanged(events=["a"]), batch)
    assert changed.fields == {"line": 3, "field": "event_id", "value": "a"}
    unknown = located(UsageOfUnknownSubscription(subscriptions=[SUBSCRIPTION]), batch)
    assert unknown.fields == {"line": 3, "field": "subscription_id", "value": SUBSCRIPTION}
    other = Refusal("No.", fix="Ask again.")
    assert located(other, batch) is other
