"""What each rule sets aside, judged by DuckDB over records that differ in one thing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from trueup.migration.mapping.model import Bucket, Canonical, Check, Child, Field, Kind
from trueup.migration.mapping.rules import (
    FIXES,
    OUTCOME_PARTS,
    Rule,
    case_arms,
    literal,
    lost_column,
    outcome_arms,
    reference_alias,
    rules_for,
    typed_columns,
)
from trueup.migration.mapping.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

BILL = Canonical(
    name="bill",
    target="billing.bill",
    fields=(
        Field("number", Kind.TEXT, "number", is_required=True, is_unique=True),
        Field("note", Kind.TEXT, "note"),
        Field("card_token", Kind.TOKEN, "card_token"),
        Field("is_paid", Kind.BOOLEAN, "is_paid"),
        Field("units", Kind.QUANTITY, "units"),
        Field("net_days", Kind.INTEGER, "net_days"),
        Field("total_micros", Kind.MICROS, "total_micros", is_whole=True),
        Field("rate_micros", Kind.MICROS, "rate_micros"),
        Field("currency", Kind.CURRENCY, "currency"),
        Field("country", Kind.COUNTRY, "country"),
        Field("issued_at", Kind.INSTANT, "issued_at"),
        Field("due_on", Kind.DATE, "due_on"),
        Field("extra", Kind.JSON, "extra"),
        Field("status", Kind.ENUM, "status", values=("open", "can't pay")),
        Field("event", Kind.TEXT, "event", is_unique=True, merges_replays=True),
        Field("tax_payer_key", Kind.REFERENCE, "payer_id", entity="tax_payer", has_same_currency=True),
        Field("former_key", Kind.REFERENCE, "former_id", entity="bill"),
    ),
    checks=(
        Check("net_days", "negative_net_days", "m.net_days < 0", "give days of zero or more"),
        Check("lines", "no_lines", "len(lines) = 0", "give it a line"),
    ),
    children=(
        Child(
            "lines",
            "billing.line",
            (
                Field("said", Kind.TEXT, "said"),
                Field("day", Kind.INSTANT, "day"),
                Field("price_key", Kind.REFERENCE, "price_id", is_required=True, entity="price"),
                Field("tax_key", Kind.REFERENCE, "tax_id", entity="tax"),
            ),
            is_optional=False,
            identified_as=None,
        ),
    ),
)  # fmt: skip
COLUMNS = {
    "number": "VARCHAR", "note": "VARCHAR", "card_token": "VARCHAR", "is_paid": "VARCHAR",
    "units": "VARCHAR", "net_days": "VARCHAR", "total_micros": "BIGINT", "rate_micros": "BIGINT",
    "unread_total_micros": "VARCHAR", "currency": "VARCHAR", "country": "VARCHAR",
    "issued_at": "TIMESTAMP WITH TIME ZONE", "unread_issued_at": "VARCHAR", "due_on": "DATE",
    "extra": "VARCHAR", "status": "VARCHAR", "event": "VARCHAR", "tax_payer_key": "VARCHAR",
    "former_key": "VARCHAR",
    "lines": "STRUCT(said VARCHAR, day TIMESTAMPTZ, price_key VARCHAR, tax_key VARCHAR)[]",
}  # fmt: skip
SHAPE = Shape(
    COLUMNS,
    {"lines": dict.fromkeys(("said", "day", "price_key", "tax_key"), "VARCHAR")},
)
AROUND = {
    # what the judge's statement has beside the record itself
    "source_key": "VARCHAR", "aside_bucket": "VARCHAR", "repeated_field": "VARCHAR",
    "repeats_exactly": "BOOLEAN", "first_key": "VARCHAR", "lost_lines_price_key": "VARCHAR",
    "lost_lines_tax_key": "VARCHAR",
    **{f"to_{name}_{part}": "VARCHAR" for name in ("tax_payer_key", "former_key")
       for part in ("key", "bucket", "owner", "currency")},
}  # fmt: skip
SOUND = {
    "source_key": "'k'",
    "number": "'R-1'",
    "currency": "'EUR'",
    "lines": "[{'said': 'a', 'day': timestamptz '2026-01-01 00:00:00+00', 'price_key': 'p', 'tax_key': null}]",
}


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create macro micros_per_step(code) as case code when 'EUR' then 10000 end")
        con.execute("create macro text_holds_card_number(t) as contains(t, '4242 4242')")
        con.execute("create macro token_holds_card_number(t) as regexp_full_match(t, '4242+')")
        yield con


def judged(duck, canonical=BILL, shape=SHAPE, *, sees_itself=True, **wrong):
    """The parts of the outcome of one record; None: it is loaded."""
    given = SOUND | wrong
    kinds = AROUND | {name: kind for name, kind in COLUMNS.items() if name in shape.columns}
    columns = ", ".join(
        f"cast({given.get(n, 'null')} as {kind}) as {n}" for n, kind in kinds.items()
    )
    around = ", ".join(AROUND)
    rules = rules_for(canonical, shape, sees_itself=sees_itself)
    typed = ", ".join(typed_columns(canonical, shape))
    parts = ", ".join(f"case rule {outcome_arms(rules, part)} end" for part in OUTCOME_PARTS)
    found = duck.execute(
        f"with typed as (select {around}, {typed} from (select {columns})), "
        f"judged as (select m.*, case {case_arms(rules)} else 0 end as rule from typed m) "
        f"select rule, {parts} from judged"
    ).fetchone()
    number, *outcome = found
    return (
        None if number == 0 else dict(zip(OUTCOME_PARTS, outcome, strict=True)) | {"number": number}
    )


def test_a_sound_record_is_loaded(duck):
    assert judged(duck) is None


CASES = [
    # what is wrong, reason, field, value as it is reported
    ({"source_key": "null"}, "missing_key", "source_key", None),
    ({"number": "null"}, "missing_value", "number", None),
    ({"note": "'a' || chr(0)"}, "unstorable_character", "number, note, event", None),
    ({"number": "chr(0)"}, "unstorable_character", "number, note, event", None),
    ({"note": "'4242 4242'"}, "card_number", "number, note, event", None),
    ({"card_token": "'42422'"}, "card_number", "card_token", None),
    ({"card_token": "'a' || chr(0)"}, "unstorable_character", "card_token", None),
    ({"is_paid": "'perhaps'"}, "unreadable_value", "is_paid", "perhaps"),
    ({"units": "'many'"}, "unreadable_value", "units", "many"),
    ({"units": "'1.1234567'"}, "too_many_decimals", "units", "1.1234567"),
    ({"net_days": "'ten'"}, "unreadable_value", "net_days", "ten"),
    ({"net_days": "'-1'"}, "negative_net_days", "net_days", "-1"),
    ({"unread_total_micros": "'much'"}, "unreadable_value", "total_micros", "much"),
    ({"total_micros": "10001"}, "not_whole_steps", "total_micros", "10001"),
    ({"currency": "'eur'"}, "unknown_currency", "currency", "eur"),
    ({"country": "'Germany'"}, "unknown_country", "country", "Germany"),
    ({"country": "'de'"}, "unknown_country", "country", "de"),
    ({"issued_at": "'infinity'"}, "unreadable_value", "issued_at", None),
    ({"issued_at": "'infinity'", "unread_issued_at": "'never'"}, "unreadable_value", "issued_at", "never"),
    ({"due_on": "'infinity'"}, "unreadable_value", "due_on", None),
    ({"issued_at": "'1969-12-31 23:59:59+00'"}, "impossible_date", "issued_at", "1969-12-31 23:59:59+00"),
    ({"issued_at": "'2201-01-01 00:00:00+00'"}, "impossible_date", "issued_at", "2201-01-01 00:00:00+00"),
    ({"due_on": "'1969-12-31'"}, "impossible_date", "due_on", "1969-12-31"),
    ({"due_on": "'2201-01-01'"}, "impossible_date", "due_on", "2201-01-01"),
    ({"extra": "'[{'"}, "unreadable_json", "extra", "[{"),
    ({"extra": "repeat('x', 300)"}, "unreadable_json", "extra", "x" * 200),
    ({"status": "'gone'"}, "unknown_value", "status", "gone"),
    ({"lines": "[]"}, "no_lines", "lines", None),
    ({"lines": "[{'said': 'ok', 'price_key': 'p'}, {'said': chr(0), 'price_key': 'p'}]"}, "unstorable_character", "lines.said", None),
    ({"lines": "[{'day': timestamptz '1969-12-31 23:59:59+00', 'price_key': 'p'}]"}, "impossible_date", "lines.day", None),
    ({"lines": "[{'said': 'ok', 'price_key': null}]"}, "missing_value", "lines.price_key", None),
    ({"lost_lines_price_key": "'p9'"}, "orphan", "lines.price_key", "p9"),
    ({"lost_lines_tax_key": "'t9'"}, "orphan", "lines.tax_key", "t9"),
    ({"tax_payer_key": "'c9'"}, "orphan", "tax_payer_key", "c9"),
    ({"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'rejected'"}, "tax_payer_rejected", "tax_payer_key", "c"),
    ({"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'loaded'", "to_tax_payer_key_currency": "'USD'"}, "currency_differs", "currency", "EUR"),
    ({"former_key": "'b'", "to_former_key_key": "'b'", "repeated_field": "'former_key'"}, "reference_loop", "former_key", "b"),
    ({"repeated_field": "'source_key'", "repeats_exactly": "false"}, "duplicate_key", "source_key", "k"),
    ({"repeated_field": "'number'", "first_key": "'a'"}, "duplicate_number", "number", "R-1"),
    ({"event": "'e'", "repeated_field": "'event'", "repeats_exactly": "false", "first_key": "'a'"}, "duplicate_event", "event", "e"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "reason", "field", "value"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES]
)
def test_what_is_wrong_is_named_with_field_value_and_fix(duck, wrong, reason, field, value):
    found = judged(duck, **wrong)
    assert found["buckets"] == "rejected"
    assert (found["reasons"], found["fields"], found["values"]) == (reason, field, value)
    assert found["fixes"]
    if reason in FIXES:
        assert found["fixes"] == FIXES[reason]
    assert (found["owners"], found["survivors"]) == (None, None)


@pytest.mark.parametrize(
    "fine",
    [
        {"units": "'1.123456'"},
        {"units": "'1.1234560'"},
        {"net_days": "'0'"},
        {"is_paid": "'true'"},
        {"total_micros": "20000"},
        {"rate_micros": "10001"},
        {"country": "'DE'"},
        {"currency": "null"},
        {"issued_at": "'1970-01-01 00:00:00+00'"},
        {"issued_at": "'2200-12-31 23:59:59+00'"},
        {"due_on": "'2200-12-31'"},
        {"extra": "'{}'"},
        {"status": "'can''t pay'"},
        {"status": "'open'"},
        {"card_token": "'4242 4242'"},
        {"note": "'42422'"},
        {"repeated_field": "'note'"},
        {"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'loaded'", "to_tax_payer_key_currency": "'EUR'"},
        {"former_key": "'b'", "to_former_key_key": "'b'", "to_former_key_currency": "'USD'"},
    ],
    ids=lambda given: next(iter(given)),
)  # fmt: skip
def test_what_lies_just_within_is_loaded(duck, fine):
    assert judged(duck, **fine) is None


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"repeated_field": "'source_key'", "repeats_exactly": "true"}, ("merged", "exact_duplicate", "source_key", "k", None, "k")),
        ({"event": "'e'", "repeated_field": "'event'", "repeats_exactly": "true", "first_key": "'a'"}, ("merged", "replay", "event", "e", None, "a")),
        ({"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'excluded'", "to_tax_payer_key_owner": "'mia'"}, ("excluded", "tax_payer_excluded", "tax_payer_key", "c", "mia", None)),
    ],
    ids=["repeat", "replay", "excluded"],
)  # fmt: skip
def test_what_is_no_mistake_is_merged_or_excluded(duck, wrong, expected):
    found = judged(duck, **wrong)
    parts = ("buckets", "reasons", "fields", "values", "owners", "survivors")
    assert tuple(found[part] for part in parts) == expected


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"tax_payer_key": "'c9'"}, "the source holds no tax payer with this key: restore it, or correct the reference"),
        ({"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'rejected'"}, "repair this tax payer first; its own entry says how"),
        ({"lost_lines_price_key": "'p'"}, "a price that it names was not loaded: restore or repair it"),
        ({"repeated_field": "'number'", "first_key": "'a'"}, "record a has it already: correct the one that is wrong"),
        ({"net_days": "'-1'"}, "give days of zero or more"),
    ],
    ids=["orphan", "rejected", "lost", "repeated", "check"],
)  # fmt: skip
def test_a_fix_says_what_to_repair(duck, wrong, fix):
    assert judged(duck, **wrong)["fixes"] == fix


@pytest.mark.parametrize(
    ("both", "first"),
    [
        ({"source_key": "null", "number": "null"}, "missing_key"),
        ({"note": "'4242 4242'", "number": "null"}, "card_number"),
        ({"number": "null", "currency": "'eur'"}, "missing_value"),
        ({"currency": "'eur'", "tax_payer_key": "'c9'"}, "unknown_currency"),
        ({"tax_payer_key": "'c9'", "net_days": "'-1'"}, "orphan"),
        ({"net_days": "'-1'", "repeated_field": "'number'"}, "negative_net_days"),
    ],
    ids=lambda given: given if isinstance(given, str) else "before",
)
def test_the_first_rule_that_holds_decides(duck, both, first):
    assert judged(duck, **both)["reasons"] == first


def test_the_packs_own_word_comes_before_every_rule(duck):
    assert judged(duck, aside_bucket="'excluded'", source_key="null")["number"] == 1
    assert case_arms([Rule("x", Bucket.MERGED, "r", "f", "v", "a")]).splitlines() == [
        "when m.aside_bucket is not null then 1",
        "when x then 2",
    ]
    assert (
        outcome_arms([Rule("x", Bucket.MERGED, "r", "f", "v", "a")], "buckets")
        == "when 2 then 'merged'"
    )


def test_the_first_pass_leaves_references_to_its_own_kind_alone(duck):
    loop = {"former_key": "'b'", "repeated_field": "'former_key'"}
    assert judged(duck, sees_itself=True, **loop)["reasons"] == "reference_loop"
    assert judged(duck, sees_itself=False, **loop) is None
    assert judged(duck, sees_itself=False, tax_payer_key="'c9'")["reasons"] == "orphan"


def test_what_a_pack_does_not_yield_is_null_and_not_judged(duck):
    few = Shape({name: COLUMNS[name] for name in ("number", "currency", "net_days")}, {})
    assert judged(duck, shape=few, net_days="'-1'")["reasons"] == "negative_net_days"
    assert judged(duck, shape=few) is None
    columns = list(typed_columns(BILL, few))
    assert "cast(null as timestamptz) as issued_at" in columns
    assert "cast([] as integer[]) as lines" in columns
    assert "try_cast(number as varchar) as number" in columns
    assert "cast(net_days as varchar) as written_net_days" in columns
    assert not [each for each in columns if "written_number" in each]


def test_money_of_records_without_a_currency_is_not_compared(duck):
    silent = replace(
        BILL, fields=tuple(f for f in BILL.fields if f.name not in {"currency", "total_micros"})
    )
    shape = Shape(
        {n: k for n, k in COLUMNS.items() if n not in {"currency", "total_micros"}}, SHAPE.children
    )
    told = {"tax_payer_key": "'c'", "to_tax_payer_key_key": "'c'", "to_tax_payer_key_bucket": "'loaded'", "to_tax_payer_key_currency": "'USD'"}  # fmt: skip
    assert judged(duck, silent, shape, **told) is None


def test_names_are_written_so_that_statements_agree():
    payer = BILL.references[0]
    assert reference_alias(payer) == "to_tax_payer_key"
    assert lost_column(BILL.children[0], BILL.children[0].fields[2]) == "lost_lines_price_key"
    assert literal("it's") == "'it''s'"
