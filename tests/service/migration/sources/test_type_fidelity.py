"""M38: no value of a source is lost, rounded or turned into NULL on its way into a snapshot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import duckdb
import psycopg
import pymysql
import pytest

from trueup.migration.sources.errors import SourceDenied, UnreadableValue
from trueup.migration.sources.service import extract

# declared type, value as SQL, type in the snapshot, text in the snapshot
POSTGRESQL = [
    ("bigint", "9223372036854775807", "BIGINT", "9223372036854775807"),
    ("boolean", "true", "BOOLEAN", "true"),
    (
        "numeric(38,9)",
        "12345678901234567890123456789.123456789",
        "DECIMAL(38,9)",
        "12345678901234567890123456789.123456789",
    ),
    ("numeric(38,9)", "'NaN'", "VARCHAR", "NaN"),  # the wire would hand over 0
    ("numeric", "1e-40", "VARCHAR", "0.0000000000000000000000000000000000000001"),
    ("numeric(50,10)", "1e39", "VARCHAR", "1000000000000000000000000000000000000000.0000000000"),
    ("numeric(5,-2)", "12300", "VARCHAR", "12300"),
    ("amount", "9.99", "DECIMAL(12,2)", "9.99"),  # a domain
    ("double precision", "'NaN'", "DOUBLE", "nan"),
    ("double precision", "0.1", "DOUBLE", "0.1"),
    ("date", "'2024-02-29'", "DATE", "2024-02-29"),
    ("date", "'infinity'", "VARCHAR", "infinity"),
    ("date", "'4713-01-01 BC'", "VARCHAR", "4713-01-01 BC"),
    ("timestamp", "'2024-03-31 02:30:00.123456'", "TIMESTAMP", "2024-03-31 02:30:00.123456"),
    ("timestamp", "'-infinity'", "VARCHAR", "-infinity"),
    ("timestamptz", "'2024-07-01 12:00+02'", "TIMESTAMP WITH TIME ZONE", "2024-07-01 10:00:00+00"),
    ("time", "'23:59:59.5'", "TIME", "23:59:59.5"),
    ("time", "'24:00'", "VARCHAR", "24:00:00"),
    ("timetz", "'12:00+02'", "VARCHAR", "12:00:00+02"),
    ("interval", "'1 mon 2 days 03:04:05.6'", "VARCHAR", "1 mon 2 days 03:04:05.6"),
    ("bytea", r"'\x00ff'", "BLOB", r"\x00\xFF"),
    ("json", """'{"b": 1,  "a":2}'""", "VARCHAR", '{"b": 1,  "a":2}'),  # spaces and order kept
    ("jsonb", """'{"b":1,"a":1.10}'""", "VARCHAR", '{"a": 1.10, "b": 1}'),
    ("mood", "'ok'", "VARCHAR", "ok"),
    (
        "uuid",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "UUID",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    ("char(6)", "'ab'", "VARCHAR", "ab"),  # the padding is the type's, not the value's
    ("text", "''", "VARCHAR", ""),
    ("text", "'é😀 '", "VARCHAR", "é😀 "),
    ("varchar(10)", "' ab  '", "VARCHAR", " ab  "),  # blanks are data
    ("name_of_one", "'ab '", "VARCHAR", "ab "),  # a domain over varchar
    ("int[]", "'{1,2,null}'", "VARCHAR", "[1,2,null]"),
    ("text[]", """'{{a,b},{c,"d,e"}}'""", "VARCHAR", '[["a","b"],["c","d,e"]]'),
    ("pair", "(1,'x')", "VARCHAR", '{"a":1,"b":"x"}'),
    ("inet", "'10.0.0.1'", "VARCHAR", "10.0.0.1/32"),
    ("bit(5)", "'10101'", "VARCHAR", "10101"),
]
MARIADB = [
    ("bigint unsigned", "18446744073709551615", "UBIGINT", "18446744073709551615"),
    ("tinyint(1)", "2", "TINYINT", "2"),  # more than a truth
    ("bit(1)", "1", "BOOLEAN", "true"),
    ("bit(12)", "b'100000000001'", "UBIGINT", "2049"),
    ("decimal(38,9)", "12345678901234567890123456789.123456789", "DECIMAL(38,9)", "12345678901234567890123456789.123456789"),
    ("decimal(10,2) unsigned", "99999999.99", "DECIMAL(10,2)", "99999999.99"),  # the wire takes it for 9 digits
    ("decimal(65,30)", "12345678901234567890.123456789012345678901234567891", "VARCHAR", "12345678901234567890.123456789012345678901234567891"),
    ("decimal(8,2) zerofill", "12.5", "DECIMAL(8,2)", "12.50"),
    ("double", "0.1", "DOUBLE", "0.1"),
    ("double", "0.1 + 0.2e0", "DOUBLE", "0.30000000000000004"),
    ("double", "1.7976931348623157e308", "DOUBLE", "1.7976931348623157e+308"),
    ("float", "16777215", "FLOAT", "16777215.0"),  # the server alone writes six digits
    ("mediumint unsigned", "16777215", "UINTEGER", "16777215"),
    ("date", "'2024-02-29'", "DATE", "2024-02-29"),
    ("date", "'0000-00-00'", "VARCHAR", "0000-00-00"),  # the wire would hand over NULL
    ("date", "'2024-00-10'", "VARCHAR", "2024-00-10"),
    ("date", "'2024-02-30'", "VARCHAR", "2024-02-30"),
    ("datetime", "'0000-00-00 00:00:00'", "VARCHAR", "0000-00-00 00:00:00"),
    ("datetime(6)", "'2024-03-31 02:30:00.123456'", "TIMESTAMP", "2024-03-31 02:30:00.123456"),
    ("timestamp null", "'2024-07-01 12:00:00'", "TIMESTAMP WITH TIME ZONE", "2024-07-01 10:00:00+00"),
    ("timestamp null", "'0000-00-00 00:00:00'", "VARCHAR", "0000-00-00 00:00:00"),
    ("time", "'-838:59:59'", "VARCHAR", "-838:59:59"),
    ("year", "2024", "INTEGER", "2024"),
    ("json", """'{"b": 1,  "a":2}'""", "VARCHAR", '{"b": 1,  "a":2}'),
    ("enum('a','b')", "'b'", "VARCHAR", "b"),
    ("set('x','y')", "'x,y'", "VARCHAR", "x,y"),
    ("blob", "x'00ff10'", "BLOB", r"\x00\xFF\x10"),
    ("binary(4)", "x'0102'", "BLOB", r"\x01\x02\x00\x00"),
    ("varchar(20) character set latin1", "'é'", "VARCHAR", "é"),
    ("varchar(20) collate utf8mb4_bin", "'é😀'", "VARCHAR", "é😀"),
    ("varchar(10)", "' ab  '", "VARCHAR", " ab  "),
    ("char(6)", "'ab'", "VARCHAR", "ab"),
    ("varchar(20) character set greek", "'λ'", "VARCHAR", "λ"),
    ("varchar(20)", "''", "VARCHAR", ""),
    ("varchar(20)", "'NULL'", "VARCHAR", "NULL"),  # the word, and no NULL
    ("varchar(20)", r"'a\0\Zb\\0\\Z'", "VARCHAR", "a\0\x1ab\\0\\Z"),
    ("varchar(40)", r"""'it\'s, "so"\r\n\n\\\'\t\\'""", "VARCHAR", 'it\'s, "so"\r\n\n\\\'\t\\'),
    ("text", r"'a\0b'", "VARCHAR", "a\0b"),
    ("text", "''", "VARCHAR", ""),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "VARCHAR", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
]  # fmt: skip
SQLITE = [
    ("INTEGER", "9223372036854775807", "BIGINT", "9223372036854775807"),
    ("INTEGER", "-9223372036854775807 - 1", "BIGINT", "-9223372036854775808"),
    ("INTEGER", "'abc'", "VARCHAR", "abc"),  # a column may hold anything
    ("NUMERIC(10,2)", "0.99", "DECIMAL(10,2)", "0.99"),
    ("NUMERIC(10,2)", "7", "DECIMAL(10,2)", "7.00"),
    ("NUMERIC(10,2)", "0.1 + 0.2", "DOUBLE", "0.30000000000000004"),  # no multiple of a cent
    ("NUMERIC(4,2)", "123.45", "DOUBLE", "123.45"),  # does not fit its declaration
    ("DECIMAL(18,2)", "0.5", "DOUBLE", "0.5"),  # a double cannot promise 18 digits
    ("REAL", "0.1", "DOUBLE", "0.1"),
    ("TEXT", "''", "VARCHAR", ""),
    ("DATETIME", "'2009-01-01 00:00:00'", "VARCHAR", "2009-01-01 00:00:00"),
    ("BLOB", "x'00ff'", "BLOB", r"\x00\xFF"),
    ("", "1.5", "DOUBLE", "1.5"),
    ("BOOLEAN", "1", "BIGINT", "1"),
]  # fmt: skip


def _table_of(cases: list[tuple[str, str, str, str]], extra: str = "") -> tuple[str, str]:
    """One table with a column per case, and the insert of its one row."""
    columns = ", ".join(f"c{number} {declared}" for number, (declared, *_) in enumerate(cases))
    values = ", ".join(value for _, value, *_ in cases)
    return (
        f"create table odd (id integer primary key, {columns}){extra}",
        f"insert into odd values (1, {values})",
    )


def _read(url: str, folder) -> tuple[list[str], list[tuple]]:
    """The types of the columns, and both rows as text: the values, then a row of NULLs."""
    snapshot = extract(url, folder)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        snapshot.attach(connection)
        rows = connection.execute("select columns(*)::varchar from source.odd").fetchall()
    return [column.type for column in snapshot.table("odd").columns[1:]], rows


def _mariadb_run(url: str, *statements: str) -> None:
    parts = urlsplit(url)
    with (
        closing(
            pymysql.connect(
                host=parts.hostname or "",
                port=parts.port or 0,
                user=parts.username,
                password=unquote(parts.password or ""),
                database=parts.path[1:],
                charset="utf8mb4",
                autocommit=True,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)


def _expected(cases):
    return [case[2] for case in cases], ("1", *(case[3] for case in cases))


def test_postgresql_values_arrive_as_they_are(empty_postgres, tmp_path):
    url = empty_postgres()
    create, insert = _table_of(POSTGRESQL)
    with psycopg.connect(url) as connection:
        connection.execute("create domain amount as numeric(12,2)")
        connection.execute("create domain name_of_one as varchar(20)")
        connection.execute("create type mood as enum ('sad', 'ok')")
        connection.execute("create type pair as (a int, b text)")
        connection.execute(create)
        connection.execute(insert)
        connection.execute("insert into odd (id) values (2)")
    types, rows = _read(url, tmp_path / "s")
    assert (types, rows[0]) == _expected(POSTGRESQL)
    assert set(rows[1][1:]) == {None}


def test_mariadb_values_arrive_as_they_are(mariadb, tmp_path):
    url = mariadb()
    create, insert = _table_of(MARIADB)
    anything = "set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+02:00'"
    _mariadb_run(url, anything, create, insert, "insert into odd (id) values (2)")
    types, rows = _read(url, tmp_path / "s")
    assert (types, rows[0]) == _expected(MARIADB)
    assert set(rows[1][1:]) == {None}


def test_a_row_of_mariadb_larger_than_a_packet_arrives_whole(mariadb, tmp_path):
    """A packet of the protocol holds 16 MiB; a longer row goes on in the next."""
    url = mariadb()
    _mariadb_run(
        url,
        "create table odd (id int primary key, a longblob, b longblob, c int)",
        "insert into odd values (1, repeat('x', 9000000), repeat('y', 9000000), 1), (2, '', null, 2)",
    )
    snapshot = extract(url, tmp_path / "s")
    with duckdb.connect() as connection:
        snapshot.attach(connection)
        seen = connection.execute(
            "select id, octet_length(a), octet_length(b), sha256(b), c from source.odd"
        ).fetchall()
    assert seen == [
        (1, 9_000_000, 9_000_000, sha256(b"y" * 9_000_000).hexdigest(), 1),
        (2, 0, None, None, 2),
    ]


def test_sqlite_values_arrive_as_they_are(tmp_path):
    path = tmp_path / "legacy.db"
    create, insert = _table_of(SQLITE)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(create)
        connection.execute(insert)
        connection.execute("insert into odd (id) values (2)")
        connection.commit()
    types, rows = _read(str(path), tmp_path / "s")
    assert (types, rows[0]) == _expected(SQLITE)
    assert set(rows[1][1:]) == {None}


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        (["1", "2.5", "'x'"], "VARCHAR", ["1", "2.5", "x"]),
        (["1", "2.5"], "DOUBLE", ["1.0", "2.5"]),
        (["9007199254740993", "2.5"], "VARCHAR", ["9007199254740993", "2.5"]),
        (["0.1 + 0.2", "'x'"], "VARCHAR", ["0.30000000000000004", "x"]),
    ],
)
def test_a_column_of_sqlite_that_mixes_kinds_keeps_each_exactly(values, kind, texts, tmp_path):
    path = tmp_path / "legacy.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table odd (id integer primary key, v)")
        for value in values:
            connection.execute(f"insert into odd (v) values ({value})")
        connection.commit()
    types, rows = _read(str(path), tmp_path / "s")
    assert (types, [row[1] for row in rows]) == ([kind], texts)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x'00'", "blobs among other values"),
        ("cast(x'636166e9' as text)", "not UTF-8"),
    ],
)
def test_what_sqlite_cannot_tell_apart_is_refused_by_name(value, reason, tmp_path):
    path = tmp_path / "legacy.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table odd (id integer primary key, v text)")
        connection.execute(f"insert into odd (v) values ('x'), ({value})")
        connection.commit()
    with pytest.raises(UnreadableValue, match=rf"odd\.v .*{reason}"):
        extract(str(path), tmp_path / "s")


def test_text_of_a_latin1_postgresql_arrives_as_unicode(empty_postgres, postgres_url, tmp_path):
    """The client's encoding defaults to the server's; bytes of Latin-1 are no UTF-8."""
    url = empty_postgres()
    name = urlsplit(url).path[1:]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop database {name}")
        connection.execute(
            f"create database {name} encoding 'LATIN1' template template0 locale 'C'"
        )
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        connection.execute("create table odd (id integer primary key, v text)")
        connection.execute("insert into odd values (1, 'café')")
    assert _read(url, tmp_path / "s")[1] == [("1", "café")]


def test_rows_that_inherit_or_are_partitioned_come_once(empty_postgres, tmp_path):
    url = empty_postgres()
    with psycopg.connect(url) as connection:
        connection.execute(
            "create table base (id int primary key); create table child () inherits (base);"
            "insert into base values (1); insert into child values (2);"
            "create table cut (id int primary key) partition by range (id);"
            "create table cut_1 partition of cut for values from (1) to (10);"
            "insert into cut values (3)"
        )
    snapshot = extract(url, tmp_path / "s")
    assert {t.name: t.rows for t in snapshot.tables} == {"base": 1, "child": 1, "cut": 1}


def test_rows_hidden_by_row_level_security_are_an_error_not_an_absence(empty_postgres, tmp_path):
    url = empty_postgres()
    role = f"reader_of_{urlsplit(url).path[1:]}"
    with psycopg.connect(url) as connection:
        connection.execute(
            "create table t (id int primary key); insert into t values (1);"
            "alter table t enable row level security;"
            f"create role {role} login; grant select on t to {role}"
        )
    parts = urlsplit(url)
    reader = url.replace(parts.netloc, f"{role}@{parts.netloc.rpartition('@')[2]}")
    with pytest.raises(SourceDenied, match="row-level security"):
        extract(reader, tmp_path / "s")
