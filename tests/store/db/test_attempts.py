"""A transaction that another stood in the way of is begun anew, a bounded number of times."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from trueup.db.database import ATTEMPTS
from trueup.db.errors import TransactionConflict
from trueup.db.queries import parse_queries

Q = parse_queries(
    """
-- name: make
-- Two rows that stand for anything.
insert into billing.number_series (tenant_id, document, prefix, digits, next_number)
values (tenancy.current_tenant(), 'invoice', 'A-', 6, 1), (tenancy.current_tenant(), 'invoice', 'B-', 6, 1)

-- name: step
-- Take one of them.
update billing.number_series set next_number = next_number + 1 where prefix = %(prefix)s

-- name: stand
-- Where they stand.
select prefix, next_number from billing.number_series order by prefix
""",
    origin="attempts",
)


def test_of_two_that_deadlock_both_come_through(db, tenant_id):
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(Q.make)
    both_hold_one = Barrier(2)
    tries = []

    def cross(first, second):
        def work(tx):
            tx.execute(Q.step, prefix=first)
            tries.append(first)
            if tries.count(first) == 1:
                both_hold_one.wait(timeout=30)
            tx.execute(Q.step, prefix=second)

        db.attempt(work, tenant_id=tenant_id)

    threads = [Thread(target=cross, args=pair) for pair in (("A-", "B-"), ("B-", "A-"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with db.transaction(tenant_id=tenant_id) as tx:
        assert [row.next_number for row in tx.many(Q.stand)] == [3, 3]
    assert 2 < len(tries) <= 2 * ATTEMPTS  # which of them is undone is the server's choice


def test_what_never_comes_through_is_told_in_the_end(db, tenant_id):
    tries = []

    def work(_tx):
        tries.append(1)
        raise TransactionConflict("in the way", fix="run it again")

    with pytest.raises(TransactionConflict):
        db.attempt(work, tenant_id=tenant_id)
    assert len(tries) == ATTEMPTS


def test_what_is_refused_is_not_tried_again(db, tenant_id):
    tries = []

    def work(_tx):
        tries.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.attempt(work, tenant_id=tenant_id)
    assert len(tries) == 1
