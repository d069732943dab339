"""Rows that come often and few: a stage the connection keeps, references looked up beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pytest
from tests.support.statements import statement

from trueup.db import Database, create_tenant
from trueup.db.errors import ConstraintBroken

if TYPE_CHECKING:
    from trueup.db import Tx

STAGED = statement("select count(*) as rows, min(name) as name from pg_temp.kept")
TRIGGERS = statement("select current_setting('session_replication_role') as role, current_user as who")  # fmt: skip
WAITING = statement("select current_setting('synchronous_commit') as is_waited_for")
TABLES = statement("select count(*) as tables from pg_class where relname = 'kept'")


def restaged(tx: Tx, *names: str) -> tuple[int, str]:
    table = pa.table({"name": pa.array(names, pa.string())})
    assert tx.restage("kept", table, like="billing.product") == len(names)
    found = tx.one(STAGED)
    return found.rows, found.name


def test_a_kept_stage_is_empty_in_every_transaction(db: Database, tenant_id: int) -> None:
    for name in ("first", "second"):
        with db.transaction(tenant_id=tenant_id) as tx:
            assert restaged(tx, name) == (1, name)


def test_a_kept_stage_shows_nothing_of_another_tenant(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        restaged(tx, "secret")
    with db.transaction(tenant_id=create_tenant(db, "other")) as tx:
        assert restaged(tx, "own") == (1, "own")


def test_a_kept_stage_survives_a_failure_empty(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        restaged(tx, "first")
    with pytest.raises(KeyError), db.transaction(tenant_id=tenant_id) as tx:
        restaged(tx, "lost")
        raise KeyError
    with db.transaction(tenant_id=tenant_id) as tx:
        assert restaged(tx, "third") == (1, "third")
        assert tx.one(TABLES).tables == 1


def test_a_second_stage_of_a_transaction_replaces_the_first(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        restaged(tx, "first", "other")
        assert restaged(tx, "second") == (1, "second")


def test_rows_whose_references_are_known_are_not_looked_up_again(db: Database, tenant_id: int) -> None:  # fmt: skip
    plan = {"plan_id": pa.array([uuid4().bytes], pa.binary(16)), "product_id": pa.array([uuid4().bytes], pa.binary(16)),
            "name": ["Gold"], "interval": ["month"], "interval_count": [1], "trial_days": [0], "is_active": [True]}  # fmt: skip
    with pytest.raises(KeyError), db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        with tx.references_known():
            assert tx.insert("billing.plan", pa.table(plan)) == 1
        raise KeyError
    with pytest.raises(ConstraintBroken), db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.plan", pa.table(plan))


def test_only_a_transaction_that_says_so_does_not_wait_for_the_disk(db: Database, tenant_id: int) -> None:  # fmt: skip
    with db.transaction(tenant_id=tenant_id) as tx:
        before = tx.one(WAITING)
        tx.commit_soon()
        assert tx.one(WAITING).is_waited_for == "off"
    with db.transaction(tenant_id=tenant_id) as tx:
        assert tx.one(WAITING) == before


def test_triggers_are_lifted_in_the_block_alone_and_only_when_allowed(db: Database, tenant_id: int) -> None:  # fmt: skip
    with db.transaction(tenant_id=tenant_id) as tx:
        with tx.references_known():
            assert tx.one(TRIGGERS) == ("origin", "trueup_app")
        tx.check_references_by_set()
        with tx.references_known():
            assert tx.one(TRIGGERS) == ("replica", "trueup_app")
        assert tx.one(TRIGGERS) == ("origin", "trueup_app")


def test_a_failure_in_the_block_leaves_no_connection_without_triggers(db: Database, tenant_id: int) -> None:  # fmt: skip
    with pytest.raises(KeyError), db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        with tx.references_known():
            raise KeyError
    with db.transaction(tenant_id=tenant_id) as tx:
        assert tx.one(TRIGGERS) == ("origin", "trueup_app")
