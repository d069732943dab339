"""What no usage event may lack, and the identity that counts it once (B29)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from trueup.billing.metering.errors import Problem, UsageEventMalformed, UsageSourceMalformed
from trueup.billing.metering.model import REPORTED
from trueup.billing.metering.rules import (
    TOO_EARLY,
    TOO_LATE,
    WANTED,
    canonical_dimensions,
    check_source,
    checked,
    event_ids,
    identified,
    without_repeats,
)
from trueup.kernel.errors import Defect

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PLAIN = {"event_id": "a", "subscription_id": bytes(16), "meter": "calls", "quantity": Decimal(1), "occurred_at": NOON, "dimensions": None}  # fmt: skip


def reported(*events: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([PLAIN | each for each in events], schema=REPORTED)


def told(*events: dict[str, object]) -> pa.Table:
    """As text, the way files report it."""
    kept = {"subscription_id": pa.binary(16)}
    schema = pa.schema([(name, kept.get(name, pa.string())) for name in REPORTED.names])
    plain = PLAIN | {"quantity": "1", "occurred_at": "2026-03-10T12:00:00Z"}
    return pa.Table.from_pylist([plain | each for each in events], schema=schema)


@pytest.mark.parametrize(("field", "value"), [
    ("event_id", None), ("subscription_id", None), ("meter", None), ("quantity", None), ("occurred_at", None),
    ("event_id", ""), ("event_id", "x" * 201), ("event_id", "a\x1fb"), ("event_id", "a\nb"), ("meter", ""), ("meter", "m\x00"),
    ("dimensions", "region"), ("dimensions", '["eu"]'), ("dimensions", '{"tier": 1}'), ("dimensions", ""),
])  # fmt: skip
def test_an_event_that_cannot_be_counted_is_refused_by_its_field(field, value):
    with pytest.raises(UsageEventMalformed) as caught:
        checked(reported({"event_id": "fine"}, {field: value}), NOW)
    assert caught.value.problems == (Problem(1, field, value, WANTED[field]),)
    assert caught.value.fields["event_id"] == (value if field == "event_id" else "a")


@pytest.mark.parametrize(("at", "wanted"), [
    (datetime(1999, 12, 31, 23, 59, tzinfo=UTC), TOO_EARLY),     # seconds read as milliseconds
    (NOW + timedelta(days=1, microseconds=1), TOO_LATE),         # milliseconds read as seconds
])  # fmt: skip
def test_an_instant_that_cannot_be_is_refused_by_the_rule_it_breaks(at, wanted):
    with pytest.raises(UsageEventMalformed, match=str(at.year)) as caught:
        checked(reported({"event_id": "fine"}, {"occurred_at": at}), NOW)
    assert caught.value.problems == (Problem(1, "occurred_at", at, wanted),)
    assert wanted in caught.value.fix


@pytest.mark.parametrize(("field", "value"), [
    ("event_id", "x" * 200), ("event_id", "ключ"), ("meter", "m" * 200), ("quantity", Decimal(-3)),
    ("occurred_at", datetime(2000, 1, 1, tzinfo=UTC)), ("occurred_at", NOW + timedelta(days=1)),
    ("dimensions", '{"region": "eu"}'), ("dimensions", None),
])  # fmt: skip
def test_an_event_at_the_edge_of_what_can_be_counted_is_taken(field, value):
    assert checked(reported({field: value}), NOW).column(field).to_pylist() == [value]


@pytest.mark.parametrize(("field", "text", "value"), [
    ("quantity", "1,5", None), ("quantity", "0.1234567", None), ("quantity", "100000000000000", None), ("quantity", "", None),
    ("quantity", "1e2", Decimal(100)), ("quantity", "-0.000001", Decimal("-0.000001")),
    ("occurred_at", "2026-03-10 12:00", None), ("occurred_at", "yesterday", None), ("occurred_at", "1773144000", None),
    ("occurred_at", "2026-03-10T14:00:00+02:00", NOON), ("occurred_at", "2026-03-10 12:00Z", NOON),
])  # fmt: skip
def test_text_becomes_an_exact_quantity_and_an_instant_or_is_refused(field, text, value):
    rows = told({"event_id": "fine"}, {field: text})
    if value is None:
        with pytest.raises(UsageEventMalformed) as caught:
            checked(rows, NOW)
        assert caught.value.problems == (Problem(1, field, text, WANTED[field]),)
    else:
        assert checked(rows, NOW).column(field)[1].as_py() == value


def test_integers_are_quantities_and_floats_are_a_defect():
    at = REPORTED.names.index("quantity")
    whole = reported({}).set_column(at, "quantity", pa.array([7], pa.int64()))
    assert checked(whole, NOW).column("quantity").to_pylist() == [Decimal(7)]
    with pytest.raises(Defect):
        checked(reported({}).set_column(at, "quantity", pa.array([0.5])), NOW)


def test_all_that_is_wrong_is_said_at_once_by_row():
    rows = told({"quantity": "x"}, {}, {"occurred_at": "y", "quantity": "z"}, {"meter": None})
    with pytest.raises(UsageEventMalformed) as caught:
        checked(rows, NOW)
    assert [(p.row, p.field) for p in caught.value.problems] == [(0, "quantity"), (2, "quantity"), (2, "occurred_at"), (3, "meter")]  # fmt: skip
    assert "3 more are malformed" in caught.value.sentence


def test_no_more_than_a_hundred_problems_are_told():
    with pytest.raises(UsageEventMalformed) as caught:
        checked(told(*[{"quantity": "x"}] * 150), NOW)
    assert len(caught.value.problems) == 100


@pytest.mark.parametrize(("text", "written"), [
    ('{"b": "2", "a": "1"}', '{"a": "1", "b": "2"}'),
    ('{"a":"1"}', '{"a": "1"}'),
    ('{"a": "é"}', '{"a": "é"}'),
    ("{}", ""),
    ('"a"', None), ("1", None), ("{", None), ('{"a": null}', None), ('{"a": {"b": "c"}}', None),
])  # fmt: skip
def test_equal_dimensions_are_equal_texts(text, written):
    assert canonical_dimensions(text) == written


def test_no_dimensions_and_empty_ones_are_the_same():
    rows = checked(reported({"dimensions": "{}"}, {"dimensions": '{"a": "1"}'}, {}), NOW)
    assert rows.column("dimensions").to_pylist() == [None, '{"a": "1"}', None]


def test_a_key_is_the_source_and_the_id_and_without_a_source_the_id_alone():
    rows = reported({"event_id": "a"}, {"event_id": "b"})
    assert identified(rows, "app").column("idempotency_key").to_pylist() == ["app\x1fa", "app\x1fb"]
    assert identified(rows, None).column("idempotency_key").to_pylist() == ["a", "b"]
    assert event_ids(["app\x1fb", "app\x1fa", "c"]) == ["a", "b", "c"]


@pytest.mark.parametrize("source", ["", "a\x1fb", "x" * 201])
def test_a_source_that_could_be_taken_for_another_is_refused(source):
    with pytest.raises(UsageSourceMalformed):
        check_source(source)
    check_source("app")
    check_source(None)


def test_ids_are_the_keys_own_and_sort_by_when_it_was_used():
    at = [NOON, NOON + timedelta(milliseconds=1), NOON - timedelta(days=1)]
    rows = identified(
        reported(*({"event_id": f"e{n}", "occurred_at": t} for n, t in enumerate(at))), "app"
    )
    ids = [UUID(bytes=each) for each in rows.column("usage_event_id").to_pylist()]
    assert sorted(ids) == [ids[2], ids[0], ids[1]]
    assert [each.int >> 80 for each in ids] == [int(t.timestamp() * 1000) for t in at]
    assert {each.version for each in ids} == {8}
    assert ids[0] == UUID(
        bytes=identified(reported({"event_id": "e0"}), "app").column("usage_event_id")[0].as_py()
    )
    assert ids[0] != UUID(
        bytes=identified(reported({"event_id": "e0"}), "web").column("usage_event_id")[0].as_py()
    )


def test_what_comes_twice_in_a_batch_is_kept_once_and_told_if_it_changed():
    a, b, other = {"event_id": "a"}, {"event_id": "b"}, {"event_id": "a", "quantity": Decimal(2)}
    for events, keys, changed in [
        ((a, b), ["a", "b"], []),
        ((a, b, a, a), ["a", "b"], []),
        ((a, b, other, b), ["a", "a", "b"], ["a"]),
    ]:
        once, found = without_repeats(identified(reported(*events), None))
        assert sorted(once.column("idempotency_key").to_pylist()) == keys
        assert found == changed
