"""Foreign keys of bulk rows are checked by the set: the same rows are refused, by the same errors."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from tests.support.statements import statement

from trueup.db import Database, create_tenant
from trueup.db.errors import ConstraintBroken, FactUnchangeable, ValueUnfit
from trueup.kernel.errors import Defect

if TYPE_CHECKING:
    from trueup.db import Tx

KNOWN, UNKNOWN = uuid.UUID(int=1), uuid.UUID(int=2)
LIFTED = statement(
    "select current_setting('session_replication_role') as role, current_user as who"
)


def plans(*product_ids: uuid.UUID | None) -> pa.Table:
    count = len(product_ids)
    return pa.table(
        {
            "plan_id": pa.array([uuid.uuid4().bytes for _ in product_ids], pa.binary(16)),
            "product_id": pa.array([each and each.bytes for each in product_ids], pa.binary(16)),
            "name": ["monthly"] * count,
            "interval": ["month"] * count,
            "interval_count": pa.array([1] * count, pa.int32()),
            "trial_days": pa.array([0] * count, pa.int32()),
            "is_active": [True] * count,
        }
    )


def products(*product_ids: uuid.UUID) -> pa.Table:
    return pa.table(
        {
            "product_id": pa.array([each.bytes for each in product_ids], pa.binary(16)),
            "name": ["gold"] * len(product_ids),
            "is_active": [True] * len(product_ids),
        }
    )


def customers(parent: uuid.UUID | None) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array([uuid.uuid4().bytes], pa.binary(16)),
            "parent_customer_id": pa.array([parent and parent.bytes], pa.binary(16)),
            "time_zone": ["UTC"],
            "is_tax_exempt": [False],
            "status": ["active"],
            "created_at": pa.array([0], pa.timestamp("us", "UTC")),
            "authority": ["source"],
            "origin": ["imported"],
        }
    )


@pytest.fixture
def product(db: Database, tenant_id: int) -> uuid.UUID:
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.insert("billing.product", products(KNOWN))
    return KNOWN


def refused(db: Database, tenant_id: int, table: str, rows: pa.Table, *, by_set: bool) -> Any:
    with pytest.raises(ConstraintBroken) as caught, db.transaction(tenant_id=tenant_id) as tx:
        if by_set:
            tx.check_references_by_set()
        tx.insert(table, rows)
    return caught.value


def test_a_broken_reference_is_refused_as_by_its_trigger_and_named(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    rows = plans(*[product] * 50, UNKNOWN)
    by_trigger = refused(db, tenant_id, "billing.plan", rows, by_set=False)
    by_set = refused(db, tenant_id, "billing.plan", rows, by_set=True)
    assert by_set.constraint == by_trigger.constraint == "plan_product_fkey"
    assert by_set.fields["table"] == by_trigger.fields["table"] == "billing.plan"
    assert f"{UNKNOWN}) is not present in table" in by_set.fields["detail"]
    with db.transaction(tenant_id=tenant_id) as tx:
        assert tx.one(statement("select count(*) as n from billing.plan")).n == 0


def test_another_tenants_row_is_no_parent(db: Database, product: uuid.UUID) -> None:
    other = create_tenant(db, "other")
    assert refused(db, other, "billing.plan", plans(product), by_set=True).constraint == (
        "plan_product_fkey"
    )


def test_a_null_refers_to_nothing_and_a_missing_value_is_still_refused(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        assert tx.insert("billing.customer", customers(None)) == 1
    rows = plans(product, None)
    assert "not null" in refused(db, tenant_id, "billing.plan", rows, by_set=True).constraint


def test_a_parent_of_the_same_transaction_will_do(db: Database, tenant_id: int) -> None:
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.product", products(KNOWN))
        assert tx.insert("billing.plan", plans(KNOWN)) == 1


def test_triggers_are_lifted_for_the_insert_alone(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    """Facts stay facts for the rest of the transaction, and the role stays that of a tenant."""
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.plan", plans(product))
        assert tuple(tx.one(LIFTED)) == ("origin", "trueup_app")
        tx.execute(
            statement(
                "insert into billing.price (tenant_id, price_id, plan_id, currency, model, unit_amount_micros) "
                "select tenant_id, gen_random_uuid(), plan_id, 'EUR', 'flat', 1 from billing.plan"
            )
        )
        with pytest.raises(FactUnchangeable):
            tx.execute(statement("update billing.price set unit_amount_micros = 2"))


@pytest.fixture
def lifting_url(db: Database, database_url: str) -> str:
    """Of a login that may lift triggers and stands behind the walls like everybody else."""
    with db.owner_transaction() as tx:
        tx.execute(
            statement("""
            do $$ begin
                create role lifting login in role trueup_app;
                grant set on parameter session_replication_role to lifting;
            exception when duplicate_object then null; end $$""")
        )
    return database_url.replace("trueup@", "lifting@")


def spy_on_plans(database_url: str) -> None:
    """A default that asks who inserts, and whether triggers fire, at the very insert."""
    spying = "coalesce(current_user || ' ' || current_setting('session_replication_role'), '')"
    with psycopg.connect(database_url) as owner:
        owner.execute(f"alter table billing.plan alter column name set default {spying}".encode())


def test_the_walls_stand_while_triggers_are_lifted(
    tenant_id: int, product: uuid.UUID, database_url: str, lifting_url: str
) -> None:
    spy_on_plans(database_url)
    with Database.connect(lifting_url) as lifting, lifting.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.plan", plans(product).drop_columns(["name"]))
        assert tx.one(statement("select name from billing.plan")).name == "trueup_app replica"


def test_a_login_above_the_walls_copies_straight_into_its_tenants_rows(
    db: Database, tenant_id: int, product: uuid.UUID, database_url: str
) -> None:
    spy_on_plans(database_url)
    other = create_tenant(db, "other")
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        assert tx.insert("billing.plan", plans(product, product).drop_columns(["name"])) == 2
        assert tuple(tx.one(LIFTED)) == ("origin", "trueup_app")
        (name,) = {row.name for row in tx.many(statement("select name from billing.plan"))}
        assert name.endswith(" replica")
        assert not name.startswith("trueup_app ")
    with db.transaction(tenant_id=other) as tx:
        assert tx.one(statement("select count(*) as n from billing.plan")).n == 0


@pytest.mark.parametrize("is_bulk", [True, False])
def test_rows_copied_straight_hold_what_staged_rows_hold(
    db: Database, tenant_id: int, product: uuid.UUID, *, is_bulk: bool
) -> None:
    """Numbers wider than their column, jsonb, a scale to round to, and columns of nulls."""
    ours = uuid.UUID(int=7)
    prices = pa.table(
        {
            "price_id": pa.array([ours.bytes], pa.binary(16)),
            "plan_id": pa.array([ours.bytes], pa.binary(16)),
            "currency": ["EUR"],
            "model": ["graduated"],
            "tiers": ['[{"up_to": null}]'],
            "unit_amount_micros": pa.nulls(1),
            "effective_from": pa.nulls(1),
        }
    )
    wide = plans(product).set_column(0, "plan_id", prices.column("plan_id"))
    wide = wide.set_column(
        wide.column_names.index("interval_count"), "interval_count", pa.array([3], pa.int64())
    )
    with db.transaction(tenant_id=tenant_id) as tx:
        if is_bulk:
            tx.check_references_by_set()
        tx.insert("billing.plan", wide)
        tx.insert("billing.price", prices)
        found = tx.one(
            statement("""
            select plan.interval_count, tiers -> 0 ? 'up_to' as has_limit, unit_amount_micros as amount
              from billing.plan join billing.price using (tenant_id, plan_id)""")
        )
    assert tuple(found) == (3, True, None)


@pytest.mark.parametrize("by_set", [True, False])
def test_rows_of_no_tenant_are_refused(db: Database, *, by_set: bool) -> None:
    """Also where a table refers to nothing but its tenant."""
    assert refused(db, 99_999, "billing.product", products(KNOWN), by_set=by_set).constraint == (
        "product_tenant_fkey"
    )


@pytest.mark.parametrize("by_set", [True, False])
def test_a_refused_row_is_told_by_its_constraint_and_not_by_what_it_holds(
    db: Database, tenant_id: int, *, by_set: bool
) -> None:
    """Proves D60: a name in an error is a name in a log."""
    rows = customers(None).append_column("name", pa.array(["Erika Mustermann"]))
    unknown = rows.set_column(rows.column_names.index("status"), "status", pa.array(["asleep"]))
    broken = refused(db, tenant_id, "billing.customer", unknown, by_set=by_set)
    assert broken.constraint == "customer_status_known"
    assert "Mustermann" not in f"{broken} {broken.fields}"


def test_a_position_that_the_server_gives_out_is_not_taken_from_rows(
    db: Database, tenant_id: int
) -> None:
    facts = pa.table({"position": pa.array([7], pa.int64())})
    with pytest.raises(Defect), db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("events.outbox", facts)


def test_what_fails_on_the_way_takes_role_and_triggers_back(
    db: Database, tenant_id: int, database_url: str
) -> None:
    """A type that cannot be encoded fails before the server hears of it."""
    with psycopg.connect(database_url) as owner:
        owner.execute("alter table billing.product add column opens time")
    rows = products(KNOWN).append_column("opens", pa.array([1], pa.time64("ns")))
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        with pytest.raises(ValueError, match=r"(?i)time|type|unsupported"):
            tx.insert("billing.product", rows)
        assert tuple(tx.one(LIFTED)) == ("origin", "trueup_app")


def test_a_number_too_wide_for_its_column_is_refused_by_the_server(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    wide = plans(product).drop_columns(["interval_count"])
    with pytest.raises(ValueUnfit), db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.plan", wide.append_column("interval_count", pa.array([2**40])))


@pytest.mark.parametrize(
    "change",
    [
        # a trigger of another kind
        "create trigger counted before insert on billing.plan for each row execute function tenancy.refuse_change()",
        # a key that waits for the commit
        "alter table billing.plan alter constraint plan_product_fkey deferrable",
        # a parent that nothing keeps
        "drop trigger referenced_rows_stay on billing.product",
    ],
)
def test_what_the_set_cannot_check_its_triggers_check(
    db: Database, tenant_id: int, product: uuid.UUID, database_url: str, change: str
) -> None:
    spying = "current_setting('session_replication_role')"
    with psycopg.connect(database_url) as owner:
        owner.execute(f"alter table billing.plan alter column name set default {spying}".encode())
        owner.execute(change.encode())
    rows = plans(product).drop_columns(["name"])
    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        if "before insert" in change:
            with pytest.raises(FactUnchangeable):
                tx.insert("billing.plan", rows)
            return
        tx.insert("billing.plan", rows)
        assert tx.one(statement("select name from billing.plan")).name == "origin"


def test_a_login_that_may_not_lift_triggers_loads_by_them(
    db: Database, tenant_id: int, product: uuid.UUID, database_url: str
) -> None:
    with db.owner_transaction() as tx:
        tx.execute(
            statement(
                "do $$ begin create role humble login in role trueup_app noinherit; "
                "exception when duplicate_object then null; end $$"
            )
        )
    with Database.connect(database_url.replace("trueup@", "humble@")) as humble:
        broken = refused(humble, tenant_id, "billing.plan", plans(UNKNOWN), by_set=True)
        assert broken.constraint == "plan_product_fkey"
        with humble.transaction(tenant_id=tenant_id) as tx:
            tx.check_references_by_set()
            assert tx.insert("billing.plan", plans(product)) == 1


def test_every_table_that_is_referred_to_awaits_its_referrers(db: Database) -> None:
    """A migration that adds a foreign key calls `tenancy.guard_referenced`."""
    missing = statement("""
        select distinct f.confrelid::regclass::text as parent from pg_constraint f
         where f.contype = 'f'
           and not exists (select from pg_trigger t where t.tgrelid = f.confrelid
                              and t.tgname = 'referenced_rows_stay')""")
    with db.owner_transaction() as tx:
        assert tx.many(missing) == []


def remove_product(tx: Tx) -> int:
    return tx.execute(statement("delete from billing.product"))


def test_a_parent_is_not_removed_while_its_children_are_loaded(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    """The deleter cannot see rows that are not committed: it waits, then its own check refuses."""
    outcome: list[object] = []

    def remove() -> None:
        try:
            with db.transaction(tenant_id=tenant_id) as tx:
                outcome.append(remove_product(tx))
        except ConstraintBroken as broken:
            outcome.append(broken.constraint)

    with db.transaction(tenant_id=tenant_id) as tx:
        tx.check_references_by_set()
        tx.insert("billing.plan", plans(product))
        deleter = threading.Thread(target=remove)
        deleter.start()
        wait_for_waiter(db)
        assert outcome == []
    deleter.join(30)
    assert outcome == ["plan_product_fkey"]


def test_a_parent_that_is_being_removed_is_none(
    db: Database, tenant_id: int, product: uuid.UUID
) -> None:
    outcome: list[str] = []

    def load() -> None:
        outcome.append(
            refused(db, tenant_id, "billing.plan", plans(product), by_set=True).constraint
        )

    with db.transaction(tenant_id=tenant_id) as tx:
        assert remove_product(tx) == 1
        loader = threading.Thread(target=load)
        loader.start()
        wait_for_waiter(db)
    loader.join(30)
    assert outcome == ["plan_product_fkey"]


def wait_for_waiter(db: Database) -> None:
    """Until another transaction of this database waits for an advisory lock."""
    waiting = statement(
        "select count(*) as n from pg_locks where locktype = 'advisory' and not granted "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    for _ in range(3_000):
        with db.owner_transaction() as tx:
            if tx.one(waiting).n:
                return
            tx.one(statement("select pg_sleep(0.01)::text as slept"))
    pytest.fail("nobody waits")
