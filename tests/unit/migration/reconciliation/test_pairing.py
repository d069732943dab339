from __future__ import annotations

import pytest

from trueup.migration.reconciliation.compare.model import BreakType, Column, Engine, Kind
from trueup.migration.reconciliation.compare.pairing import breaks_of
from trueup.migration.reconciliation.compare.plan import Shape, plan_comparison
from trueup.migration.reconciliation.errors import KeyNotFound, SidesDisagree, TypesDiffer


def shape(*columns, engine=Engine.DUCKDB):
    kinds = [Column(name, Kind(kind)) for name, kind in (column.split(":") for column in columns)]
    return Shape(engine, "select 1", tuple(kinds))


def plan(*columns, key=("id",)):
    return plan_comparison(shape(*columns), shape(*columns), key)


A_PLAN = plan("id:integer", "amount:integer", "note:text")


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ([("1", "5", "x")], [("1", "5", "x")], []),
        ([("1", "5", "x")], [], [("missing", "1", 1, 0)]),
        ([], [("1", "5", "x")], [("extra", "1", 0, 1)]),
        ([("1", "5", "x")], [("1", "6", "x")], [("mismatch", "1", 1, 1)]),
        ([("1", "5", None)], [("1", "5", "")], [("mismatch", "1", 1, 1)]),  # NULL is not empty
        ([("1", "5", "x")], [("1", "5", "x ")], [("mismatch", "1", 1, 1)]),  # a trailing space
        ([("1", "5", "x")], [("1", "5", "X")], [("mismatch", "1", 1, 1)]),  # case
        # A duplicate and a missing row keep the count and are still two breaks.
        (
            [("1", "5", "x"), ("2", "5", "x")],
            [("1", "5", "x"), ("1", "5", "x")],
            [("duplicate", "1", 1, 2), ("missing", "2", 1, 0)],
        ),
        # A row there twice on both sides is a duplicate, not a difference.
        ([("1", "5", "x")] * 2, [("1", "5", "x")] * 2, [("duplicate", "1", 2, 2)]),
        # Two rows of one key, of which neither is the other side's.
        (
            [("1", "5", "x"), ("1", "6", "x")],
            [("1", "7", "x")],
            [("duplicate", "1", 2, 1), ("mismatch", "1", 2, 1)],
        ),
        ([("1", "5", "x")] * 2, [], [("duplicate", "1", 2, 0), ("missing", "1", 2, 0)]),
    ],
)
def test_rows_are_paired_by_key_and_each_kind_of_break_is_told_apart(left, right, found):
    breaks = breaks_of(A_PLAN, left, right)
    assert [(b.type, b.key[0], b.left_count, b.right_count) for b in breaks] == found


def test_a_mismatch_names_each_field_with_both_values():
    (found,) = breaks_of(A_PLAN, [("1", "5", "x")], [("1", "-5", None)])
    assert found.type == BreakType.MISMATCH
    assert [(d.field, d.left, d.right) for d in found.differences] == [
        ("amount", "5", "-5"),
        ("note", "x", None),
    ]


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}', True),  # key order
        ('{"a": 1.10}', '{"a": 1.1}', False),  # numbers are texts: no float decides
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ("{not json", '{"a": 1}', False),
        (None, "null", False),
    ],
)
def test_documents_are_the_same_whatever_the_order_of_their_keys(left, right, is_same):
    documents = plan("id:integer", "tiers:json")
    assert (not list(breaks_of(documents, [("1", left)], [("1", right)]))) == is_same


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("integer", "decimal", Kind.DECIMAL),
        ("boolean", "integer", Kind.INTEGER),
        ("date", "timestamp", Kind.TIMESTAMP),
        ("uuid", "text", Kind.TEXT),
        ("json", "text", Kind.JSON),
        ("text", "text", Kind.TEXT),
    ],
)
def test_related_kinds_are_compared_in_their_common_form(left, right, kind):
    ours, theirs = shape("id:integer", f"x:{left}"), shape("id:integer", f"x:{right}")
    assert plan_comparison(ours, theirs, ("id",)).kinds[1] == kind


def test_kinds_without_a_common_form_are_refused():
    with pytest.raises(TypesDiffer) as refused:
        plan_comparison(shape("id:integer", "x:text"), shape("id:integer", "x:decimal"), ("id",))
    assert refused.value.fields == {"field": "x", "left": "text", "right": "decimal"}


def test_floats_are_compared_only_within_one_engine():
    ours = shape("id:integer", "x:float")
    assert plan_comparison(ours, ours, ("id",)).kinds[1] == Kind.FLOAT
    with pytest.raises(TypesDiffer):
        plan_comparison(ours, shape("id:integer", "x:float", engine=Engine.MYSQL), ("id",))


def test_sides_that_name_different_fields_are_refused():
    with pytest.raises(SidesDisagree) as refused:
        plan_comparison(shape("id:integer", "a:text"), shape("id:integer", "b:text"), ("id",))
    assert refused.value.fields == {"left_only": ("a",), "right_only": ("b",)}


def test_a_key_that_no_side_yields_is_refused():
    with pytest.raises(KeyNotFound):
        plan("id:integer", key=("number",))


def test_fields_may_stand_in_any_order():
    found = plan_comparison(shape("b:text", "id:integer"), shape("id:integer", "b:text"), ("id",))
    assert found.names == ("id", "b")
    assert [column.name for column in found.right.columns] == ["id", "b"]
