"""Every question can be asked, is worded, and is skipped only where its answer is known."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from trueup.kernel.currency import currency
from trueup.kernel.money import Money
from trueup.migration.assessment import statements
from trueup.migration.assessment.model import (
    ColumnProfile,
    Finding,
    Severity,
    Shape,
    TextProfile,
)
from trueup.migration.assessment.rules.catalogue import CATALOGUE
from trueup.migration.assessment.rules.fragments import literal, quoted
from trueup.migration.assessment.rules.gating import is_answered
from trueup.migration.assessment.rules.ranking import ranked
from trueup.migration.assessment.rules.reading import (
    TextCounts,
    magnitude_label,
    other_case,
    shape_of_text,
    shape_of_type,
)
from trueup.migration.assessment.rules.world import Probe

PLACES = {"table", "column", "map", "target", "start", "end", "subtotal", "shape"}


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_finding_has_sentences_whose_places_can_be_filled(code):
    entry = CATALOGUE[code]
    for sentence in (entry.title, entry.effect, entry.action):
        assert set(re.findall(r"\{(\w+)\}", sentence)) <= PLACES
    assert entry.effect.endswith(".")
    assert entry.action.endswith(".")


def test_a_place_without_a_filling_is_a_defect():
    with pytest.raises(Exception, match="every place"):
        statements.statement("key_missing", table="t")


@pytest.mark.parametrize("name", ['a"b', "a'b", "drop table x; --", "Ω", ""])
def test_a_hostile_name_stays_a_name(name):
    assert quoted(name) == '"' + name.replace('"', '""') + '"'
    assert literal(name) == "'" + name.replace("'", "''") + "'"


TEXT = TextProfile(1, 9, padded=0, damaged=0, non_ascii=0, other_case=0, card_like=0)
PROFILE = ColumnProfile(
    name="c",
    source_type="",
    type="VARCHAR",
    roles=(),
    nulls=0,
    blanks=0,
    distinct=1,
    is_distinct_exact=True,
    read_as=Shape.TEXT,
    unreadable=0,
    least=None,
    greatest=None,
    text=TEXT,
    top=(),
    spread=(),
)
INSTANT = replace(
    PROFILE, read_as=Shape.INSTANT, least="2019-01-01 00:00:00", greatest="2025-12-31 00:00:00"
)
NUMBER = replace(PROFILE, read_as=Shape.INTEGER, text=None, least="1", greatest="999")


@pytest.mark.parametrize(
    ("code", "profile", "is_known"),
    [
        ("key_missing", PROFILE, True),
        ("key_missing", replace(PROFILE, nulls=1), False),
        ("key_missing", replace(PROFILE, blanks=1), False),
        ("key_duplicate", PROFILE, False),  # a profile cannot say
        ("amount_negative", replace(NUMBER, least="0"), True),
        ("amount_negative", replace(NUMBER, least="-1"), False),
        ("amount_not_positive", replace(NUMBER, least="0"), False),
        ("amount_not_positive", replace(NUMBER, least="0.5", read_as=Shape.DECIMAL), False),
        ("amount_below_step", NUMBER, True),
        ("amount_below_step", replace(NUMBER, read_as=Shape.DECIMAL), False),
        ("time_implausible", INSTANT, True),
        ("time_implausible", replace(INSTANT, least="1970-01-01 00:00:00"), False),
        ("time_implausible", replace(INSTANT, greatest="infinity"), False),
        ("time_implausible", replace(INSTANT, unreadable=1), False),
        ("time_in_future", INSTANT, True),
        ("time_in_future", replace(INSTANT, greatest="2026-01-15 00:00:01"), False),
        ("time_in_future", replace(INSTANT, greatest="infinity"), False),
        ("time_in_future", replace(INSTANT, read_as=Shape.TEXT), False),
        ("card_number", PROFILE, True),
        ("card_number", replace(PROFILE, text=replace(TEXT, card_like=1)), False),
        ("card_number", NUMBER, True),
        ("card_number", replace(NUMBER, greatest="4111111111111111"), False),
    ],
)
def test_a_question_is_skipped_only_where_the_profile_says_no(code, profile, is_known):
    probe = Probe(code, code, "t", ("c",), {})
    assert is_answered(probe, {"c": profile}, "2026-01-15T00:00:00Z") is is_known


@pytest.mark.parametrize(
    ("counts", "shape"),
    [
        ({"integers": 95}, Shape.INTEGER),
        ({"integers": 94}, Shape.TEXT),
        ({"integers": 50, "decimals": 45}, Shape.DECIMAL),
        ({"instants": 100}, Shape.INSTANT),
        ({"booleans": 100}, Shape.BOOLEAN),
        ({}, Shape.TEXT),
    ],
)
def test_text_reads_as_what_nearly_all_of_it_is(counts, shape):
    zero = dict.fromkeys(
        ("blanks", "length_min", "length_max", "padded", "damaged", "non_ascii", "card_like"), 0
    ) | dict.fromkeys(("integers", "decimals", "instants", "booleans"), 0)
    assert shape_of_text(TextCounts(written=100, **(zero | counts))) is shape


@pytest.mark.parametrize(
    ("type_", "shape"),
    [
        ("BIGINT", Shape.INTEGER),
        ("DECIMAL(18,2)", Shape.DECIMAL),
        ("TIMESTAMP WITH TIME ZONE", Shape.INSTANT),
        ("DATE", Shape.INSTANT),
        ("BOOLEAN", Shape.BOOLEAN),
        ("JSON", Shape.JSON),
        ("BLOB", Shape.OTHER),
        ("INTERVAL", Shape.OTHER),
    ],
)
def test_a_type_reads_as_what_it_can_hold(type_, shape):
    assert shape_of_type(type_) is shape


@pytest.mark.parametrize(
    ("sign", "power", "label"),
    [(1, None, "0"), (1, 0, "1-9"), (1, 3, "1 000-9 999"), (-1, 1, "-10-99"), (1, -2, "<1")],
)
def test_an_order_of_magnitude_is_named_by_its_bounds(sign, power, label):
    assert magnitude_label(sign, power) == label


def test_spellings_in_another_case_than_the_most_frequent_are_counted():
    values = [("active", 90), ("Active", 7), ("ACTIVE", 2), ("closed", 1), (None, 4), (" ", 3)]
    assert other_case(values) == 9


def finding(code, severity, count=1, micros=0, code_of_money="EUR"):
    at_risk = (Money(micros, currency(code_of_money)),) if micros else ()
    return Finding(code, severity, "t", (), count, (), at_risk, 0, "", "", "")


def test_findings_are_ranked_by_severity_then_money_then_rows():
    ranks = [
        finding("blocks", Severity.BLOCKS),
        finding("most_money", Severity.SETS_ASIDE, micros=900),
        finding("less_money", Severity.SETS_ASIDE, micros=100, count=99),
        finding("more_rows", Severity.SETS_ASIDE, count=5),
        finding("fewer_rows", Severity.SETS_ASIDE, count=2),
        finding("review", Severity.REVIEW, micros=10**9),
    ]
    assert [f.code for f in ranked(ranks[::-1])] == [f.code for f in ranks]


def test_a_large_number_of_yen_does_not_outrank_a_larger_share_of_euro():
    """Shares are compared within a currency; 1 000 JPY is not more than 500 EUR."""
    ranks = [
        finding("all_of_the_euro", Severity.REVIEW, micros=500),
        finding("most_of_the_yen", Severity.REVIEW, micros=1000, code_of_money="JPY"),
        finding("rest_of_the_yen", Severity.REVIEW, micros=100, code_of_money="JPY"),
    ]
    assert [f.code for f in ranked(ranks[::-1])] == [f.code for f in ranks]
