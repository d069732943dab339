"""The schema comes from plain .sql files, all or nothing, by one process at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.support.schema_dump import DUMP, schema_dump

from trueup.db import Database, migrate
from trueup.db.errors import AccessDenied, ConnectionLost, StatementTimedOut
from trueup.db.revisions import SCHEMA, revision_files
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from collections.abc import Callable

NEWEST = revision_files(SCHEMA / "versions")[-1].name[:4]


def revision_of(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        if connection.execute("select to_regclass('public.alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("select version_num from public.alembic_version").fetchone()
    return row and row[0]


def test_the_sum_of_migrations_is_the_schema_that_is_written_down(
    database_url: str, pytestconfig: pytest.Config
) -> None:
    """A reader of schema.sql sees what is deployed.  After a migration: `make schema`."""
    if pytestconfig.getoption("--postgres") == "15":
        pytest.skip("pg_dump of PostgreSQL 18 writes some things of 15 in other words")
    assert schema_dump(database_url) == DUMP.read_text(encoding="utf-8")


def test_migrating_twice_changes_nothing(empty_postgres: Callable[[], str]) -> None:
    url = empty_postgres()
    for _ in range(2):
        migrate(url)
        assert revision_of(url) == NEWEST


def test_two_processes_migrate_at_once_and_both_succeed(empty_postgres: Callable[[], str]) -> None:
    url = empty_postgres()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [url] * 4))
    assert revision_of(url) == NEWEST


def test_several_databases_of_one_server_are_migrated_at_once(
    empty_postgres: Callable[[], str],
) -> None:
    """They share the application's role."""
    urls = [empty_postgres() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, urls))
    assert {revision_of(url) for url in urls} == {NEWEST}


def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    empty_postgres: Callable[[], str],
) -> None:
    url = empty_postgres()
    with psycopg.connect(url) as owner:
        owner.execute("create schema billing")  # the third revision stumbles over it
    with pytest.raises(Defect):
        migrate(url)
    assert revision_of(url) is None
    with psycopg.connect(url) as owner:
        assert owner.execute("select to_regnamespace('ledger')").fetchone() == (None,)
        owner.execute("drop schema billing")
    migrate(url)
    assert revision_of(url) == NEWEST


def test_a_migration_gives_way_to_a_table_in_use(empty_postgres: Callable[[], str]) -> None:
    url = empty_postgres()
    with psycopg.connect(url) as user:
        user.execute("create table public.alembic_version (version_num varchar(32) not null)")
        user.commit()
        user.execute("lock table public.alembic_version")
        with pytest.raises(StatementTimedOut) as fault:
            migrate(url)
    assert fault.value.can_retry


def test_a_role_that_could_bypass_the_walls_is_refused(empty_postgres: Callable[[], str]) -> None:
    url = empty_postgres()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("alter role trueup_app bypassrls")
        try:
            with pytest.raises(AccessDenied, match="bypass row-level security"):
                migrate(url)
        finally:
            owner.execute("alter role trueup_app nobypassrls")


def test_an_owner_that_is_no_superuser_can_migrate_and_act_as_the_application(
    empty_postgres: Callable[[], str],
) -> None:
    """As on a hosted server, where nobody is a superuser."""
    url = empty_postgres()
    with psycopg.connect(url, autocommit=True) as superuser:
        name = superuser.info.dbname
        superuser.execute(
            f"create role {name}_owner login createrole; grant create on database {name} to {name}_owner".encode()
        )
        superuser.execute(
            f"alter database {name} owner to {name}_owner; alter schema public owner to {name}_owner".encode()
        )
        superuser.execute(f"grant trueup_app to {name}_owner".encode())
    owner_url = url.replace("trueup@", f"{name}_owner@")
    migrate(owner_url)
    with Database.connect(owner_url) as db, db.transaction(tenant_id=1) as tx:
        assert tx.tenant_id == 1


def test_an_unreachable_database_is_one_plain_fault() -> None:
    with pytest.raises(ConnectionLost):
        migrate("postgresql://trueup@/trueup?host=/nowhere")
