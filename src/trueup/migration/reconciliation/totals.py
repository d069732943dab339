"""Control totals: what each side adds up for itself, compared customer by customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.migration.reconciliation.compare import compare
from trueup.migration.reconciliation.compare.model import Side
from trueup.migration.reconciliation.effects import Effects
from trueup.migration.reconciliation.model import Break, BreakType, Check, ControlTotal, Verdict
from trueup.migration.reconciliation.reading import SAMPLES_MAX, R

if TYPE_CHECKING:
    from trueup.migration.reconciliation.compare.model import Break as RowBreak
    from trueup.migration.reconciliation.reading import SourceReading
    from trueup.migration.reconciliation.target import Target


def compare_measure(
    reading: SourceReading, target: Target, measure: str, sql: str
) -> tuple[Check, tuple[ControlTotal, ...]]:
    """One measure by customer and currency: gross and net differences, no sum across currencies."""
    ours = reading.control(measure, sql)
    effects = Effects()
    samples: list[Break] = []
    customers: dict[str, int] = {}

    def visit(found: RowBreak) -> None:
        each = _total_break(measure, found)
        effects.add_break(each)
        code = each.currency or ""
        customers[code] = customers.get(code, 0) + 1
        if len(samples) < SAMPLES_MAX:
            samples.append(each)

    result = compare(
        Side(reading.connection, ours),
        Side(target.connection, target.measured(measure)),
        key=("customer_key", "currency", "part"),
        samples_max=0,
        visit=visit,
    )
    left = {str(code): int(micros) for code, micros in reading.rows(R.totals, measured=ours)}
    right = target.totals(measure)
    totals = tuple(
        ControlTotal(
            measure,
            code,
            left.get(code, 0),
            right.get(code, 0),
            customers.get(code, 0),
            effects.of(code),
        )
        for code in sorted({*left, *right})
    )
    check = Check(
        name="control_total",
        subject=measure,
        verdict=Verdict.PASS if result.is_equal else Verdict.FAIL,
        breaks=sum(result.counts.values()),
        samples=tuple(samples),
        effects=effects.all(),
        source=result.left_rows,
        target=result.right_rows,
    )
    return check, totals


def compare_next_bills(reading: SourceReading, target: Target, sql: str) -> Check:
    """The next bill's date and amount of each subscription: the future, not only the past (M36)."""
    effects = Effects()
    samples: list[Break] = []

    def visit(found: RowBreak) -> None:
        each = _next_bill_break(found)
        effects.add_break(each)
        if len(samples) < SAMPLES_MAX:
            samples.append(each)

    result = compare(
        Side(reading.connection, reading.next_bill(sql)),
        Side(target.connection, target.measured("next_bill")),
        key=("source_key",),
        samples_max=0,
        visit=visit,
    )
    return Check(
        name="next_bill",
        subject="subscription",
        verdict=Verdict.PASS if result.is_equal else Verdict.FAIL,
        breaks=sum(result.counts.values()),
        samples=tuple(samples),
        effects=effects.all(),
        source=result.left_rows,
        target=result.right_rows,
    )


def _total_break(measure: str, found: RowBreak) -> Break:
    customer, currency, part = found.key
    left, right = found.left.get("amount_micros"), found.right.get("amount_micros")
    return Break(
        BreakType.CONTROL_TOTAL,
        measure,
        customer or "",
        part or None,
        left,
        right,
        int(right or 0) - int(left or 0),
        currency,
    )


def _next_bill_break(found: RowBreak) -> Break:
    """The fields that differ, or the whole bill where only one side has one."""
    row = found.left or found.right
    left, right = found.left.get("amount_micros"), found.right.get("amount_micros")
    names = [each.field for each in found.differences] or ["next_bill_at", "amount_micros"]
    return Break(
        BreakType.NEXT_BILL,
        "subscription",
        found.key[0] or "",
        ", ".join(names),
        _joined(found.left, names),
        _joined(found.right, names),
        int(right or 0) - int(left or 0),
        row.get("currency"),
    )


def _joined(row: object, names: list[str]) -> str | None:
    if not isinstance(row, dict) or not row:
        return None
    return ", ".join(str(row.get(name)) for name in names)
