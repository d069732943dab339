from __future__ import annotations

import pyarrow as pa
import pytest

from trueup.kernel.cards import CardNumberFound
from trueup.kernel.columns import Columns, with_constants
from trueup.kernel.errors import Defect

NOTES = Columns(
    "billing.note", required=("note_id", "text"), optional=("remark",), free_text=("text", "remark")
)


def notes(**columns):
    return pa.table({"note_id": [1], "text": ["hello"]} | columns)


@pytest.mark.parametrize("rows", [
    notes(),
    notes().select(["text", "note_id"]),            # any order
    notes(text=pa.nulls(1)),                        # a column of nothing has no type
    notes(text=pa.nulls(1, pa.string())),
    notes().slice(1),                               # no rows at all
    notes(remark=["hello"]),                        # an optional column may come
])  # fmt: skip
def test_the_tables_columns_pass_and_what_is_left_out_is_null(rows):
    complete = NOTES.complete(rows)
    assert sorted(complete.schema.names) == ["note_id", "remark", "text"]
    assert complete.select(rows.schema.names).equals(rows)
    assert "remark" in rows.schema.names or complete["remark"].null_count == rows.num_rows


@pytest.mark.parametrize(("rows", "missing", "extra"), [
    (notes().drop_columns("text"), ["text"], []),
    (notes(colour=["red"], age=[3]), [], ["age", "colour"]),
    (notes(colour=["red"]).drop_columns("note_id"), ["note_id"], ["colour"]),
    (notes().append_column("text", [["again"]]), [], ["text"]),
])  # fmt: skip
def test_a_missing_or_extra_column_is_named(rows, missing, extra):
    with pytest.raises(Defect) as caught:
        NOTES.complete(rows)
    assert caught.value.fields == {"table": "billing.note", "missing": missing, "extra": extra}


def test_a_card_number_in_free_text_refuses_the_rows():
    with pytest.raises(CardNumberFound) as caught:
        NOTES.complete(notes(text=["card 4242 4242 4242 4242"]))
    assert caught.value.fields == {"table": "billing.note", "column": "text", "rows": 1}


def test_a_token_may_hold_such_digits_by_chance_and_free_text_may_not():
    hidden, alone = "pm_1A4242424242424242bC", "4242424242424242"
    methods = Columns("billing.method", ("token", "note"), free_text=("note",), tokens=("token",))
    rows = pa.table({"token": [hidden], "note": ["hello"]})
    assert methods.complete(rows).equals(rows)
    for column, row in (("note", ["x", hidden]), ("token", [alone, hidden])):
        with pytest.raises(CardNumberFound) as caught:
            methods.complete(pa.table({"token": ["t", "t"], "note": ["n", "n"], column: row}))
        assert caught.value.fields == {"table": "billing.method", "column": column, "rows": 1}


def test_constants_are_the_same_in_every_row():
    rows = with_constants(pa.table({"a": [1, 2]}), {"origin": "imported", "is_new": True})
    assert rows.to_pylist() == [
        {"a": 1, "origin": "imported", "is_new": True},
        {"a": 2, "origin": "imported", "is_new": True},
    ]
