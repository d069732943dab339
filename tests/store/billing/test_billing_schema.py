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
def test_an_import_gives_what_a_row_cannot_do_without_and_only_what_it_has(database_url, columns):
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            """select column_name, is_nullable = 'NO' and column_default is null
                 from information_schema.columns
                where table_schema || '.' || table_name = %s""",
            (columns.table,),
        ).fetchall()
    needed = {name for name, is_needed in found if is_needed}
    assert needed - DECIDED_HERE <= set(columns.required)
    assert set(columns.names) <= {name for name, _ in found} - DECIDED_HERE
    assert set(columns.free_text) <= set(columns.names)
