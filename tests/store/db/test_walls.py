"""Tenants are walls in the database: no statement of one sees or touches a row of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from tests.support.statements import statement

from trueup.db import create_tenant
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from trueup.db import Database

ROOMS = "('tenancy', 'ledger', 'billing', 'migration')"

TABLES = statement(f"""
    select n.nspname as room, c.relname as name, c.relrowsecurity as has_walls,
           exists (select from pg_policy p where p.polrelid = c.oid) as has_policy
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in {ROOMS} and c.relkind in ('r', 'p') order by 1, 2""")

KEYS = statement(f"""
    select i.indexrelid::regclass::text as key, i.indisprimary as is_primary,
           (select a.attname from pg_attribute a
             where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) as leads
      from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in {ROOMS} and i.indisunique order by 1""")

POLICIES = statement(f"""
    select polname as name, polcmd::text as command, polpermissive as is_permissive, pg_get_expr(polqual, polrelid) as sees,
           pg_get_expr(polwithcheck, polrelid) as writes
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in {ROOMS}""")

VIEWS = statement(f"""
    select c.relname as name, 'security_invoker=true' = any(c.reloptions) as asks_as_reader
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in {ROOMS} and c.relkind in ('v', 'm')""")

# A tenant's name is unique across tenants on purpose: it is how one is found.
KEYS_ACROSS_TENANTS = {"tenancy.tenant_name_key"}

SAMPLE_VALUES = {
    "integer": "1", "bigint": "1", "smallint": "1", "numeric": "1", "text": "'USD'", "boolean": "true",
    "uuid": "gen_random_uuid()", "timestamp with time zone": "now()", "date": "current_date", "jsonb": "'{}'", "xid8": "'1'",
}  # fmt: skip


def rows(db: Database, query: Any) -> list[Any]:
    with db.owner_transaction() as tx:
        return tx.many(query)


def test_every_table_has_row_level_security_and_a_policy(db: Database) -> None:
    tables = rows(db, TABLES)
    assert len(tables) > 20
    assert [t.name for t in tables if not (t.has_walls and t.has_policy)] == []


def test_every_policy_is_the_same_wall(db: Database) -> None:
    wall = "(tenant_id = tenancy.current_tenant())"
    assert {(p.command, p.is_permissive, p.sees, p.writes) for p in rows(db, POLICIES)} == {
        ("*", True, wall, wall)
    }


def test_every_view_asks_with_the_rights_of_its_reader(db: Database) -> None:
    """A view runs as its owner otherwise, for whom there are no walls."""
    assert [v.name for v in rows(db, VIEWS) if not v.asks_as_reader] == []


def test_the_tenant_leads_every_key(db: Database) -> None:
    strays = {key.key for key in rows(db, KEYS) if key.leads != "tenant_id"}
    assert strays == KEYS_ACROSS_TENANTS


def test_the_application_role_cannot_bypass_the_walls(db: Database) -> None:
    role = rows(
        db,
        statement(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcanlogin from pg_roles where rolname = 'trueup_app'"
        ),
    )[0]
    assert not any(role)
    owned = statement(
        "select count(*) as n from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = 'trueup_app'"
    )
    assert rows(db, owned)[0].n == 0, "an owner of a table is not stopped by its walls"
    granted = statement(
        "select count(*) as n from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = 'trueup_app'"
    )
    assert rows(db, granted)[0].n == 0, "a role it belongs to would lend it more rights"


@pytest.mark.parametrize(
    "deed",
    [
        "alter table billing.customer disable row level security",
        "drop policy tenant_wall on billing.customer",
        "truncate billing.customer cascade",
        "insert into tenancy.tenant (name) values ('mine')",
        "create table billing.mine (x integer)",
        "alter table ledger.transfer disable trigger transfer_is_a_fact",
        "set local session_replication_role = replica",
        "set local role postgres",
        "update ledger.transfer set amount_micros = 1",
        "copy billing.customer to program 'cat'",
    ],
)
def test_a_tenants_transaction_may_not(db: Database, tenant_id: int, deed: str) -> None:
    with (
        pytest.raises(Exception, match=r"wall|refused|forbidden|does not exist"),
        db.transaction(tenant_id=tenant_id) as tx,
    ):
        tx.execute(statement(deed))


def test_row_security_cannot_be_switched_off(db: Database, tenant_id: int) -> None:
    with pytest.raises(Defect), db.transaction(tenant_id=tenant_id) as tx:
        tx.execute(statement("set local row_security = off"))
        tx.many(statement("select customer_id from billing.customer"))


@pytest.fixture
def one_row_everywhere(db: Database, database_url: str) -> tuple[list[tuple[str, str]], int, int]:
    """Every table with exactly one row of the first of two tenants.

    Constraints other than keys are dropped first: what a row says does not matter here.
    """
    first, second = create_tenant(db, "first"), create_tenant(db, "second")
    tables = [(t.room, t.name) for t in rows(db, TABLES) if t.name != "tenant"]
    checks = statement(f"""select conrelid::regclass::text as name, conname from pg_constraint
        where contype in ('c', 'f') and connamespace::regnamespace::text in {ROOMS} order by contype""")
    constraints = rows(db, checks)
    with psycopg.connect(database_url) as owner:
        owner.execute("set session_replication_role = replica")
        for constraint in constraints:
            owner.execute(
                f"alter table {constraint.name} drop constraint {constraint.conname}".encode()
            )
        for room, name in tables:
            columns = owner.execute(
                "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s",
                [room, name],
            ).fetchall()
            values = [
                str(first) if column == "tenant_id" else SAMPLE_VALUES[kind]
                for column, kind in columns
            ]
            names = sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns)
            owner.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(room, name), names, sql.SQL(", ".join(values))
                )
            )
    return tables, first, second


def test_no_table_shows_a_row_to_another_tenant(db: Database, one_row_everywhere: Any) -> None:
    tables, first, second = one_row_everywhere
    for room, name in tables:
        count = statement(f"select count(*) as n from {room}.{name}")
        with db.transaction(tenant_id=first) as tx:
            assert tx.one(count).n == 1, f"{room}.{name}"
        with db.transaction(tenant_id=second) as tx:
            assert tx.one(count).n == 0, f"{room}.{name}"


def rows_changed(db: Database, tenant_id: int, deed: str) -> int | str:
    try:
        with db.transaction(tenant_id=tenant_id) as tx:
            return tx.execute(statement(deed))
    except Defect as refusal:
        return "permission denied" if "permission denied" in str(refusal) else str(refusal)


def test_no_table_lets_another_tenant_change_or_plant_a_row(
    db: Database, database_url: str, one_row_everywhere: Any
) -> None:
    tables, first, second = one_row_everywhere
    for room, name in tables:
        for deed in (
            f"update {room}.{name} set tenant_id = {second}",
            f"delete from {room}.{name}",
        ):
            assert rows_changed(db, second, deed) in {0, "permission denied"}, deed
        copy = f"insert into {room}.{name} select * from stolen"
        with psycopg.connect(database_url) as owner:
            owner.execute(f"create temp table stolen as table {room}.{name}".encode())
            owner.execute(b"grant select on stolen to trueup_app")
            owner.execute(f"set role trueup_app; set trueup.tenant_id = '{second}'".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(copy.encode())
            owner.rollback()
    with db.transaction(tenant_id=first) as tx:
        assert tx.one(statement("select count(*) as n from billing.customer")).n == 1


def test_a_transaction_that_names_no_tenant_sees_nothing(
    database_url: str, one_row_everywhere: Any
) -> None:
    tables, _, _ = one_row_everywhere
    with psycopg.connect(database_url) as login:
        login.execute("set role trueup_app")
        for room, name in (*tables, ("tenancy", "tenant")):
            assert login.execute(f"select count(*) from {room}.{name}".encode()).fetchone() == (
                0,
            ), name


def test_the_next_transaction_forgets_the_tenant(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        assert tx.one(statement("select tenancy.current_tenant() as t")).t == tenant_id
    with db.owner_transaction() as tx:
        found = tx.one(statement("select tenancy.current_tenant() as t, current_user::text as u"))
    assert (found.t, found.u) == (None, "trueup")


def test_a_login_with_nothing_but_the_role_has_nothing_to_fall_back_on(
    db: Database, tenant_id: int, database_url: str
) -> None:
    """`reset role` is open to any SQL that gets in; with such a login it gains nothing."""
    with db.owner_transaction() as tx:
        tx.execute(
            statement(
                "do $$ begin if not exists (select from pg_roles where rolname = 'bare') then create role bare login in role trueup_app noinherit; end if; end $$"
            )
        )
    bare_url = database_url.replace("trueup@", "bare@")
    with psycopg.connect(bare_url) as login:
        login.execute(
            f"set local role trueup_app; set local trueup.tenant_id = '{tenant_id}'".encode()
        )
        assert login.execute("select count(*) from billing.customer").fetchone() == (0,)
        login.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute("select count(*) from billing.customer")
