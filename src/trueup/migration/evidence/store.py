"""What the report reads beside the reconciliation: reasons, the trial balance, months billed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.kernel.currency import CURRENCIES, currency
from trueup.kernel.money import Money
from trueup.ledger.service import trial_balance
from trueup.migration.evidence.model import BilledMonth, SetAsideGroup, TrialBalanceLine
from trueup.migration.evidence.translation import has_sums, money_of
from trueup.migration.reconciliation.comparable import ENTITIES
from trueup.migration.reconciliation.pack import open_checks
from trueup.migration.reconciliation.reading import SourceReading

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from trueup.db import Row, Tx
    from trueup.migration.sources.snapshot import Snapshot

Q = load_queries(__package__)
S = load_queries(__package__, "reading.sql")
ASIDE_BATCH: Final = 10_000
KEYS_SHOWN: Final = 3

Months = dict[tuple[str, str], int]


def set_aside_groups(tx: Tx, load_id: str) -> tuple[SetAsideGroup, ...]:
    """Rows by bucket, entity, reason and field, currencies together; then tables left behind."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in tx.many(Q.set_aside_groups, load_id=load_id):
        key = (row.bucket, row.entity, row.reason, row.field, row.owner)
        groups.setdefault(key, []).append(row)
    of_rows = [_group(key, rows) for key, rows in groups.items()]
    of_tables = [
        SetAsideGroup(t.bucket, t.source_table, t.reason, "", t.row_count, (), t.owner, "", ())
        for t in tx.many(Q.tables_set_aside, load_id=load_id)
    ]
    return (*of_rows, *of_tables)


def _group(key: tuple[str, ...], rows: Iterable[Row]) -> SetAsideGroup:
    bucket, entity, reason, field, owner = key
    found = list(rows)
    amounts = (
        money_of(int(row.micros), row.currency)
        for row in found
        if row.micros is not None and has_sums(entity)
    )
    return SetAsideGroup(
        bucket=bucket,
        entity=entity,
        reason=reason,
        field=field,
        rows=sum(row.row_count for row in found),
        amounts=tuple(amount for amount in amounts if amount and amount.micros),
        owner=owner,
        fix=found[0].fix,
        keys=tuple(key for row in found for key in row.keys)[:KEYS_SHOWN],
    )


def trial_lines(tx: Tx) -> tuple[TrialBalanceLine, ...]:
    """The trial balance by currency and account. Raises Defect if it is out of balance."""
    return tuple(
        TrialBalanceLine(
            line.kind,
            debits=Money(line.debits_micros, currency(line.currency)),
            credits=Money(line.credits_micros, currency(line.currency)),
        )
        for line in sorted(trial_balance(tx), key=lambda line: (line.currency, line.kind))
    )


def billed_months(tx: Tx, load_id: str, snapshot: Snapshot, pack: Path) -> tuple[BilledMonth, ...]:
    """What each side billed in each month: the source as the pack's check reads it, afresh.

    Empty where the pack has no check of invoices.  Raises CheckUnreadable.
    """
    sql = open_checks(pack).check_sql("invoice")
    if sql is None:
        return ()
    theirs = {
        (row.currency, row.month): int(row.micros)
        for row in tx.many(Q.billed_months, load_id=load_id)
    }
    with SourceReading.open(snapshot, open_checks(pack)) as reading:
        for rows in tx.stream(Q.aside_rows, load_id=load_id, batch_rows=ASIDE_BATCH):
            reading.add_aside(rows)
        reading.accept()
        reading.read(ENTITIES["invoice"], sql)
        kept = reading.kept(ENTITIES["invoice"], with_status=False)
        found = reading.rows(S.billed_months, kept=kept)
    ours = {(code, month): int(micros) for month, code, micros in found}
    return _side_by_side(ours, theirs)


def _side_by_side(ours: Months, theirs: Months) -> tuple[BilledMonth, ...]:
    """Months of known currencies; one that a side lacks stands at zero there."""
    return tuple(
        BilledMonth(
            month,
            source=Money(ours.get((code, month), 0), CURRENCIES[code]),
            target=Money(theirs.get((code, month), 0), CURRENCIES[code]),
        )
        for code, month in sorted({*ours, *theirs})
        if code in CURRENCIES
    )
