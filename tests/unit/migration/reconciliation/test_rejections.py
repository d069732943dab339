"""How much may be rejected: rows by entity, money by entity and currency, nothing in between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from trueup.migration.reconciliation.budget import Budget, Limit
from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.model import Rejections, Verdict
from trueup.migration.reconciliation.pack import CheckPack, Declared
from trueup.migration.reconciliation.reading import SourceReading
from trueup.migration.reconciliation.rejections import judge_rejections
from trueup.migration.sources.model import Names
from trueup.migration.sources.snapshot import write_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

EUR, USD = 10_000, 20_000_000_000
FIELDS = dict.fromkeys(ENTITIES["credit"].fields, "null")


def judged(folder: Path, rows: Sequence[tuple[str, int]], *aside: int, budget: Budget):
    """Credits of these currencies and micros; those at the positions `aside` were rejected."""
    pack = CheckPack(
        path=Path("nowhere"),
        time_zone="UTC",
        names=Names.AS_WRITTEN,
        assumptions={},
        entities={"credit": Declared("credit", "s_credit", None)},
        maps=(),
        tables=frozenset({"s_credit"}),
        macros=None,
        budget=budget,
    )
    table = pa.table(
        {"currency": [code for code, _ in rows], "micros": [micros for _, micros in rows]}
    )
    fields = FIELDS | {"currency": "currency", "remaining_micros": "micros"}
    named = ", ".join(f"{sql} as {name}" for name, sql in fields.items())
    check = f"select row_number::varchar as source_key, row_number, {named} from source.s_credit"
    snapshot = write_snapshot(folder / "snapshot", {"s_credit": table})
    with SourceReading.open(snapshot, pack) as reading:
        reading.add_aside([("credit", number, None, "rejected", "because") for number in aside])
        reading.accept()
        reading.read(ENTITIES["credit"], check)
        found = judge_rejections(reading, ENTITIES["credit"])
    assert found is not None
    return found


HUNDRED = [("EUR", EUR)] * 100
LIMIT = Budget(Limit(rows_bp=100, money_bp=100))


@pytest.mark.parametrize(
    ("rows", "aside", "over"),
    [
        (HUNDRED, (), []),
        (HUNDRED, (7,), []),  # exactly one per cent of both is within
        (HUNDRED, (7, 8), ["rows", "EUR"]),
        # One row of many, and most of the money.
        ([*HUNDRED, ("EUR", 100 * EUR)], (100,), ["EUR"]),
        # A cent of a small currency is not lost among the millions of a large one.
        ([*HUNDRED, *[("USD", USD)] * 100, ("KWD", EUR)], (200,), ["KWD"]),
        # What customers owe and are owed does not cancel.
        ([*HUNDRED, *[("EUR", 0)] * 300, ("EUR", 9 * EUR), ("EUR", -9 * EUR)], (400, 401), ["EUR"]),
        # No money is in no currency: rows alone are judged.
        ([*HUNDRED, *[("BTC", 5)] * 2], (100, 101), ["rows"]),
        # Everything is rejected, and conserved.
        ([("EUR", EUR), ("JPY", 0)], (0, 1), ["rows", "EUR"]),
    ],
)
def test_a_budget_is_kept_in_rows_and_in_each_currency(
    tmp_path: Path, rows, aside, over: list[str]
) -> None:
    check, found = judged(tmp_path, rows, *aside, budget=LIMIT)
    assert [each.currency or "rows" for each in found if not each.is_within] == over
    assert (check.name, check.subject) == ("rejection_budget", "credit")
    assert check.verdict is (Verdict.FAIL if over else Verdict.PASS)
    assert [each.source_key for each in check.samples] == over
    assert check.breaks == len(over)


def test_a_stated_limit_comes_with_its_reason_and_owner(tmp_path: Path) -> None:
    own = Limit(rows_bp=5_000, money_bp=5_000, reason="a test", owner="finance")
    rows = [("EUR", EUR), ("EUR", EUR)]
    check, found = judged(tmp_path, rows, 0, budget=Budget(own={"credit": own}))
    assert check.verdict is Verdict.PASS
    assert found == (
        Rejections("credit", None, 1, 2, 5_000, "a test", "finance"),
        Rejections("credit", "EUR", EUR, 2 * EUR, 5_000, "a test", "finance"),
    )


@pytest.mark.parametrize(
    ("rejected", "whole", "share_bp", "is_within"),
    [
        (0, 9, 0, True),
        (1, 100, 100, True),
        (1_000_001, 100_000_000, 101, False),  # the least above the limit shows
        (1, 10**9, 1, True),  # anything above nothing shows
        (1, 1, 10_000, False),
    ],
)
def test_a_share_is_rounded_up_so_that_it_shows_what_it_is_judged_by(
    rejected: int, whole: int, share_bp: int, *, is_within: bool
) -> None:
    found = Rejections("credit", "EUR", rejected, whole, 100, "", "")
    assert (found.share_bp, found.is_within) == (share_bp, is_within)
