"""How names of tables and columns are read."""

from __future__ import annotations

import pytest

from trueup.migration.assessment.rules.names import kind_of, shared_prefix, singular, snake


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("InvoiceLine", "invoice_line"),
        ("invoice-line", "invoice_line"),
        ("INVOICE_LINE", "invoice_line"),
        ("HTTPStatus", "http_status"),
        ("customerID", "customer_id"),
        ("légende", "l_gende"),  # letters beyond ASCII part words, nothing fails
    ],
)
def test_a_name_reads_the_same_however_it_is_written(name, read):
    assert snake(name) == read


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("invoices", "invoice"),
        ("categories", "category"),
        ("taxes", "tax"),
        ("batches", "batch"),
        ("status", "status"),
        ("address", "address"),
        ("tax_ids", "tax_id"),
        ("ties", "tie"),
    ],
)
def test_the_last_word_reads_in_the_singular(plural, one):
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("tables", "prefix"),
    [
        (["legacy_invoices", "legacy_credits"], "legacy_"),
        (["acme_bill_invoices", "acme_bill_items"], "acme_bill_"),
        (["invoices", "credits"], ""),
        (["invoice", "invoice_line"], "invoice_"),
        (["legacy_invoices"], ""),  # one table shares nothing
    ],
)
def test_tables_share_a_prefix_of_whole_words(tables, prefix):
    assert shared_prefix(tables) == prefix


@pytest.mark.parametrize(
    ("table", "prefix", "kind"),
    [
        ("legacy_customers", "legacy_", "customer"),
        ("Client", "", "customer"),
        ("tbl_charges", "tbl_", "payment"),
        ("legacy_credit_notes", "legacy_", "credit_note"),
        ("webhook_events", "", ""),
    ],
)
def test_a_table_tells_by_its_name_what_it_holds(table, prefix, kind):
    assert kind_of(table, prefix) == kind
