"""Arrow in, rows out: what goes in by COPY comes back the same, for every type and every null."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.statements import statement

from trueup.db import bulk
from trueup.db.errors import ConstraintBroken, FactUnchangeable, ValueUnfit
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from trueup.db import Database

SCRATCH = """
    create schema scratch;
    create table scratch.thing (
        tenant_id integer not null, flag boolean, small smallint, whole integer, big bigint, exact numeric(20, 6),
        huge numeric(38, 0), ratio double precision, words text, key uuid, raw bytea, day date, clock time,
        moment timestamptz, wall_time timestamp, doc jsonb, filled text default 'by default');
    alter table scratch.thing enable row level security;
    create policy tenant_wall on scratch.thing using (tenant_id = tenancy.current_tenant());
    grant usage on schema scratch to trueup_app;
    grant select, insert, delete on scratch.thing to trueup_app;
"""
UTC = dt.UTC
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "flag": (pa.bool_(), st.booleans()),
    "small": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "whole": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "big": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "exact": (pa.decimal128(20, 6), st.decimals(-(10**14) + 1, 10**14 - 1, places=6)),
    "huge": (pa.decimal128(38, 0), st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal)),
    "ratio": (pa.float64(), st.floats(allow_nan=False)),
    "words": (pa.string(), TEXT),
    "key": (pa.binary(16), st.binary(min_size=16, max_size=16)),
    "raw": (pa.binary(), st.binary(max_size=20)),
    "day": (pa.date32(), st.dates()),
    "clock": (pa.time64("us"), st.times()),
    "moment": (pa.timestamp("us", "UTC"), MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC))),
    "wall_time": (pa.timestamp("us"), MOMENTS),
    "doc": (
        pa.string(),
        st.dictionaries(TEXT, st.integers() | st.none(), max_size=3).map(json.dumps),
    ),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, (_, values) in COLUMNS.items()}),
    max_size=8,
)
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])


@pytest.fixture
def scratch(db: Database, database_url: str) -> Database:
    with psycopg.connect(database_url) as owner:
        owner.execute(SCRATCH.encode())
    return db


def written_and_read(scratch: Database, tenant_id: int, table: pa.Table) -> pa.Table:
    names = ", ".join(table.schema.names)
    with scratch.transaction(tenant_id=tenant_id) as tx:
        tx.execute(statement("delete from scratch.thing"))
        assert tx.insert("scratch.thing", table) == table.num_rows
        return tx.fetch_arrow(statement(f"select {names} from scratch.thing order by ctid"))


def parsed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"doc": row["doc"] and json.loads(row["doc"])} for row in rows]


@given(rows=ROWS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_value_and_every_null_comes_back_as_it_went_in(
    scratch: Database, tenant_id: int, rows: list[dict[str, Any]]
) -> None:
    found = written_and_read(scratch, tenant_id, pa.Table.from_pylist(rows, SCHEMA))
    assert parsed(found.to_pylist()) == parsed(rows)
    assert found.schema.field("key").type == pa.binary(16)


@given(rows=ROWS, cut=st.integers(0, 8))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_slices_and_chunks_of_a_table_are_inserted_as_they_are_seen(
    scratch: Database, tenant_id: int, rows: list[dict[str, Any]], cut: int
) -> None:
    """An Arrow slice shares its parent's buffers; reading past its edges would go unnoticed."""
    whole = pa.Table.from_pylist(rows, SCHEMA)
    chunked = pa.concat_tables([whole.slice(cut), whole.slice(0, cut)])
    found = written_and_read(scratch, tenant_id, chunked)
    assert parsed(found.to_pylist()) == parsed(chunked.to_pylist())


SOME_ID = uuid.UUID("00000000-0000-4000-8000-000000000007")


