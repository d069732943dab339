"""What programs are told: one form for money, instants and numbers, whichever command it is."""

from __future__ import annotations

import io
import json
from collections import namedtuple
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from trueup.cli import failures
from trueup.cli.telling import as_json, listing, totals
from trueup.kernel.errors import Defect, Fault, Refusal

Row = namedtuple("Row", ["name", "currency", "total_micros", "paid_micros"])  # noqa: PYI024  as a driver's row


def read(value):
    return json.loads(as_json(value))


@pytest.mark.parametrize(
    ("micros", "currency", "amount"),
    [
        (12_500_000, "EUR", "12.50"),
        (1_234_567_500_000, "EUR", "1234567.50"),  # no grouping
        (-1, "EUR", "-0.000001"),  # below the cent: exact
        (12_000_000, "JPY", "12"),
        (1_250_000, "KWD", "1.250"),
        (0, "EUR", "0.00"),
    ],
)
def test_money_is_a_decimal_text_with_its_currency(micros, currency, amount):
    told = read({"currency": currency, "total_micros": micros})
    assert told == {"currency": currency, "total": {"amount": amount, "currency": currency}}


def test_rows_are_told_by_their_columns_and_the_unknown_is_null():
    (known,) = read([Row("Ann", "EUR", 1_000_000, None)])
    total = {"amount": "1.00", "currency": "EUR"}
    assert known == {"name": "Ann", "currency": "EUR", "total": total, "paid": None}


def test_amounts_within_are_in_the_currency_of_what_they_are_in():
    told = read({"currency": "EUR", "lines": [{"amount_micros": 5}, {"currency": "JPY", "amount_micros": 1_000_000}]})  # fmt: skip
    assert [line["amount"]["currency"] for line in told["lines"]] == ["EUR", "JPY"]


def test_an_amount_of_no_currency_is_never_told():
    with pytest.raises(Defect, match="with its currency"):
        as_json({"total_micros": 5})


def test_instants_have_an_offset_and_numbers_are_text():
    key = UUID(int=1)
    told = read({"at": datetime(2026, 6, 1, tzinfo=UTC), "on": date(2026, 6, 1), "many": Decimal("25.000000"), "id": key, "file": Path("a"), "count": 3, "is": True})  # fmt: skip
    assert told == {"at": "2026-06-01T00:00:00+00:00", "on": "2026-06-01", "many": "25", "id": str(key), "file": "a", "count": 3, "is": True}  # fmt: skip


def test_sums_are_a_list_by_currency():
    assert [each["total"]["amount"] for each in read(totals({"JPY": 1_000_000, "EUR": 1}))] == [
        "0.000001",
        "1",
    ]


@pytest.mark.parametrize(
    ("error", "status"), [(Refusal("No.", fix="Ask.", name="x"), 3), (Fault("Gone."), 4), (Defect("Never."), 5)]
)  # fmt: skip
def test_an_error_is_told_to_programs_with_the_same_status(error, status):
    console = Console(file=io.StringIO(), width=20)
    assert failures.show(console, error, json=True) == status
    told = json.loads(console.file.getvalue())["error"]
    assert (told["code"], told["sentence"], told["fields"]) == (error.code, error.sentence, error.fields)  # fmt: skip


def test_an_empty_list_is_said_and_data_is_no_markup():
    console = Console(file=io.StringIO(), width=80)
    console.print(listing(("name",), [], empty="There is nothing."))
    console.print(listing(("name", "id"), [("[/b]", UUID(int=1))], empty=""))
    said = console.file.getvalue()
    assert "There is nothing." in said
    assert "[/b]" in said
    assert str(UUID(int=1)) in said
