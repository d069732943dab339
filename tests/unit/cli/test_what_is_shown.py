"""What a person sees: errors with their fix and status, tables that lose nothing on the way."""

from __future__ import annotations

import errno
import io

import pytest
import typer
from rich.console import Console

from trueup.cli import failures
from trueup.cli.errors import CHECK_RIGHTS, MAKE_ROOM, FileUnusable
from trueup.cli.options import one_character
from trueup.cli.progress import BarProgress
from trueup.cli.tables.assessment import findings_table
from trueup.cli.tables.comparison import comparison_tables
from trueup.kernel.currency import currency
from trueup.kernel.errors import Defect, Fault, Refusal, TrueupError
from trueup.kernel.money import Money
from trueup.migration.assessment.model import Assessment, Finding, Severity
from trueup.migration.reconciliation.compare.model import Break, BreakType, Comparison, Difference

NARROW = 80


@pytest.mark.parametrize(
    ("error", "status", "lines"),
    [
        (Refusal("No.", fix="Ask."), 3,
         ["error refused  No.", "fix    Ask."]),
        (Fault("Gone.", can_retry=True), 4,
         ["error fault  Gone.", f"       {failures.RUN_AGAIN}"]),
        (Fault("Gone.", fix="Fetch it."), 4,
         ["error fault  Gone.", "fix    Fetch it."]),
        (Defect("Never.", rows=3), 5,
         ["error defect  Never.", "       Never. (rows=3)", f"       {failures.REPORT_IT}"]),
        (Defect("Never."), 5,
         ["error defect  Never.", f"       {failures.REPORT_IT}"]),
        # What a message quotes is no markup, and no line is broken in its middle.
        (Refusal("The table [bold]x[/b] is odd: " + "x" * 200, fix="[/]"), 3,
         ["error refused  The table [bold]x[/b] is odd: " + "x" * 200, "fix    [/]"]),
    ],
)  # fmt: skip
def test_an_error_is_told_in_the_words_and_the_status_of_its_family(
    error: TrueupError, status: int, lines: list[str]
) -> None:
    console = Console(file=io.StringIO(), width=NARROW)
    assert failures.show(console, error) == status
    assert console.file.getvalue().splitlines() == lines


def test_what_nobody_expected_is_a_defect_with_its_traceback() -> None:
    console = Console(file=io.StringIO(), width=NARROW)
    try:
        raise KeyError("[nobody]")  # noqa: TRY301  a traceback needs a raise
    except KeyError as error:
        status = failures.show_unexpected(console, error)
    said = console.file.getvalue()
    assert status == failures.BROKEN
    assert said.startswith("Traceback")
    assert "error unexpected  KeyError('[nobody]')" in said
    assert failures.REPORT_IT in said


@pytest.mark.parametrize(
    ("error", "sentence", "fix"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/w/x"), "/w/x cannot be used: No space left on device.", MAKE_ROOM),
        (OSError(errno.ENOSPC, "No space left on device"), "a file cannot be used: No space left on device.", MAKE_ROOM),
        (OSError(errno.EACCES, "Permission denied", "/w"), "/w cannot be used: Permission denied.", CHECK_RIGHTS),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/w"), "/w cannot be used: Is a directory.", CHECK_RIGHTS),
    ],
)  # fmt: skip
def test_trouble_with_a_file_names_the_file_and_what_to_do(
    error: OSError, sentence: str, fix: str
) -> None:
    unusable = FileUnusable(error)
    assert (unusable.sentence, unusable.fix, unusable.can_retry) == (sentence, fix, True)


@pytest.mark.parametrize(("typed", "read"), [(";", ";"), (r"\t", "\t"), ("\t", "\t"), ("§", "§")])
def test_a_delimiter_is_one_character(typed: str, read: str) -> None:
    assert one_character(typed) == read