@pytest.mark.parametrize(
    ("column", "array", "expected"),
    [
        ("key", pa.array([SOME_ID.bytes], pa.uuid()), SOME_ID.bytes),  # Arrow's own type for it
        ("key", pa.array([str(SOME_ID)]), SOME_ID.bytes),  # as text
        ("words", pa.array(["a"]).dictionary_encode(), "a"),
        ("words", pa.array(["a"], pa.large_string()), "a"),
        ("words", pa.array(["a"], pa.string_view()), "a"),
        ("words", pa.array([None], pa.null()), None),  # a column of nothing but nulls
        ("big", pa.array([None], pa.null()), None),
        ("big", pa.array([7], pa.int8()), 7),
        ("big", pa.array([2**63 - 1], pa.uint64()), 2**63 - 1),
        ("big", pa.array([Decimal(7)], pa.decimal128(38, 0)), 7),  # what DuckDB's sum gives
        ("exact", pa.array(["1.5"]), Decimal("1.500000")),  # exact decimals arrive as text too
        ("exact", pa.array([3], pa.int64()), Decimal(3)),
        ("small", pa.array([3], pa.int64()), 3),
        ("moment", pa.array([0], pa.timestamp("s", "UTC")), dt.datetime(1970, 1, 1, tzinfo=UTC)),
        (
            "moment",
            pa.array([0], pa.timestamp("ns", "America/New_York")),
            dt.datetime(1970, 1, 1, tzinfo=UTC),
        ),
        ("day", pa.array(["2026-02-28"]), dt.date(2026, 2, 28)),
    ],
)
def test_other_encodings_of_a_value_are_understood(
    scratch: Database, tenant_id: int, column: str, array: pa.Array, expected: Any
) -> None:
    found = written_and_read(scratch, tenant_id, pa.table({column: array}))
    assert found.column(column).to_pylist() == [expected]


