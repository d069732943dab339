"""Balances are projections: quick to read, right at every instant, and made anew at will."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pyarrow as pa
import pytest

from trueup.db import create_tenant
from trueup.db.errors import ConstraintBroken
from trueup.db.queries import parse_queries
from trueup.kernel.errors import Defect
from trueup.ledger import service as ledger
from trueup.ledger.chart import OPENING_LOSSES, RECEIVABLE
from trueup.ledger.model import Facts
from trueup.ledger.templates import IMPORTED_WRITE_OFF

CUSTOMERS = [UUID(int=number << 100) for number in range(1, 40)]
DAY = datetime(2024, 1, 1, tzinfo=UTC)
Q = parse_queries(
    """
-- name: folded
-- What is in the projection.
select coalesce(sum(debits_micros), 0)::bigint as debits, coalesce(sum(credits_micros), 0)::bigint as credits from ledger.folded_balance

-- name: tamper
-- A projection that went wrong.
update ledger.folded_balance set debits_micros = debits_micros + 1 where debits_micros > 0
""",
    origin="test",
)


def losses(first, *micros, customers=CUSTOMERS):
    """A write-off of each amount, with ids from `first` on."""
    rows = pa.table({
        "entry_id": pa.array([UUID(int=first + n).bytes for n in range(len(micros))], pa.binary(16)),
        "customer_id": pa.array([customer.bytes for customer, _ in zip(customers, micros, strict=False)], pa.binary(16)),
        "currency": pa.array(["EUR"] * len(micros), pa.string()),
        "effective_at": pa.array([DAY] * len(micros), pa.timestamp("us", "UTC")),
        "due_micros": pa.array(micros, pa.int64()),
    })  # fmt: skip
    return Facts(IMPORTED_WRITE_OFF, rows)


def lost(tx):
    """What the tenant lost, by the ledger's balances."""
    return sum(ledger.balances(tx, OPENING_LOSSES)["balance_micros"].to_pylist())


def folded(tx):
    row = tx.one(Q.folded)
    return row.debits, row.credits


@pytest.fixture
def transaction(db, tenant_id):
    return lambda: db.transaction(tenant_id=tenant_id)


def test_balances_are_the_same_before_and_after_a_fold(transaction):
    with transaction() as tx:
        assert ledger.post_imported(tx, losses(1, 5, 7, -2)) == 3
        assert lost(tx) == 10
    with transaction() as tx:
        before = sorted(ledger.balances(tx, RECEIVABLE).to_pylist(), key=str)
        assert ledger.fold_balances(tx) == 4
        assert sorted(ledger.balances(tx, RECEIVABLE).to_pylist(), key=str) == before
        assert folded(tx) == (14, 14)
        assert sorted(row["balance_micros"] for row in before) == [-7, -5, 2]
    with transaction() as tx:
        assert ledger.fold_balances(tx) == 0


def test_a_fold_adds_what_came_since_the_last(transaction):
    for first, micros in ((1, 5), (2, 7), (3, 11)):
        with transaction() as tx:
            ledger.post_imported(tx, losses(first, micros))
        with transaction() as tx:
            ledger.fold_balances(tx)
    with transaction() as tx:
        assert folded(tx) == (23, 23)
        assert lost(tx) == 23


def test_a_fold_never_passes_a_transaction_that_is_still_open(transaction):
    """The open one has the older number and commits later: a fold up to the newest would skip it."""
    with transaction() as tx:
        owners = pa.table(
            {
                "customer_id": pa.array([c.bytes for c in CUSTOMERS], pa.binary(16)),
                "currency": ["EUR"] * len(CUSTOMERS),
            }
        )
        ledger.open_accounts(tx, [RECEIVABLE, OPENING_LOSSES], owners)
    with transaction() as slow:
        ledger.post_imported(slow, losses(1, 5))
        with transaction() as quick:
            ledger.post_imported(quick, losses(2, 7))
        with transaction() as tx:
            ledger.fold_balances(tx)
            assert (lost(tx), folded(tx)) == (7, (0, 0))
    with transaction() as tx:
        ledger.fold_balances(tx)
    with transaction() as tx:
        assert (lost(tx), folded(tx)) == (12, (12, 12))


def test_a_rebuild_repairs_a_projection_that_went_wrong(transaction):
    with transaction() as tx:
        ledger.post_imported(tx, losses(1, 5, 7))
    with transaction() as tx:
        ledger.fold_balances(tx)
        tx.execute(Q.tamper)
        with pytest.raises(Defect):
            ledger.trial_balance(tx)
        assert ledger.rebuild_balances(tx) == 3
    with transaction() as tx:
        assert folded(tx) == (12, 12)
        lines = [
            (line.kind, line.debits_micros, line.credits_micros)
            for line in ledger.trial_balance(tx)
        ]
    assert lines == [("opening_losses", 12, 0), ("receivable", 0, 12)]


def test_a_fact_is_posted_once(transaction):
    with transaction() as tx:
        ledger.post_imported(tx, losses(1, 5))
    with transaction() as tx:
        assert ledger.post_imported_once(tx, losses(1, 5, 7)) == 1
        assert lost(tx) == 12
    with pytest.raises(ConstraintBroken) as caught, transaction() as tx:
        ledger.post_imported(tx, losses(1, 5))
    assert caught.value.constraint == "transfer_pkey"


def test_nothing_posted_is_nothing(transaction):
    with transaction() as tx:
        assert ledger.post_imported(tx, losses(1)) == 0
        assert ledger.post_imported_once(tx, losses(1)) == 0
        assert ledger.trial_balance(tx) == ()
        assert ledger.balances(tx, RECEIVABLE).num_rows == 0


def test_two_imports_of_the_same_customers_never_lock_each_other_out(transaction):
    """Both open the same accounts, named in opposite orders, again and again."""

    def post(number):
        order = CUSTOMERS if number % 2 else CUSTOMERS[::-1]
        with transaction() as tx:
            return ledger.post_imported(
                tx, losses(1000 * number, *range(1, len(order) + 1), customers=order)
            )

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(post, range(8))) == 8 * len(CUSTOMERS)
    with transaction() as tx:
        ledger.trial_balance(tx)
        assert lost(tx) == 8 * sum(range(1, len(CUSTOMERS) + 1))


def test_several_folds_at_once_count_nothing_twice(transaction):
    def fold(_):
        with transaction() as tx:
            return ledger.fold_balances(tx)

    for first in (1, 2, 3):
        with transaction() as tx:
            ledger.post_imported(tx, losses(first, 5))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(fold, range(4)))
    with transaction() as tx:
        ledger.fold_balances(tx)
    with transaction() as tx:
        assert (lost(tx), folded(tx)) == (15, (15, 15))


def test_a_tenant_sees_and_folds_its_own_books_only(db, tenant_id):
    stranger = create_tenant(db, "stranger")
    for tenant, first, micros in ((tenant_id, 1, 5), (stranger, 1, 9)):
        with db.transaction(tenant_id=tenant) as tx:
            ledger.post_imported(tx, losses(first, micros))
    with db.transaction(tenant_id=stranger) as tx:
        ledger.rebuild_balances(tx)
        assert lost(tx) == 9
    with db.transaction(tenant_id=tenant_id) as tx:
        assert (lost(tx), folded(tx)) == (5, (0, 0))


def test_money_moves_only_in_the_transaction_of_a_tenant(db):
    with pytest.raises(Defect), db.owner_transaction() as tx:
        ledger.post_imported(tx, losses(1, 5))
