"""What only MariaDB has: two connections to one state, character sets that do not mix, odd dates."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest

from trueup.migration.reconciliation.compare import compare, open_side

pytestmark = pytest.mark.mariadb

ROWS = 2_000
OPENINGS = 8


def connected(url):
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port,
        user=parts.username,
        password=unquote(parts.password),
        database=parts.path[1:],
        autocommit=True,
    )


def run_mariadb(url, *statements):
    with closing(connected(url)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def run_postgres(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for statement in statements:
            connection.execute(statement)


def compared(left, right, key=("id",), **options):
    with ExitStack() as stack:
        sides = [stack.enter_context(open_side(*side)) for side in (left, right)]
        return compare(*sides, key=key, **options)


def found_types(result):
    return {kind.value: count for kind, count in result.counts.items() if count}


@pytest.fixture
def numbers(mariadb):
    """A table of keys far enough apart that both halves of their range use every bucket."""

    def make(step=1_000_000_007):
        url = mariadb()
        run_mariadb(
            url,
            "create table item (id bigint primary key, amount bigint, note varchar(20))",
            f"insert into item select cast(seq as signed) * {step} - {step * 500}, seq, concat('n', seq)"
            f" from seq_1_to_{ROWS}",
        )
        return url

    return make


def same_numbers(step=1_000_000_007):
    return (
        f"select i * {step}::bigint - {step * 500} as id, i as amount, 'n' || i as note"
        f" from generate_series(1::bigint, {ROWS}) i"
    )


@pytest.mark.parametrize("step", [1, 1_000_000_007])
def test_a_quiet_server_is_summed_in_two_halves(numbers, empty_postgres, step):
    theirs, ours = numbers(step), empty_postgres()
    result = compared((theirs, "item"), (ours, same_numbers(step)))
    assert result.is_equal
    assert (result.left_rows, result.rows_fetched) == (ROWS, 0)
    assert result.lanes == (2, 1)
    run_mariadb(theirs, f"update item set note = 'x' where id in ({-step * 499}, {step * 1500})")
    result = compared((theirs, "item"), (ours, same_numbers(step)))
    assert found_types(result) == {"mismatch": 2}


@pytest.mark.parametrize(
    "query",
    [
        "select id, amount, note from item where amount > 0",
        "select id + 0 as id, amount, note from item",
        "select id, amount, note from item group by id",
    ],
)
def test_a_query_whose_keys_have_no_index_is_summed_in_one_piece(numbers, empty_postgres, query):
    result = compared((numbers(), query), (empty_postgres(), same_numbers()))
    assert result.is_equal
    assert result.lanes == (1, 1)


def test_an_empty_table_has_no_halves(mariadb, empty_postgres):
    theirs = mariadb()
    run_mariadb(theirs, "create table item (id int primary key, amount int)")
    result = compared((theirs, "item"), (empty_postgres(), "select 1 as id, 2 as amount"))
    assert found_types(result) == {"extra": 1}


def test_a_key_that_may_be_null_is_in_one_of_the_halves(mariadb, empty_postgres):
    theirs, ours = mariadb(), empty_postgres()
    run_mariadb(
        theirs,
        "create table item (id int unique, amount int)",
        "insert into item values (null, 1), (1, 2), (2000, 3)",
    )
    same = "select * from (values (null::int, 1), (1, 2), (2000, 3)) v(id, amount)"
    assert compared((theirs, "item"), (ours, same)).is_equal
    other = same.replace("null::int, 1", "null::int, 7")
    assert found_types(compared((theirs, "item"), (ours, other))) == {"mismatch": 1}


def test_both_halves_are_of_one_state_while_somebody_writes(numbers, empty_postgres):
    """The writer moves one row from one half to the other: a sum of two states would count it twice
    or not at all.
    """
    theirs = numbers()
    low, high = -(10**13), 10**13
    run_mariadb(theirs, f"insert into item values ({low}, 0, 'moving')")
    is_over = threading.Event()

    def write():
        with closing(connected(theirs)) as connection, connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute(f"update item set id = {high} where id = {low}")
                cursor.execute(f"update item set id = {low} where id = {high}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(OPENINGS):
            result = compared((theirs, "item"), (empty_postgres(), same_numbers()))
            assert result.left_rows == ROWS + 1
            assert found_types(result) == {"missing": 1}
    finally:
        is_over.set()
        writer.join()


def test_rows_that_are_there_twice_do_not_cancel(mariadb, empty_postgres):
    """An XOR of hashes would be nothing on both sides."""
    theirs, ours = mariadb(), empty_postgres()
    twice = "select {n} as id, '{a}' as a union all select {n}, '{a}'"
    left = twice.format(n=1, a="x") + " union all select 2, 'z'"
    right = twice.format(n=1, a="y") + " union all select 2, 'z'"
    result = compared((theirs, left), (ours, right))
    assert found_types(result) == {"duplicate": 1, "mismatch": 1}


def test_character_sets_and_collations_that_do_not_mix_are_compared_together(
    mariadb, empty_postgres
):
    theirs, ours = mariadb(), empty_postgres()
    kinds = {
        "a": "varchar(20) character set utf8mb4 collate utf8mb4_general_ci",
        "b": "varchar(20) character set utf8mb4 collate utf8mb4_unicode_ci",
        "c": "varchar(20) character set utf8mb3 collate utf8mb3_polish_ci",
        "d": "char(20) character set latin1 collate latin1_german2_ci",
        "e": "varchar(20) character set ucs2",
        "f": "text character set cp1251",
        "g": "enum('ja', 'né') character set utf8mb4 collate utf8mb4_bin",
        "h": "char(8) character set ascii",
        "i": "varchar(20) character set utf8mb4 collate uca1400_ai_ci",
    }
    values = ("Straße😀", "Strasse", "łódź", "Zoë", "日本", "Жук", "né", "plain", "ﬁ")
    row = ", ".join(f"'{value}'" for value in values)
    nothing = ", ".join(["null"] * len(values))
    run_mariadb(
        theirs,
        f"create table item (id int primary key, {', '.join(f'{n} {k}' for n, k in kinds.items())})",
        f"insert into item values (1, {row}), (2, {nothing})",
    )
    run_postgres(
        ours,
        f"create table item (id int primary key, {', '.join(f'{name} text' for name in kinds)})",
        f"insert into item values (1, {row}), (2, {nothing})",
    )
    result = compared((theirs, "item"), (ours, "item"))
    assert result.is_equal, result.breaks
    assert result.rows_fetched == 0
    for name in kinds:
        run_postgres(ours, f"update item set {name} = {name} || ' ' where id = 1")
        assert found_types(compared((theirs, "item"), (ours, "item"))) == {"mismatch": 1}
        run_postgres(ours, f"update item set {name} = rtrim({name}) where id = 1")


MOMENTS = (
    "0001-01-01 00:00:00",
    "1582-10-10 12:00:00.5",
    "1899-12-31 23:59:59.999999",
    "1969-12-31 23:59:59.999999",
    "1970-01-01 00:00:00",
    "2000-02-29 00:00:00.000001",
    "2038-01-19 03:14:08",
    "9999-12-31 23:59:59.999999",
)


@pytest.mark.parametrize("instant", ["timestamptz", "timestamp"])
def test_moments_are_the_same_at_the_edges_of_time(mariadb, empty_postgres, instant):
    theirs, ours = mariadb(), empty_postgres()
    rows = ", ".join(
        f"({number}, '{moment}', '{moment[:10]}')" for number, moment in enumerate(MOMENTS)
    )
    run_mariadb(
        theirs,
        "create table item (id int primary key, seen_at datetime(6), seen_on date)",
        f"insert into item values {rows}",
    )
    run_postgres(
        ours,
        f"create table item (id int primary key, seen_at {instant}, seen_on {instant})",
        f"insert into item values {rows}",
    )
    result = compared((theirs, "item"), (ours, "item"))
    assert result.is_equal, result.breaks
    assert result.rows_fetched == 0


def test_impossible_dates_and_infinity_are_told_as_they_are(mariadb, empty_postgres):
    theirs, ours = mariadb(), empty_postgres()
    run_mariadb(
        theirs,
        "set sql_mode = ''",
        "create table item (id int primary key, seen_at datetime(6))",
        "insert into item values (1, '0000-00-00'), (2, '2020-00-15 01:00:00'), (3, null)",
    )
    run_postgres(
        ours,
        "create table item (id int primary key, seen_at timestamptz)",
        "insert into item values (1, null), (2, '2020-01-15 01:00:00'), (3, 'infinity')",
    )
    result = compared((theirs, "item"), (ours, "item"))
    assert found_types(result) == {"mismatch": 3}
    assert compared((theirs, "item"), (theirs, "item")).is_equal


def test_one_difference_fetches_a_handful_of_rows(numbers, empty_postgres):
    theirs, ours = numbers(step=1), empty_postgres()
    run_mariadb(theirs, "update item set amount = -1 where id = 700")
    result = compared((theirs, "item"), (ours, same_numbers(step=1)))
    assert found_types(result) == {"mismatch": 1}
    assert (result.buckets_differing, result.rows_fetched) == (1, 32)