@pytest.mark.parametrize(
    ("column", "array", "family"),
    [
        ("small", pa.array([40_000]), ValueUnfit),  # too large
        ("day", pa.array(["2026-02-30"]), ValueUnfit),  # no such day
        ("doc", pa.array(["{"]), ValueUnfit),  # no JSON
        ("words", pa.array(["a\0b"]), ValueUnfit),  # PostgreSQL holds no zero byte
        ("key", pa.array([b"short"]), Defect),
        ("big", pa.array([1.5]), Defect),  # a cast would round it without a word
        ("exact", pa.array([1.5]), Defect),
        ("words", pa.array([[1]]), Defect),  # a list is not a text
        ("unknown", pa.array([1]), Defect),
        ("tenant_id", pa.array([1]), Defect),  # the transaction says whose rows they are
        ("Words; drop", pa.array(["a"]), Defect),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_stays(
    scratch: Database, tenant_id: int, column: str, array: pa.Array, family: type[Exception]
) -> None:
    with pytest.raises(family), scratch.transaction(tenant_id=tenant_id) as tx:
        tx.insert("scratch.thing", pa.table({"flag": [True]}))
        tx.insert("scratch.thing", pa.table({column: array}))
    with scratch.transaction(tenant_id=tenant_id) as tx:
        assert tx.one(statement("select count(*) as n from scratch.thing")).n == 0


def test_columns_left_out_take_their_defaults_and_the_tenant_is_the_transactions(
    scratch: Database, tenant_id: int
) -> None:
    with scratch.transaction(tenant_id=tenant_id) as tx:
        tx.insert("scratch.thing", pa.table({"whole": [1]}))
        found = tx.one(statement("select tenant_id, filled from scratch.thing"))
    assert tuple(found) == (tenant_id, "by default")


def test_one_transaction_inserts_several_shapes_into_one_table(
    scratch: Database, tenant_id: int
) -> None:
    """The staging table of one shape is emptied for the same shape, replaced for another."""
    with scratch.transaction(tenant_id=tenant_id) as tx:
        for whole in ([1, 2], [3], [4, 5, 6]):
            tx.insert("scratch.thing", pa.table({"whole": pa.array(whole, pa.int32())}))
        tx.insert("scratch.thing", pa.table({"whole": pa.array([7], pa.int64())}))
        tx.insert("scratch.thing", pa.table({"big": pa.array([8], pa.int64())}))
        found = tx.many(statement("select coalesce(whole, big) as n from scratch.thing order by 1"))
    assert [row.n for row in found] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_no_rows_are_no_work(scratch: Database, tenant_id: int) -> None:
    with scratch.transaction(tenant_id=tenant_id) as tx:
        assert tx.insert("scratch.thing", pa.table({"whole": pa.array([], pa.int32())})) == 0


def test_more_rows_than_one_buffer_holds_all_arrive(scratch: Database, tenant_id: int) -> None:
    count = 2 * bulk.BATCH_ROWS + 1
    with scratch.transaction(tenant_id=tenant_id) as tx:
        assert tx.insert("scratch.thing", pa.table({"big": pa.array(range(count))})) == count
        assert tx.one(statement("select count(distinct big) as n from scratch.thing")).n == count


def test_the_owner_inserts_into_no_tenant(scratch: Database) -> None:
    with pytest.raises(Defect, match="tenant"), scratch.owner_transaction() as tx:
        tx.insert("scratch.thing", pa.table({"whole": [1]}))


def test_a_stage_is_a_table_of_the_target_types_for_statements_that_follow(
    scratch: Database, tenant_id: int
) -> None:
    rows = pa.table(
        {"key": [SOME_ID.bytes], "doc": ['{"a": 1}'], "exact": ["1.5"], "note": ["kept as text"]}
    )
    with scratch.transaction(tenant_id=tenant_id) as tx:
        for _ in range(2):  # the second replaces the first
            assert tx.stage("found", rows, like="scratch.thing") == 1
        seen = tx.one(
            statement(
                "select key, doc ->> 'a' as a, exact + 1 as more, note, count(*) over () as n from found"
            )
        )
    assert tuple(seen) == (SOME_ID, "1", Decimal("2.500000"), "kept as text", 1)


def test_a_stage_without_a_model_keeps_the_types_it_came_with(
    scratch: Database, tenant_id: int
) -> None:
    with scratch.transaction(tenant_id=tenant_id) as tx:
        tx.stage("found", pa.table({"n": pa.array([1, 2], pa.int64()), "t": ["a", None]}))
        assert tx.one(statement("select sum(n) as n, count(t) as t from found")) == (3, 1)


def product(name: str | None, key: int = 1) -> pa.Table:
    return pa.table(
        {
            "product_id": [key.to_bytes(16, "big")],
            "name": pa.array([name], pa.string()),
            "is_active": [True],
        }
    )


def test_a_broken_constraint_is_refused_by_its_name(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.insert("billing.product", product("a"))
    with (
        pytest.raises(ConstraintBroken, match="duplicate key") as refusal,
        db.transaction(tenant_id=tenant_id) as tx,
    ):
        tx.insert("billing.product", product("a"))
    assert (refusal.value.constraint, refusal.value.fields["table"]) == (
        "product_pkey",
        "billing.product",
    )
    with (
        pytest.raises(ConstraintBroken, match="name not null"),
        db.transaction(tenant_id=tenant_id) as tx,
    ):
        tx.insert("billing.product", product(None, key=2))


def test_a_fact_refuses_change_in_its_own_words(db: Database, tenant_id: int) -> None:
    plan = {
        "plan_id": [b"p" * 16],
        "product_id": [(1).to_bytes(16, "big")],
        "name": ["a"],
        "interval": ["month"],
    }
    price = {
        "price_id": [b"p" * 16],
        "plan_id": [b"p" * 16],
        "currency": ["EUR"],
        "model": ["flat"],
        "unit_amount_micros": [1],
    }
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.insert("billing.product", product("a"))
        tx.insert(
            "billing.plan",
            pa.table({**plan, "interval_count": [1], "trial_days": [0], "is_active": [True]}),
        )
        tx.insert("billing.price", pa.table(price))
    with (
        pytest.raises(FactUnchangeable, match="append-only") as refusal,
        db.transaction(tenant_id=tenant_id) as tx,
    ):
        tx.execute(statement("update billing.price set unit_amount_micros = 2"))
    assert refusal.value.fix == "record a reversal instead"
