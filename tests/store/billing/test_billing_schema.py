"""Python and the schema name the same columns."""

from __future__ import annotations

import psycopg
import pytest

from trueup.billing.catalog import model as catalog
from trueup.billing.credits import model as credits_
from trueup.billing.customers import model as customers
from trueup.billing.invoicing import model as invoicing
from trueup.billing.metering import model as metering
from trueup.billing.payments import model as payments
from trueup.billing.subscriptions import model as subscriptions
from trueup.kernel.columns import Columns

MODELS = (catalog, credits_, customers, invoicing, metering, payments, subscriptions)
CONTRACTS = [
    value
    for model in MODELS
    for value in vars(model).values()
    if isinstance(value, Columns) and value is not customers.CUSTOMER_LINK
]
DECIDED_HERE = {"tenant_id", "authority", "authority_epoch", "origin", "parent_customer_id"}


@pytest.mark.parametrize("columns", CONTRACTS, ids=lambda columns: columns.table)
def test_an_import_takes_every_column_of_its_table(database_url, columns):
    with psycopg.connect(database_url) as connection:
        found = dict(connection.execute(
            "select column_name, is_nullable from information_schema.columns where table_schema || '.' || table_name = %s", (columns.table,)
        ).fetchall())  # fmt: skip
    assert (
        set(columns.required)
        == {name for name, is_nullable in found.items() if is_nullable == "NO"} - DECIDED_HERE
    )
    assert (
        set(columns.optional)
        == {name for name, is_nullable in found.items() if is_nullable == "YES"} - DECIDED_HERE
    )
    assert set(columns.free_text) <= set(columns.names)


def test_every_table_of_billing_is_imported_or_ours_alone(database_url):
    with psycopg.connect(database_url) as connection:
        tables = {
            name
            for (name,) in connection.execute(
                "select schemaname || '.' || tablename from pg_tables where schemaname = 'billing'"
            )
        }
    assert tables - {columns.table for columns in CONTRACTS} == {"billing.number_series"}
