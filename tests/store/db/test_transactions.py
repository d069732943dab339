"""One transaction is one use case: whole or not at all, on a connection of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from tests.support.statements import statement

from trueup.db import Database, create_tenant, find_tenant
from trueup.db.errors import (
    AccessDenied,
    AddressUnreadable,
    ConnectionLost,
    ConstraintBroken,
    SchemaMissing,
    ServerTooOld,
    StatementTimedOut,
    TransactionConflict,
)
from trueup.db.tenants import TenantNameTaken
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = statement("select count(*) as n from billing.product")
KILL_OTHERS = statement(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
)


def add_product(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(
            statement(
                "insert into billing.product values (tenancy.current_tenant(), gen_random_uuid(), 'a', true)"
            )
        )


def products(db: Database, tenant_id: int) -> int:
    with db.transaction(tenant_id=tenant_id) as tx:
        return int(tx.one(COUNT).n)


def test_a_block_that_raises_leaves_nothing(db: Database, tenant_id: int) -> None:
    with pytest.raises(KeyError), db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(
            statement(
                "insert into billing.product values (tenancy.current_tenant(), gen_random_uuid(), 'a', true)"
            )
        )
        raise KeyError
    assert products(db, tenant_id) == 0


def test_two_threads_share_one_database(db: Database, tenant_id: int) -> None:
    both_inside = threading.Barrier(2, timeout=60)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                add_product(db, tenant_id)
            with db.transaction(tenant_id=tenant_id) as tx:
                both_inside.wait()  # neither waits for the other's connection
                tx.one(COUNT)
        except BaseException as error:  # noqa: BLE001  a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert products(db, tenant_id) == 40


def test_an_idle_connection_that_died_is_replaced_unnoticed(
    db: Database, tenant_id: int, database_url: str
) -> None:
    assert products(db, tenant_id) == 0
    with Database.connect(database_url) as other, other.owner_transaction() as tx:
        tx.many(KILL_OTHERS)
    assert products(db, tenant_id) == 0


def test_a_connection_lost_within_a_transaction_says_so_and_can_be_retried(
    db: Database, tenant_id: int, database_url: str
) -> None:
    with pytest.raises(ConnectionLost) as fault, db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(
            statement(
                "insert into billing.product values (tenancy.current_tenant(), gen_random_uuid(), 'a', true)"
            )
        )
        with Database.connect(database_url) as other, other.owner_transaction() as killer:
            killer.many(KILL_OTHERS)
        tx.one(COUNT)
    assert fault.value.can_retry
    assert products(db, tenant_id) == 0


def test_a_connection_lost_while_committing_is_unknown_and_can_be_retried(
    db: Database, tenant_id: int, database_url: str
) -> None:
    with pytest.raises(ConnectionLost) as fault, db.transaction(tenant_id=tenant_id) as tx:
        tx.one(COUNT)
        with Database.connect(database_url) as other, other.owner_transaction() as killer:
            killer.many(KILL_OTHERS)
    assert fault.value.code == "commit_unknown"
    assert fault.value.can_retry


def test_a_deferred_constraint_is_refused_at_the_end(db: Database, tenant_id: int) -> None:
    customer = {
        "customer_id": [b"c" * 16], "parent_customer_id": [b"p" * 16], "time_zone": ["UTC"], "is_tax_exempt": [False],
        "status": ["active"], "created_at": pa.array([0], pa.timestamp("us", "UTC")), "authority": ["source"], "origin": ["imported"],
    }  # fmt: skip
    with pytest.raises(ConstraintBroken) as refusal, db.transaction(tenant_id=tenant_id) as tx:
        tx.insert("billing.customer", pa.table(customer))
    assert refusal.value.constraint == "customer_parent_fkey"


def test_one_maybe_and_many_keep_their_word(db: Database, tenant_id: int) -> None:
    none, one, two = (
        statement(f"select n from generate_series(1, {count}) n order by n") for count in (0, 1, 2)
    )
    with db.transaction(tenant_id=tenant_id) as tx:
        assert tx.maybe(none) is None
        assert tx.one(one).n == 1
        assert [row.n for row in tx.many(two)] == [1, 2]
        for ask, query in ((tx.one, none), (tx.one, two), (tx.maybe, two)):
            with pytest.raises(Defect, match="row"):
                ask(query)


def test_a_stream_gives_all_rows_in_bounded_lists(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        lists = list(
            tx.stream(
                statement("select n from generate_series(1, %(count)s) n order by n"),
                batch_rows=4,
                count=10,
            )
        )
    assert [[row.n for row in rows] for rows in lists] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_an_empty_result_is_an_arrow_table_with_columns(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        found = tx.fetch_arrow(
            statement("select product_id, name, sum(1) as n from billing.product group by 1, 2")
        )
    assert found.schema == pa.schema(
        [("product_id", pa.binary(16)), ("name", pa.string()), ("n", pa.int64())]
    )
    assert found.num_rows == 0


def test_a_statement_of_ours_that_is_wrong_is_a_defect(db: Database, tenant_id: int) -> None:
    with pytest.raises(Defect), db.transaction(tenant_id=tenant_id) as tx:
        tx.many(statement("select nonsense from billing.product"))


def test_a_conflict_can_be_retried(db: Database, tenant_id: int) -> None:
    add_product(db, tenant_id)
    touch = statement("update billing.product set name = name || 'x'")
    serially = statement("set transaction isolation level repeatable read")
    with pytest.raises(TransactionConflict) as fault, db.transaction(tenant_id=tenant_id) as slow:
        slow.execute(serially)
        slow.one(COUNT)
        with db.transaction(tenant_id=tenant_id) as quick:
            quick.execute(touch)
        slow.execute(touch)
    assert fault.value.can_retry


def test_a_statement_over_its_time_can_be_retried(db: Database, tenant_id: int) -> None:
    with pytest.raises(StatementTimedOut) as fault, db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(statement("set local statement_timeout = 10"))
        tx.execute(statement("select pg_sleep(60)"))
    assert fault.value.can_retry


@pytest.mark.parametrize(
    ("old", "new", "family"),
    [
        ("/test", "/absent", AccessDenied),  # no such database
        ("trueup@", "nobody_knows_me@", AccessDenied),
        ("host=", "host=%2Fnowhere", ConnectionLost),
        ("postgresql://", "nonsense://", AddressUnreadable),
    ],
)
def test_a_database_that_does_not_let_us_in_is_named_without_its_password(
    database_url: str, old: str, new: str, family: type[Exception]
) -> None:
    url = database_url.replace(old, new, 1).replace("@", ":secret@", 1)
    with pytest.raises(family) as raised:
        Database.connect(url)
    assert "secret" not in str(raised.value)


def test_a_database_without_our_schema_says_what_to_run(empty_postgres: Callable[[], str]) -> None:
    with Database.connect(empty_postgres()) as empty, pytest.raises(SchemaMissing) as refusal:
        find_tenant(empty, "acme")
    assert "migrate" in refusal.value.fix


def test_an_old_server_is_refused_with_both_versions() -> None:
    refusal = ServerTooOld(version=140_010, version_min=150_000)
    assert "14" in refusal.sentence
    assert "15" in refusal.sentence


def test_a_tenant_is_found_by_its_name_and_its_name_is_its_own(db: Database) -> None:
    acme = create_tenant(db, "acme")
    assert find_tenant(db, "acme") == acme
    assert find_tenant(db, "other") is None
    with pytest.raises(TenantNameTaken):
        create_tenant(db, "acme")
    with pytest.raises(ConstraintBroken, match="tenant_name_not_blank"):
        create_tenant(db, " ")


def test_times_come_back_in_utc_whatever_the_server_thinks(
    tenant_id: int, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(f"alter database {name} set timezone = 'Asia/Tokyo'".encode())
    with Database.connect(database_url) as fresh, fresh.transaction(tenant_id=tenant_id) as tx:
        found = tx.one(statement("select timestamptz '2026-01-01 00:00:00Z' as moment"))
    assert found.moment.isoformat() == "2026-01-01T00:00:00+00:00"
