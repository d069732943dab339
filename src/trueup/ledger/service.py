"""The ledger's front door: post facts, fold balances, read them.

Money facts enter through here and nowhere else. A caller names the template and hands over a table
of facts; what is debited and credited, the ledger knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.errors import Defect, check
from trueup.ledger import rules, store
from trueup.ledger.chart import CHART

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    import pyarrow as pa

    from trueup.db import Tx
    from trueup.kernel.clock import Instant
    from trueup.ledger.model import AccountKind, AccountLine, Facts, TrialLine, Wanted

KINDS: Final = {kind.name: kind for kind in CHART}


def open_accounts(tx: Tx, kinds: Iterable[AccountKind], owners: pa.Table) -> int:
    """Open an account of each kind for each row of `owners`, and count those that were not open.

    owners: `currency`, and `customer_id` where a kind is personal; rows may repeat.
    Posting opens what it needs by itself; opening early spares two loaders waiting for each other.
    """
    return store.open_accounts(tx, rules.accounts_of(_tenant(tx), kinds, owners))


def own_account(tenant_id: int, kind: str, currency: str) -> UUID:
    """The id of a tenant's own account, open or not.  kind: of the chart, not a customer's."""
    return rules.account_id(tenant_id, KINDS[kind], currency)


def post(tx: Tx, *facts: Facts) -> int:
    """Post facts of our own, and count their transfers.

    facts: of any templates, none posted before, none dated later than now.  Opens the accounts it
    needs, in one order for all.  Raises as `post_imported`.
    """
    made = rules.postings(_tenant(tx), facts, None)
    store.open_accounts(tx, made.accounts)
    return store.insert_transfers(tx, made.transfers, is_imported=False)


def post_many(tx: Tx, *facts: Facts) -> int:
    """`post` for a chunk of a run that does it at once, and once in its transaction."""
    made = rules.postings(_tenant(tx), facts, None)
    store.open_accounts(tx, made.accounts)
    return store.insert_transfers_once(tx, made.transfers)


def post_imported(tx: Tx, *facts: Facts) -> int:
    """Post history that another system made, and count its transfers.

    facts: of any templates, none posted before.  A fact that the source dates after this import
    takes effect at the import.  Opens the accounts it needs, in one order for all: two transactions
    may post at once.  Raises Defect for a fact without entry, currency, instant or customer,
    ConstraintBroken for one that is posted already.
    """
    made = rules.postings(_tenant(tx), facts, store.import_instant(tx))
    store.open_accounts(tx, made.accounts)
    return store.insert_transfers(tx, made.transfers)


def post_imported_once(tx: Tx, *facts: Facts) -> int:
    """`post_imported`, leaving facts that are posted as they are; counts the new transfers.

    For what is worked out from the whole of the imported rows and may be worked out again.
    """
    made = rules.postings(_tenant(tx), facts, store.import_instant(tx))
    store.open_accounts(tx, made.accounts)
    return store.insert_missing_transfers(tx, made.transfers)


def fold_balances(tx: Tx) -> int:
    """Bring the balance projection up to the last finished transfers; counts accounts that moved.

    Only speed depends on it: `balances` adds what is not folded yet. Safe to run at any time, by
    several at once, beside running imports.
    """
    return store.fold(tx)


def rebuild_balances(tx: Tx) -> int:
    """Make the balance projection anew from the transfers; counts its accounts."""
    store.forget_folded(tx)
    return store.fold(tx)


def balances(tx: Tx, kind: AccountKind) -> pa.Table:
    """What stands on the normal side of each account of `kind`, up to this instant, in no order.

    Columns: account_id, customer_id (null where the kind is the tenant's own), currency,
    balance_micros.  An account that was opened and never moved stands at zero.
    """
    return store.balances(tx, kind)


def trial_balance(tx: Tx) -> tuple[TrialLine, ...]:
    """Both sides of every kind of account, by currency and kind.

    Raises Defect unless debits equal credits in each currency: a projection went wrong.
    """
    lines = store.trial_lines(tx)
    _check_equal(lines)
    return lines


def accounts(tx: Tx, wanted: Wanted, limit: int) -> list[AccountLine]:
    """Up to `limit` accounts with what stands on them, in the order of the chart.

    By currency, the tenant's own before those of customers.
    """
    return store.account_lines(tx, wanted, limit)


def sums(tx: Tx, wanted: Wanted) -> tuple[TrialLine, ...]:
    """Both sides of the accounts that are asked about, by currency and kind in the chart's order.

    Raises Defect where they are all accounts of a currency and debits do not equal credits.
    """
    lines = store.sums(tx, wanted)
    if wanted.kind is None and wanted.customer_id is None:
        _check_equal(lines)
    return lines


def entries(
    tx: Tx,
    wanted: Wanted,
    *,
    entry_id: UUID | None = None,
    since: Instant | None = None,
    limit: int = 50,
) -> list[Any]:
    """Up to `limit` transfers of the accounts that are asked about, the last to count first.

    entry_id: of this entry alone: the id of the fact.  since: those that take effect from then on.
    Each with template, both accounts with whose they are, amount, and when it counts and was
    written.  The transfers of an entry come together.
    """
    return store.entries(tx, wanted, entry_id, since, limit)


def _check_equal(lines: Iterable[TrialLine]) -> None:
    differences: dict[str, int] = {}
    for line in lines:
        before = differences.get(line.currency, 0)
        differences[line.currency] = before + line.debits_micros - line.credits_micros
    for currency, micros in differences.items():
        check(micros == 0, "debits equal credits", currency=currency, micros=micros)


def _tenant(tx: Tx) -> int:
    if tx.tenant_id is None:
        raise Defect("money moves in the transaction of a tenant")
    return tx.tenant_id
