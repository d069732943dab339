from __future__ import annotations

import duckdb
import pytest

from trueup.migration.sources.errors import (
    CsvDelimiter,
    CsvEmpty,
    CsvHeader,
    CsvRagged,
    CsvRefused,
    CsvTruncated,
    CsvUndecodable,
    UnknownSource,
)
from trueup.migration.sources.model import CsvOptions, SourceConfig, TableFilter
from trueup.migration.sources.service import extract


def rows(content: bytes, tmp_path, **options) -> tuple[list[str], list[tuple]]:
    """Column names and rows of one CSV file that holds `content`."""
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "customer.csv").write_bytes(content)
    config = SourceConfig(str(folder), csv=CsvOptions(**options))
    snapshot = extract(config, tmp_path / "s")
    with duckdb.connect() as connection:
        snapshot.attach(connection)
        found = connection.execute("from source.customer").fetchall()
    assert {c.type for c in snapshot.table("customer").columns} == {"VARCHAR"}
    return [column.name for column in snapshot.table("customer").columns], found


@pytest.mark.parametrize(
    ("content", "names", "found"),
    [
        (b"id,name\n1,Ada\n", ["id", "name"], [("1", "Ada")]),
        (b"id,name\n1,Ada", ["id", "name"], [("1", "Ada")]),  # no newline at the end
        (b"id,name\r\n1,Ada\r\n\r\n", ["id", "name"], [("1", "Ada")]),  # Windows, a blank line
        (b"id;name\n1;Ada, Countess\n", ["id", "name"], [("1", "Ada, Countess")]),
        (b"id\tname\n1\tAda\n", ["id", "name"], [("1", "Ada")]),
        (b"id|name\n1|Ada\n", ["id", "name"], [("1", "Ada")]),
        (b"a;b\n1,5;2,5\n", ["a", "b"], [("1,5", "2,5")]),  # decimal commas
        (b"\xef\xbb\xbfid,name\n1,Ada\n", ["id", "name"], [("1", "Ada")]),  # byte order mark
        ("id,name\n1,Łódź\n".encode("utf-16"), ["id", "name"], [("1", "Łódź")]),
        (b'id,name\n1,""\n2,\n', ["id", "name"], [("1", ""), ("2", None)]),  # empty is not absent
        (b'id,name\n1,"a ""b"", c\nd"\n', ["id", "name"], [("1", 'a "b", c\nd')]),
        (b'id,name\n1,5" disk\n', ["id", "name"], [("1", '5" disk')]),  # a stray quote
        (b"id,name\n 1 , Ada \n", ["id", "name"], [(" 1 ", " Ada ")]),  # nothing is trimmed
        (b"id,name\n1,NaN\n", ["id", "name"], [("1", "NaN")]),
        (b"id,name\n1,a\0b\n", ["id", "name"], [("1", "a\0b")]),
        (b"id,name\n", ["id", "name"], []),
        (b"id,name", ["id", "name"], []),
        (b'"id","the name"\n007,Bond\n', ["id", "the name"], [("007", "Bond")]),
    ],
)
def test_csv_text_arrives_as_it_stands(content, names, found, tmp_path):
    assert rows(content, tmp_path) == (names, found)


def test_options_say_what_cannot_be_seen(tmp_path):
    content = "1~'Zoë ~ Co'~\\N\n".encode("cp1252")
    options = {
        "delimiter": "~",
        "quote": "'",
        "encoding": "cp1252",
        "has_header": False,
        "null_marker": "\\N",
    }
    names = ["column_1", "column_2", "column_3"]
    assert rows(content, tmp_path, **options) == (names, [("1", "Zoë ~ Co", None)])


def test_a_single_column_is_taken_when_the_delimiter_is_given(tmp_path):
    assert rows(b"name\nAda\n\nBob\n", tmp_path, delimiter=",")[1] == [("Ada",), (None,), ("Bob",)]