@pytest.mark.parametrize("typed", ["", ";;", r"\n"])
def test_a_delimiter_is_not_several(typed: str) -> None:
    with pytest.raises(typer.BadParameter):
        one_character(typed)


# --- progress -----------------------------------------------------------------------------------


def count(console: Console) -> str:
    with BarProgress(console) as progress:
        progress.begin("extract [/b]", 1_200)
        progress.advance(1_000)
        progress.advance(200)
        progress.end()
        progress.begin("settle the books", None)
        progress.end()
        progress.begin("reconcile", 27, unit="questions")
        progress.advance(27)
        progress.end()
    return console.file.getvalue()


def test_progress_is_lines_in_a_file() -> None:
    console = Console(file=io.StringIO(), width=NARROW)
    assert (
        count(console)
        == "  extract [/b]: 1,200 rows done\n  settle the books: done\n  reconcile: 27 questions done\n"
    )


def test_one_of_a_thing_is_told_as_one() -> None:
    console = Console(file=io.StringIO(), width=NARROW)
    with BarProgress(console) as progress:
        progress.begin("bill run", 1, unit="subscriptions")
        progress.advance(1)
        progress.end()
    assert console.file.getvalue() == "  bill run: 1 subscription done\n"


def test_progress_is_bars_on_a_terminal_and_they_stay() -> None:
    console = Console(file=io.StringIO(), width=NARROW, force_terminal=True)
    last = count(console).rpartition("extract [/b]")[2]
    for told in ("1200/1200", "rows", "27/27", "questions"):
        assert told in last
    assert "settle the books" in last
    assert "done" not in last


# --- tables -------------------------------------------------------------------------------------


def shown(*renderables: object) -> str:
    console = Console(file=io.StringIO(), width=NARROW)
    console.print(*renderables)
    return console.file.getvalue()


def finding(**changes: object) -> Finding:
    plain = {
        "code": "orphans", "severity": Severity.SETS_ASIDE, "table": "legacy_invoices", "columns": ("customer_id",),
        "count": 3, "examples": (), "at_risk": (), "rows_without_currency": 0,
        "title": "Rows of nobody", "effect": "", "action": "",
    }  # fmt: skip
    return Finding(**(plain | changes))  # type: ignore[arg-type]  columns of a table of cases


def assessment(*findings: Finding) -> Assessment:
    return Assessment("hash", "sqlite", "legacy.db", "", "", "", (), (), findings, ())


def test_findings_keep_every_column_on_a_narrow_terminal() -> None:
    """Amounts in many currencies once took the width of everything else."""
    amounts = tuple(
        Money(12_345_678_900_000, currency(code)) for code in ("EUR", "GBP", "KWD", "USD")
    )
    said = shown(findings_table(assessment(finding(at_risk=amounts))))
    for words in ("sets rows", "aside", "s.customer_id", "Rows of nobody", " 3 "):
        assert words in said
    for amount in amounts:
        assert str(amount) in said


def test_findings_quote_what_looks_like_markup() -> None:
    odd = finding(table="[red]t", columns=("[/b]",), title="[link=x]")
    said = shown(findings_table(assessment(odd)))
    assert "[red]t.[/b]" in said
    assert "[link=x]" in said


def test_no_findings_are_said_in_a_sentence() -> None:
    assert findings_table(assessment()) == "Nothing was found that a load would trip over."


def test_differences_quote_what_looks_like_markup() -> None:
    differs = Difference("name", "[/b]", "[bold]")
    found = Comparison(
        left_rows=1,
        right_rows=1,
        counts={BreakType.MISMATCH: 1},
        field_mismatches={"name": 1},
        breaks=(Break(BreakType.MISMATCH, ("[/]",), {}, {}, (differs,), 1, 1),),
        buckets=1,
        buckets_differing=1,
        rows_fetched=2,
    )
    said = shown(*comparison_tables(found))
    for words in ("[/b]", "[bold]", "[/]"):
        assert words in said
