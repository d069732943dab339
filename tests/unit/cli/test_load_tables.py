from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

from rich.console import Console

from trueup.cli.tables.load import aside_table, rejected_line
from trueup.migration.backfill.model import EntityTotal, Load, LoadResult, ReasonTotal

LOAD = Load(UUID(int=1), "shop", "s", "m", datetime(2026, 6, 1, tzinfo=UTC), None)
UNKNOWN = ReasonTotal(
    "customer", "rejected", "unknown_value", "status", 7043, "map it [to one] of the values"
)
GONE = ReasonTotal("invoice", "excluded", "nothing_charged_yet", None, 11, None)


def _result(*reasons: ReasonTotal, rejected: int = 0) -> LoadResult:
    totals = (EntityTotal("customer", loaded=0, merged=0, excluded=0, rejected=rejected),)
    return LoadResult(LOAD, totals, reasons, was_finished=False)


def _printed(what: object) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(what)
    return console.export_text()


def test_a_load_says_why_rows_are_set_aside_and_what_to_do():
    lines = _printed(aside_table(_result(UNKNOWN, GONE))).splitlines()
    (told,) = (line for line in lines if "unknown value" in line)
    assert " ".join(told.split()) == (
        "customer rejected unknown value status 7,043 map it [to one] of the values"
    )
    assert any("nothing charged yet" in line and " 11 " in line for line in lines)


def test_nothing_set_aside_is_nothing_to_show():
    assert aside_table(_result()) == ""
    assert rejected_line(_result()) == "No row was rejected."


def test_books_that_tie_out_without_their_rejected_rows_say_so():
    """Rejected rows are accounted for, so the checks pass even if every row is one."""
    assert "7,043 rows were rejected" in rejected_line(_result(UNKNOWN, rejected=7043))
