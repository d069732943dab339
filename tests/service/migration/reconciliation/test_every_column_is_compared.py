"""No column of billing is left uncompared, except with a stated reason."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from trueup.migration import reconciliation
from trueup.migration.reconciliation.comparable import ENTITIES

NOT_IMPORTED = {"billing.number_series": "our own counters; the load reserves what is taken"}
TENANT = "tenant_id"
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


def test_every_table_of_billing_is_some_entitys(database_url):
    compared = {entity.table for entity in ENTITIES.values()}
    assert set(columns_of_billing(database_url)) - compared == set(NOT_IMPORTED)


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_column_is_compared_or_says_why_not(database_url, entity):
    columns = columns_of_billing(database_url)[entity.table] - {TENANT}
    assert columns - entity.columns - set(entity.not_compared) == set()
    assert entity.columns | set(entity.not_compared) <= columns
    assert all(entity.not_compared.values())


def test_the_readme_tells_pack_authors_the_fields_that_are_compared():
    told = dict(re.findall(r"^\| (\w+) \| ([\w, ]+) \|$", README.read_text("utf-8"), re.MULTILINE))
    for name, entity in ENTITIES.items():
        assert told[name].split(", ") == list(entity.fields)
