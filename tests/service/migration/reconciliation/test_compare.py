"""The compare engine on real PostgreSQL, MariaDB and files."""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pymysql
import pytest
from tests.support.postgres import POSTGRESQL_15, PostgresForTests

from trueup.migration.reconciliation.compare import BreakType, compare, open_side
from trueup.migration.reconciliation.compare.comparison import repeated_keys
from trueup.migration.reconciliation.errors import AddressUnknown, QueryRefused

ROWS = 3_000
QUERY = "select id, amount, rate, share, is_on, born_on, seen_at, note from item"
FIELDS = "id bigint, amount bigint, rate decimal(20,6), share decimal(20,6), is_on boolean, born_on date, seen_at {instant}, note {text}"


def rows():
    """Rows whose values are where engines disagree: signs, zeros, edges of time, odd texts."""
    notes = ["paid", "Paid", "paid ", "", None, "é", "e\u0301", "|", "!", "1:!", "\t", "日本", "😀"]
    for number in range(1, ROWS + 1):
        yield (
            (number - ROWS // 3) * 7,
            (-1) ** number * number * 10_000_019,
            None if number % 11 == 0 else f"{number / 8:.6f}",
            f"0.{number % 100:02}0000",
            None if number % 13 == 0 else number % 2 == 0,
            None if number % 17 == 0 else f"{1950 + number % 150}-0{number % 9 + 1}-15",
            None
            if number % 19 == 0
            else f"{1950 + number % 150}-03-{number % 28 + 1:02} 01:59:59.{number % 7 * 100_000:06}",
            notes[number % len(notes)],
        )


def run_postgres(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def run_mariadb(url, *statements):
    parts = urlsplit(url)
    with (
        pymysql.connect(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=unquote(parts.password),
            database=parts.path[1:],
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def postgres_items(empty_postgres):
    def make(instant="timestamptz", text="text"):
        url = empty_postgres()
        run_postgres(
            url,
            f"create table item ({FIELDS.format(instant=instant, text=text)}, primary key (id))",
        )
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("set timezone = 'UTC'")
            with connection.cursor().copy("copy item from stdin") as copy:
                for row in rows():
                    copy.write_row(row)
        return url

    return make


@pytest.fixture
def mariadb_items(mariadb):
    url = mariadb()
    parts = urlsplit(url)
    fields = FIELDS.format(instant="datetime(6)", text="varchar(40) character set utf8mb4")
    run_mariadb(url, f"create table item ({fields}, primary key (id))")
    with (
        pymysql.connect(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=unquote(parts.password),
            database=parts.path[1:],
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.executemany("insert into item values (%s, %s, %s, %s, %s, %s, %s, %s)", list(rows()))
    return url


@pytest.fixture
def parquet_items(tmp_path):
    path = tmp_path / "item.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"create table item ({FIELDS.format(instant='timestamp', text='varchar')})"
        )
        connection.executemany("insert into item values (?, ?, ?, ?, ?, ?, ?, ?)", list(rows()))
        connection.execute(f"copy item to '{path}' (format parquet)")
    return str(path)


def compared(left, right, key=("id",), **options):
    with ExitStack() as stack:
        sides = [stack.enter_context(open_side(*side)) for side in (left, right)]
        return compare(*sides, key=key, **options)


def found_types(result):
    return {kind.value: count for kind, count in result.counts.items() if count}


def test_two_postgresql_databases_of_different_schemas_agree(postgres_items):
    ours = postgres_items()
    theirs = postgres_items(instant="timestamp", text="varchar(40)")
    run_postgres(theirs, "alter table item alter column rate type numeric(30, 10)")
    result = compared((ours, QUERY), (theirs, QUERY))
    assert result.is_equal
    assert (result.left_rows, result.right_rows, result.rows_fetched) == (ROWS, ROWS, 0)


@pytest.mark.mariadb
def test_all_engines_agree_on_the_same_rows(postgres_items, mariadb_items, parquet_items):
    """The classes of M38: nobody may find a difference where there is none, or fetch a row."""
    postgres = postgres_items()
    file_query = QUERY.replace("from item", "from data")
    for left, right in (
        ((postgres, QUERY), (mariadb_items, QUERY)),
        ((postgres, QUERY), (parquet_items, file_query)),
        ((mariadb_items, QUERY), (parquet_items, file_query)),
    ):
        result = compared(left, right)
        assert result.is_equal, result.breaks
        assert result.rows_fetched == 0, (left, right)
        by_text = compared(left, right, key=("id", "note"))
        assert by_text.is_equal
        assert by_text.rows_fetched == 0


def test_an_old_and_a_new_postgresql_hash_alike(request, empty_postgres):
    """Their statements differ: the newer one has a hash of bytes, the older one of arrays only."""
    if not POSTGRESQL_15.is_dir():
        pytest.skip("postgresql-15 is not installed; `make test` installs it")
    is_old = request.config.getoption("--postgres") == "15"
    other = PostgresForTests.start(version="embedded" if is_old else "15")
    try:
        query = "select i as id, 'n' || i as note from generate_series(1, 3000) i"
        result = compared((empty_postgres(), query), (other.create(), query))
    finally:
        other.stop()
    assert result.is_equal
    assert result.rows_fetched == 0


CHANGES = {
    "status flipped": ("update item set note = 'open' where id = 7", {"mismatch": 1}),
    "sign flipped": ("update item set amount = -amount where id = 14", {"mismatch": 1}),
    "one day later": (
        "update item set seen_at = seen_at + interval '1' day where id = 21",
        {"mismatch": 1},
    ),
    "one microsecond later": (
        "update item set seen_at = seen_at + interval '0.000001' second where id = 21",
        {"mismatch": 1},
    ),
    "trailing space": ("update item set note = 'paid ' where id = -6909", {"mismatch": 1}),
    "case": ("update item set note = 'PAID' where id = -6909", {"mismatch": 1}),
    "null for empty": ("update item set note = null where note = ''", {"mismatch": ROWS // 13 + 1}),
    "last two rows lost": ("delete from item where id > 13990", {"missing": 2}),
    "plus and minus 100": (
        "update item set amount = amount + case id when 7 then 100 else -100 end where id in (7, 14)",
        {"mismatch": 2},
    ),
    # Additive sums of per-field hashes would cancel here; sums of whole-row hashes do not.
    "two values swapped": (
        "update item set amount = case id when 7 then 10020019038 else -10010019019 end where id in (7, 14)",
        {"mismatch": 2},
    ),
    "missing and extra": ("update item set id = 1000003 where id = 7", {"missing": 1, "extra": 1}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_injected_difference_is_found_between_postgresql_databases(postgres_items, change):
    statement, expected = CHANGES[change]
    ours, theirs = postgres_items(), postgres_items()
    run_postgres(theirs, statement)
    assert found_types(compared((ours, QUERY), (theirs, QUERY))) == expected


@pytest.mark.mariadb
def test_every_injected_difference_is_found_across_engines(
    postgres_items, mariadb_items, parquet_items
):
    postgres = postgres_items()
    for change, (statement, expected) in CHANGES.items():
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("create table kept as table item")
            connection.execute(statement)
            for left in (
                (mariadb_items, QUERY),
                (parquet_items, QUERY.replace("from item", "from data")),
            ):
                assert found_types(compared(left, (postgres, QUERY))) == expected, change
            connection.execute("truncate item; insert into item table kept; drop table kept")


@pytest.mark.mariadb
def test_a_collation_that_folds_case_and_spaces_hides_nothing(postgres_items, mariadb_items):
    run_mariadb(
        mariadb_items,
        "alter table item convert to character set utf8mb4 collate utf8mb4_general_ci",
        "update item set note = upper(note) where id = -6909",
        "update item set note = 'paid   ' where id = -6818",
    )
    result = compared((mariadb_items, QUERY), (postgres_items(), QUERY))
    assert found_types(result) == {"mismatch": 2}


@pytest.mark.mariadb
def test_another_character_set_is_compared_by_its_characters(mariadb, empty_postgres):
    theirs, ours = mariadb(), empty_postgres()
    run_mariadb(
        theirs,
        "create table item (id int primary key, name varchar(20) character set latin1, code char(4) character set ucs2)",
        "insert into item values (1, 'café', 'ab'), (2, 'Zoë', null)",
    )
    run_postgres(
        ours,
        "create table item (id int primary key, name text, code text)",
        "insert into item values (1, 'café', 'ab'), (2, 'Zoë', null)",
    )
    result = compared((theirs, "item"), (ours, "item"))
    assert result.is_equal
    assert result.rows_fetched == 0


@pytest.mark.mariadb
def test_a_zero_date_is_not_an_absent_one(mariadb, empty_postgres):
    theirs, ours = mariadb(), empty_postgres()
    run_mariadb(
        theirs,
        "set sql_mode = ''",
        "create table item (id int primary key, seen_at datetime)",
        "insert into item values (1, '0000-00-00 00:00:00'), (2, null)",
    )
    run_postgres(
        ours,
        "create table item (id int primary key, seen_at timestamptz)",
        "insert into item values (1, null), (2, null)",
    )
    result = compared((theirs, "item"), (ours, "item"))
    assert found_types(result) == {"mismatch": 1}
    assert result.breaks[0].left["seen_at"] == "0000-00-00 00:00:00"


def test_fields_do_not_run_into_their_neighbours(empty_postgres):
    """M29: ("ab", "c") is not ("a", "bc"), and no text can pass for NULL or for a separator."""
    pairs = [
        (("'ab'", "'c'"), ("'a'", "'bc'")),
        (("null", "'x'"), ("'!'", "'x'")),
        (("'a|1:b'", "'c'"), ("'a'", "'b|1:c'")),
        (("'1:!'", "null"), ("null", "'1:!'")),
    ]
    url = empty_postgres()
    for left, right in pairs:
        sides = [f"select 1 as id, {a}::text as a, {b}::text as b" for a, b in (left, right)]
        assert found_types(compared((url, sides[0]), (url, sides[1]))) == {"mismatch": 1}
        file_sides = [
            f"select 1 as id, {a}::varchar as a, {b}::varchar as b" for a, b in (left, right)
        ]
        assert not _duck(*file_sides).is_equal


def _duck(left, right):
    from trueup.migration.reconciliation.compare import Side  # noqa: PLC0415  only here
    from trueup.migration.reconciliation.compare.connections.duck import (  # noqa: PLC0415
        DuckConnection,
        open_duckdb,
    )

    with open_duckdb() as connection:
        sides = [Side(DuckConnection(connection), query) for query in (left, right)]
        return compare(*sides, key=("id",))


def test_empty_tables_are_an_answer(empty_postgres):
    url = empty_postgres()
    run_postgres(
        url,
        "create table full_one (id int primary key, a text)",
        "create table empty_one (id int primary key, a text)",
        "insert into full_one values (1, 'x'), (2, 'y')",
    )
    nothing = compared((url, "empty_one"), (url, "empty_one"))
    assert nothing.is_equal
    assert (nothing.left_rows, nothing.right_rows) == (0, 0)
    assert found_types(compared((url, "empty_one"), (url, "full_one"))) == {"extra": 2}
    assert found_types(compared((url, "full_one"), (url, "empty_one"))) == {"missing": 2}


def test_a_duplicate_and_a_missing_row_do_not_cancel(empty_postgres):
    url = empty_postgres()
    left = "select i as id, i * 2 as amount from generate_series(1, 10) i"
    right = f"select case id when 3 then 4 else id end as id, case id when 3 then 8 else amount end as amount from ({left}) x"
    result = compared((url, left), (url, right))
    assert (result.left_rows, result.right_rows) == (10, 10)
    assert found_types(result) == {"missing": 1, "duplicate": 1}
    assert {b.type: b.key for b in result.breaks} == {
        BreakType.MISSING: ("3",),
        BreakType.DUPLICATE: ("4",),
    }


def test_repeated_keys_are_counted_even_if_both_sides_repeat_them(empty_postgres):
    url = empty_postgres()
    query = "select i / 2 as id, 1 as amount from generate_series(1, 4) i"
    with open_side(url, query) as side:
        assert repeated_keys(side, key=("id",)) == [(("1",), 2)]


def test_when_everything_differs_counts_are_exact_and_samples_bounded(empty_postgres):
    url = empty_postgres()
    seen = []
    left = "select i as id, 'a' || i as a from generate_series(1, 20000) i"
    right = "select i as id, 'b' || i as a from generate_series(5001, 25000) i"
    result = compared((url, left), (url, right), visit=seen.append)
    assert found_types(result) == {"missing": 5_000, "mismatch": 15_000, "extra": 5_000}
    assert result.field_mismatches == {"a": 15_000}
    assert len(result.breaks) == 30
    assert len(seen) == 25_000


def test_text_keys_and_sparse_keys_are_found_too(empty_postgres):
    url = empty_postgres()
    for key in ("'cus_' || i", "i::bigint * 1000000007", "-i"):
        left = f"select {key} as id, i as a from generate_series(1, 3000) i"
        right = f"select {key} as id, case when i = 77 then 0 else i end as a from generate_series(2, 3000) i"
        result = compared((url, left), (url, right))
        assert found_types(result) == {"missing": 1, "mismatch": 1}, key


def test_a_side_is_read_in_one_state_and_cannot_be_written(empty_postgres):
    url = empty_postgres()
    run_postgres(url, "create sequence item")
    with pytest.raises(QueryRefused, match="read-only"):
        compared((url, "select nextval('item') as id"), (url, "select 1::bigint as id"))


@pytest.mark.parametrize(
    "relation", ["nowhere", "select no_such_column from pg_class", "select 1 from"]
)
def test_a_query_that_its_database_refuses_is_named(empty_postgres, relation):
    url = empty_postgres()
    with pytest.raises(QueryRefused) as refused:
        compared((url, relation), (url, "select 1 as id"))
    assert refused.value.fields["engine"] == "PostgreSQL"


def test_an_address_of_nothing_comparable_is_refused(tmp_path):
    with pytest.raises(AddressUnknown), open_side(str(tmp_path / "report.pdf")):
        pass


def test_a_csv_file_is_a_side(tmp_path, empty_postgres):
    path = tmp_path / "item.csv"
    path.write_text("id,name\n1,ada\n2,Grace\n", encoding="utf-8")
    url = empty_postgres()
    ours = "select 1 as id, 'ada' as name union all select 2, 'grace'"
    theirs = "select id::bigint as id, name from data"  # a file is text until a query says more
    result = compared((str(path), theirs), (url, ours))
    assert [(b.type, b.key) for b in result.breaks] == [(BreakType.MISMATCH, ("2",))]
