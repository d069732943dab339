from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from trueup.db import load_queries
from trueup.kernel.columns import with_constants
from trueup.ledger.chart import CHART
from trueup.ledger.model import AccountLine, Side, TrialLine

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Tx
    from trueup.ledger.model import AccountKind, Wanted

Q = load_queries(__package__)
READ = load_queries(__package__, "reading.sql")
KINDS: Final = [kind.name for kind in CHART]


def open_accounts(tx: Tx, accounts: pa.Table) -> int:
    """Open those of `accounts` that are not open; counts the new ones."""
    if not accounts.num_rows:
        return 0
    tx.restage("ledger_accounts", accounts, like="ledger.account")
    return tx.execute(Q.open_accounts)


def import_instant(tx: Tx) -> datetime:
    instant: datetime = tx.one(Q.import_instant).instant
    return instant


def insert_transfers(tx: Tx, transfers: pa.Table, *, is_imported: bool = True) -> int:
    """Post `transfers`, none of which is posted and whose accounts this transaction has opened."""
    with tx.references_known():
        return tx.insert("ledger.transfer", with_constants(transfers, {"is_imported": is_imported}))


def insert_transfers_once(tx: Tx, transfers: pa.Table) -> int:
    """Post `transfers` of our own, whose accounts are open, once in a transaction."""
    tx.restage("ledger_transfers_once", transfers, like="ledger.transfer")
    with tx.references_known():
        return tx.execute(Q.insert_transfers_once)


def insert_missing_transfers(tx: Tx, transfers: pa.Table) -> int:
    """Post `transfers` as imported; counts those that were not there yet."""
    if not transfers.num_rows:
        return 0
    tx.stage("ledger_transfers", transfers, like="ledger.transfer")
    return tx.execute(Q.post_missing)


def fold(tx: Tx) -> int:
    """Fold finished transfers into the balances; counts the accounts that moved."""
    tx.execute(Q.start_fold)
    return tx.execute(Q.fold_transfers)


def forget_folded(tx: Tx) -> None:
    tx.execute(Q.start_fold)
    tx.execute(Q.forget_fold)
    tx.execute(Q.forget_balances)


def balances(tx: Tx, kind: AccountKind) -> pa.Table:
    tx.one(Q.plan_for_many)
    is_debit = kind.normal_side is Side.DEBIT
    return tx.fetch_arrow(Q.balances, kind=kind.name, is_debit=is_debit)


def trial_lines(tx: Tx) -> tuple[TrialLine, ...]:
    tx.one(Q.plan_for_many)
    return tuple(
        TrialLine(row.currency, row.kind, int(row.debits_micros), int(row.credits_micros))
        for row in tx.many(Q.trial_balance)
    )


def account_lines(tx: Tx, wanted: Wanted, limit: int) -> list[AccountLine]:
    tx.one(Q.plan_for_many)
    rows = tx.many(READ.accounts, **asdict(wanted), kinds=KINDS, limit=limit)
    return [AccountLine(*row) for row in rows]


def sums(tx: Tx, wanted: Wanted) -> tuple[TrialLine, ...]:
    tx.one(Q.plan_for_many)
    rows = tx.many(READ.sums, **asdict(wanted), kinds=KINDS)
    return tuple(TrialLine(*row) for row in rows)


def entries(
    tx: Tx, wanted: Wanted, entry_id: UUID | None, since: datetime | None, limit: int
) -> list[Any]:
    tx.one(Q.plan_for_many)
    return tx.many(
        READ.entries,
        **asdict(wanted),
        entry_id=entry_id,
        since=since,
        is_all=wanted.is_all,
        limit=limit,
    )
