"""No column that an import writes is left uncompared, except with a stated reason."""

from __future__ import annotations

import re
from pathlib import Path

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
from trueup.migration import reconciliation
from trueup.migration.reconciliation.comparable import ENTITIES

MODELS = (catalog, credits_, customers, invoicing, metering, payments, subscriptions)
IMPORTED = {
    columns.table: set(columns.names)
    for model in MODELS
    for columns in vars(model).values()
    if isinstance(columns, Columns) and columns is not customers.CUSTOMER_LINK
}
"""The columns an import can write; every other one keeps the default that a new row has."""

README = Path(reconciliation.__file__).parent / "README.md"


def columns_of_billing(url):
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
            " where table_schema = 'billing'"
        ).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


def test_every_table_an_import_fills_is_some_entitys():
    assert {entity.table for entity in ENTITIES.values()} == set(IMPORTED)


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_column_is_compared_or_says_why_not(database_url, entity):
    columns = columns_of_billing(database_url)[entity.table]
    assert IMPORTED[entity.table] - entity.columns - set(entity.not_compared) == set()
    assert entity.columns | set(entity.not_compared) <= columns
    assert all(entity.not_compared.values())


def test_the_readme_tells_pack_authors_the_fields_that_are_compared():
    told = dict(re.findall(r"^\| (\w+) \| ([\w, ]+) \|$", README.read_text("utf-8"), re.MULTILINE))
    for name, entity in ENTITIES.items():
        assert told[name].split(", ") == list(entity.fields)