@pytest.mark.parametrize(
    ("content", "options", "refusal", "line", "reason"),
    [
        (b"", {}, CsvEmpty, 0, "empty"),
        (b"\n \n", {}, CsvEmpty, 0, "empty"),
        (b"id,name\n1,caf\xe9\n", {}, CsvUndecodable, 2, r"byte 13 \(0xe9\) is not utf-8"),
        (b"id,name\n1,caf\xc3", {}, CsvUndecodable, 2, r"byte 13 \(0xc3\)"),
        (b"id,name\n1,x\n", {"encoding": "klingon"}, CsvUndecodable, 0, "no known encoding"),
        (b"name\nAda\n", {}, CsvDelimiter, 1, "single column"),
        (b"id;name\n1;Ada\n", {"delimiter": ","}, CsvDelimiter, 1, "leaves a single column"),
        (b"1,Ada\n2,Bob\n", {}, CsvHeader, 1, "looks like data"),
        (b"id,\n1,Ada\n", {}, CsvHeader, 1, "looks like data"),
        (b"id,\n1,Ada\n", {"has_header": True}, CsvHeader, 1, "no name"),
        (b"id,name,ID\n1,Ada,2\n", {}, CsvHeader, 1, "twice: id, ID"),
        (b"id,name\n1,Ada\n2\n3,Eve\n", {}, CsvRagged, 3, "1 values where the header has 2"),
        (b"id,name\n1,Ada,x\n", {}, CsvRagged, 2, "3 values where the header has 2"),
        (b'id,name\n1,"a\nb"\n2\n3,x\n', {}, CsvRagged, 4, "1 values"),  # lines, not rows
        (b"id,name\n1,Ada\n2", {}, CsvTruncated, 3, "breaks off"),
        (b'id,name\n1,Ada\n2,"Bo\nb', {}, CsvTruncated, 3, "never closed"),
    ],
)
def test_a_bad_csv_is_one_refusal_that_names_file_line_and_fix(
    content, options, refusal, line, reason, tmp_path
):
    with pytest.raises(refusal, match=reason) as raised:
        rows(content, tmp_path, **options)
    assert raised.value.fields["line"] == line
    assert raised.value.fields["file"].endswith("customer.csv")
    assert raised.value.fix
    assert not (tmp_path / "s").exists()


def test_a_ragged_row_far_into_a_file_is_found(tmp_path):
    lines = [b"id,name", *(b"%d,name" % number for number in range(200_000)), b"oops", b"1,x", b""]
    with pytest.raises(CsvRagged) as raised:
        rows(b"\n".join(lines), tmp_path)
    assert raised.value.fields["line"] == 200_002


def test_an_undecodable_byte_far_into_a_file_is_found(tmp_path):
    """Two bytes of one character straddle the border between two reads."""
    body = b"id,name\n" + b"1,\xc3\xa9\n" * 300_000 + b"2,\xff\n"
    with pytest.raises(CsvUndecodable) as raised:
        rows(body, tmp_path)
    assert (raised.value.fields["line"], "byte 1500010" in str(raised.value)) == (300_002, True)


def test_a_row_longer_than_a_block_is_refused_by_name(tmp_path):
    with pytest.raises(CsvRefused, match=r"customer\.csv"):
        rows(b"id,name\n1," + b"x" * (20 << 20) + b"\n", tmp_path)


def test_a_broken_file_that_is_excluded_harms_nobody(tmp_path):
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "good.csv").write_text("id,name\n1,Ada\n")
    (folder / "bad.csv").write_bytes(b"\xff\xff")
    wanted = TableFilter(exclude=("bad",))
    assert extract(str(folder), tmp_path / "s", tables=wanted).table("good").rows == 1


def test_a_folder_of_both_kinds_needs_to_be_told_which(tmp_path):
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "a.csv").write_text("id,name\n1,Ada\n")
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as id) to '{folder}/b.parquet'")
    with pytest.raises(UnknownSource, match="CSV and Parquet"):
        extract(str(folder), tmp_path / "s")
    assert [t.name for t in extract(f"csv:{folder}", tmp_path / "c").tables] == ["a"]
    assert [t.name for t in extract(f"parquet:{folder}", tmp_path / "p").tables] == ["b"]


def test_other_options_do_not_take_up_a_killed_extract(tmp_path):
    """The same bytes read another way are other rows."""
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "a.csv").write_text("id,name\n1,NULL\n")
    first = extract(str(folder), tmp_path / "one").source.position
    other = SourceConfig(str(folder), csv=CsvOptions(null_marker="NULL"))
    assert extract(other, tmp_path / "two").source.position != first
