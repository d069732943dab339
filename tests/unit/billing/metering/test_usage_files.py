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


SHAPE = "the columns event_id, subscription_id, meter, quantity, occurred_at, and dimensions"
OBJECT = "a JSON object a line"


@pytest.mark.parametrize(("form", "lines", "number", "field", "value", "wanted"), [
    (Format.CSV, ("event_id,meter", "a,b"), 1, "line", "the column occurred_at is missing, the column quantity is missing, the column subscription_id is missing", SHAPE),
    (Format.CSV, ("", f"{HEADER},dimension", row("a", "1", "x")), 2, "line", "the column dimension is unknown", SHAPE),
    (Format.CSV, (f"{HEADER},quantity", row("a", "1", "2")), 1, "line", "quantity", "each column once"),
    (Format.CSV, (f"{HEADER},dimension.a,dimensions",), 1, "line", "dimensions, dimension.a", "dimensions in one column or each in a column of its own"),
    (Format.CSV, (HEADER, row("a"), row("b", "1", "9")), 3, "line", row("b", "1", "9"), "5 values"),
    (Format.CSV, (HEADER, 'a,"b'), 2, "line", "unexpected end of data", "CSV with its quotes closed"),
    (Format.JSON_LINES, (line("a"), " {"), 2, "line", "{", OBJECT),
    (Format.JSON_LINES, ("[1]",), 1, "line", "[1]", OBJECT),
    (Format.JSON_LINES, (line(meter="absent"),), 1, "line", "the key meter is missing", SHAPE),
    (Format.JSON_LINES, (line("a"), line("b", subscription_id="sub_1")), 2, "subscription_id", "sub_1", "the id of a subscription"),
    (Format.JSON_LINES, (line(subscription_id=None),), 1, "subscription_id", None, "the id of a subscription"),
])  # fmt: skip
def test_a_line_that_cannot_be_read_is_named_with_what_to_give(form, lines, number, field, value, wanted):  # fmt: skip
    with pytest.raises(UsageLineRefused) as caught:
        read(form, *lines)
    assert caught.value.fields == {"line": number, "field": field, "value": value}
    assert caught.value.sentence == f"Line {number}, {field}: {value!r}."
    assert caught.value.fix == f"Give {wanted}. Then run it again: nothing is counted twice."


@pytest.mark.parametrize("lines", [(), ("",), ("", "")])
@pytest.mark.parametrize(
    ("form", "wanted"), [(Format.CSV, f"a header with {SHAPE}"), (Format.JSON_LINES, OBJECT)]
)
def test_an_empty_file_is_refused_in_its_first_line(form, lines, wanted):
    with pytest.raises(UsageLineRefused) as caught:
        read(form, *lines)
    assert caught.value.fields == {"line": 1, "field": "line", "value": ""}
    assert caught.value.sentence == "Line 1, line: ''. The file is empty."
    assert caught.value.fix.startswith(f"Give {wanted}.")


@pytest.mark.parametrize(("header", "is_told"), [
    (HEADER.replace(",", ";"), True),
    ("event_id", False),
    ("event_id;meter,quantity", False),
])  # fmt: skip
def test_a_header_with_semicolons_is_told_of_commas(header, is_told):
    with pytest.raises(UsageLineRefused) as caught:
        read(Format.CSV, header)
    by = ", separated by commas" if is_told else ""
    assert caught.value.fix.startswith(f"Give {SHAPE}{by}. Then")


@pytest.mark.parametrize(("said", "told"), [
    ({"größe": 1}, '{"größe": 1}'),
    ({"size": 1.5}, '{"size": {"number": "1.5"}}'),
    ({"size": True}, '{"size": true}'),
    (["é"], '["é"]'),
])  # fmt: skip
def test_dimensions_that_are_no_texts_are_refused_by_their_value(said, told):
    (batch,) = read(Format.JSON_LINES, line(dimensions=said))
    with pytest.raises(UsageEventMalformed) as caught:
        checked(batch.rows, NOW)
    assert caught.value.problems[0].value == told


def test_a_refused_batch_names_its_first_line():
    (batch,) = read(
        Format.JSON_LINES, line("a"), "", line("b", quantity="1,5"), line("c", quantity=True)
    )
    with pytest.raises(UsageEventMalformed) as caught:
        checked(batch.rows, NOW)
    refused = located(caught.value, batch)
    assert refused.fields == {"line": 3, "field": "quantity", "value": "1,5"}
    assert refused.sentence == "Line 3, quantity: '1,5'. 1 more values of its batch are malformed."
    assert refused.fix.startswith("Give a number below 10^14 with at most six decimals. Then")


def test_a_refusal_of_the_books_names_the_line_it_is_about():
    (batch,) = read(Format.JSON_LINES, line("a"), line("b"), line("a", quantity=2))
    was_changed = UsageEventChanged(events=["a"])
    changed = located(was_changed, batch)
    assert changed.fields == {"line": 3, "field": "event_id", "value": "a"}
    assert changed.sentence == f"Line 3, event_id: 'a'. {was_changed.sentence}"
    assert changed.fix.startswith(f"{was_changed.fix} Then")
    unknown = located(UsageOfUnknownSubscription(subscriptions=[SUBSCRIPTION]), batch)
    assert unknown.fields == {"line": 3, "field": "subscription_id", "value": SUBSCRIPTION}
    other = Refusal("No.", fix="Ask again.")
    assert located(other, batch) is other
