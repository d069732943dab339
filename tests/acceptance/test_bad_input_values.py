"""A value that cannot be what it says: its row is rejected by name, field, value and fix.

Proves the "unreadable date" and "amount in the wrong unit" of the first landing, on document 001's
schema.  Nothing is guessed, nothing else is lost, and the books after the repair are those of a
source that was never wrong.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.service.cli.command_line import CommandLine
from tests.support.content import content_hash

from trueup.cli import failures
from trueup.kernel.progress import SILENT
from trueup.migration.sample import service as sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresForTests

CUSTOMERS = 30
AMOUNTS = (
    "subtotal_cents", "discount_cents", "tax_amount_cents", "total_amount_cents", "paid_amount_cents",
)  # fmt: skip


def with_cents(written: str) -> str:
    return f"{int(written) // 100},{int(written) % 100:02}"


def in_micros(written: str) -> str:
    return str(int(written) * 10_000)


def a_hundredfold(written: str) -> str:
    return str(int(written) * 100)


SAME = object()


@dataclass(frozen=True)
class Spoilt:
    """What one row of the source has wrong, and what is said of it."""

    table: str
    row: int  # among those that can be spoilt so
    columns: tuple[str, ...]
    value: object  # the text itself, or a function of what was written
    reason: str
    field: str
    said: object = SAME  # or a function of what was written


SPOILT = (
    Spoilt("legacy_invoices", 0, ("issued_date",), "2024-02-30 10:00:00", "unreadable_value", "issued_at"),
    Spoilt("legacy_invoices", 1, ("due_date",), "31.12.2024", "unreadable_value", "due_at"),
    Spoilt("legacy_payments", 0, ("created_date",), "yesterday", "unreadable_value", "occurred_at"),
    # Euros where cents are meant: the comma gives it away.
    Spoilt("legacy_invoices", 2, ("total_amount_cents",), with_cents, "unreadable_value", "total_micros"),
    Spoilt("legacy_payments", 1, ("amount_cents",), "10.555", "not_whole_steps", "amount_micros", "105550"),
    # The header in another unit than the lines: they do not add up any more.
    Spoilt("legacy_invoices", 3, AMOUNTS, a_hundredfold, "lines_do_not_add_up", "line_items", None),
    # One number of the header in another unit than the others.
    Spoilt("legacy_invoices", 4, ("total_amount_cents",), a_hundredfold, "total_does_not_add_up", "total_micros", in_micros),
)  # fmt: skip


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def write(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def is_plain(row: dict[str, str]) -> bool:
    """A paid invoice or payment of more than nothing, in a currency of two decimals."""
    amount = row.get("total_amount_cents") or row.get("amount_cents") or "0"
    return (
        row["currency"] in {"USD", "EUR"}
        and int(amount) > 0
        and row["status"] in {"paid", "succeeded"}
    )


def spoil(books: Path) -> dict[str, tuple[str, str]]:
    """Source key and wrong text of each of SPOILT, by what is wrong."""
    spoilt = {}
    for table in {each.table for each in SPOILT}:
        rows = rows_of(books / f"{table}.csv")
        plain = [row for row in rows if is_plain(row)]
        for each in SPOILT:
            if each.table == table:
                row = plain[each.row * 3]
                for column in each.columns:
                    row[column] = (
                        each.value(row[column]) if callable(each.value) else str(each.value)
                    )
                spoilt[each.table, each.row] = (row["id"], row[each.columns[-1]])
        write(books / f"{table}.csv", rows)
    return spoilt


@dataclass(frozen=True)
class Loaded:
    trueup: CommandLine
    books: Path
    good: Path
    spoilt: dict[tuple[str, int], tuple[str, str]]
    work: Path


@pytest.fixture(scope="module")
def loaded(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Books with every kind of wrong value, assessed and loaded."""
    folder = tmp_path_factory.mktemp("values")
    good, books, work = folder / "good", folder / "books", folder / "work"
    sample.make_legacy(str(good), customers=CUSTOMERS, dirt=(), seed=3, progress=SILENT)
    shutil.copytree(good, books)
    spoilt = spoil(books)
    url = postgres.clone()
    trueup = CommandLine(folder / "home", url)
    assert trueup("extract", books, "--work", work).status == 0
    ended = trueup("load", "--pack", "legacy-001", "--work", work)
    assert ended.status == 0, ended.err
    yield Loaded(trueup, books, good, spoilt, work)
    postgres.drop(url)


@pytest.mark.parametrize("wrong", SPOILT, ids=lambda each: f"{each.table}-{each.row}")
def test_a_row_with_a_wrong_value_is_rejected_by_name(loaded: Loaded, wrong: Spoilt) -> None:
    key, value = loaded.spoilt[wrong.table, wrong.row]
    with psycopg.connect(str(loaded.trueup.url)) as connection:
        rows = connection.execute(
            "select bucket, reason, field, value, fix from migration.set_aside"
            " where source_key = %s and entity = %s",
            [key, "invoice" if wrong.table == "legacy_invoices" else "payment"],
        ).fetchall()
    ((bucket, reason, field, written, fix),) = rows
    assert (bucket, reason, field) == ("rejected", wrong.reason, wrong.field)
    said = (
        value if wrong.said is SAME else wrong.said(value) if callable(wrong.said) else wrong.said
    )
    assert written == said
    assert fix


def test_an_invoice_wholly_in_the_wrong_unit_is_loaded_as_written_and_found(
    loaded: Loaded, tmp_path: Path
) -> None:
    """Nothing in the row tells euros from cents; against its currency's others it stands out."""
    rows = rows_of(loaded.good / "legacy_invoices.csv")
    ordinary = next(row for row in rows if is_plain(row))
    lines = json.loads(ordinary["line_items_json"])
    for line in lines:
        for column in ("unit_price_cents", "amount_cents", "tax_cents"):
            line[column] = int(float(line[column]) * 1_000_000)
    ordinary["line_items_json"] = json.dumps(lines)
    for column in AMOUNTS:
        ordinary[column] = str(int(ordinary[column]) * 1_000_000)
    books = shutil.copytree(loaded.good, tmp_path / "books")
    write(books / "legacy_invoices.csv", rows)
    assert loaded.trueup("extract", books, "--work", tmp_path / "work").status == 0
    ended = loaded.trueup("assess", "--pack", "legacy-001", "--work", tmp_path / "work", "--json")
    found = json.loads(ended.out)["findings"]
    unusual = [each for each in found if "far above what is usual" in each["title"]]
    assert [each for each in unusual if each["table"] == "legacy_invoices"], found


def test_the_repaired_source_is_loaded_after_the_first_load_is_removed(
    loaded: Loaded, postgres: PostgresForTests, tmp_path: Path
) -> None:
    """Books of another snapshot are refused beside the first ones; in their place they are whole."""
    name = str(loaded.trueup.url).rpartition("@/")[2].partition("?")[0]
    trueup, work = CommandLine(tmp_path, postgres.create(template=name)), tmp_path / "work"
    load = ("load", "--pack", "legacy-001", "--work", work)
    assert trueup("extract", loaded.good, "--work", work).status == 0
    refused = trueup(*load)
    assert refused.status == failures.REFUSED
    assert "error load_differs " in refused.err
    assert trueup("unload", "--name", "legacy-001", "--yes").status == 0
    assert trueup(*load).status == 0
    fresh = CommandLine(tmp_path, postgres.clone())
    assert fresh(*load).status == 0
    assert content_hash(str(trueup.url)) == content_hash(str(fresh.url))
