"""Python and the schema name the same columns and the same values."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize(("constraint", "values"), [
    ("customer_status_known", customers.CustomerStatus),
    ("customer_authority_known", customers.Authority),
    ("customer_origin_known", customers.Origin),
    ("tax_identity_kind_known", customers.TaxIdentityKind),
    ("payment_method_kind_known", customers.PaymentMethodKind),
    ("payment_method_status_known", customers.PaymentMethodStatus),
    ("plan_interval_known", catalog.Interval),
    ("price_model_known", catalog.PriceModel),
    ("subscription_status_known", subscriptions.SubscriptionStatus),
    ("subscription_collection_known", subscriptions.CollectionMethod),
    ("invoice_status_known", invoicing.InvoiceStatus),
    ("invoice_origin_known", customers.Origin),
    ("credit_note_status_known", invoicing.CreditNoteStatus),
    ("number_series_document_known", invoicing.Document),
    ("payment_status_known", payments.PaymentStatus),
    ("refund_status_known", payments.PaymentStatus),
    ("dispute_status_known", payments.DisputeStatus),
])  # fmt: skip
def test_an_enum_lists_what_its_check_constraint_allows(database_url, constraint, values):
    with psycopg.connect(database_url) as connection:
        (definition,) = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = %s", (constraint,)
        ).fetchone()
    assert set(re.findall("'([a-z_]+)'", definition)) == {str(value) for value in values}
