"""A migrated customer asks for an old invoice: it has its number, its day and its tax, and is valid."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.service.cli.command_line import CommandLine

from trueup.billing.documents.model import Format
from trueup.billing.documents.requirements import DECIMALS_MAX
from trueup.billing.documents.service import render
from trueup.billing.documents.validation import Validator
from trueup.billing.invoicing import issued
from trueup.db import Database, find_tenant

ISSUED = """
    select number, customer_id, issued_at, total_micros, tax_micros from billing.invoice
     where status not in ('draft', 'void') order by number
"""
NOTES = "select number, amount_micros, tax_micros from billing.credit_note where status = 'issued'"
E_INVOICES = 40


@pytest.fixture
def migrated(tmp_path: Path, database_url: str) -> str:
    """The sample's books in the target, and who issues from now on."""
    trueup = CommandLine(tmp_path / "home", database_url)
    legacy = tmp_path / "legacy.db"
    assert (
        trueup("sample", "legacy", "--to", legacy, "--customers", 15, "--dirt", "none").status == 0
    )
    assert (
        trueup("migrate", legacy, "--pack", "legacy-001", "--work", tmp_path / "work").status == 0
    )
    entity = ("--name", "Nordlicht GmbH", "--country", "DE", "--vat-number", "DE136695976")
    assert trueup("bill", "entity", "de", *entity).status == 0
    return database_url


def test_every_imported_invoice_and_note_is_a_document_with_its_own_figures(
    migrated: str, db: Database
) -> None:
    tenant_id = find_tenant(db, "default")
    assert tenant_id is not None
    with psycopg.connect(migrated) as connection:
        kept, notes = connection.execute(ISSUED).fetchall(), connection.execute(NOTES).fetchall()
    assert len(kept) > E_INVOICES
    with db.transaction(tenant_id=tenant_id) as tx:
        documents = [issued.document(tx, number) for number, *_ in kept]
        credited = [issued.document(tx, number) for number, *_ in notes]
    for (number, _, issued_at, total, tax), document in zip(kept, documents, strict=True):
        assert document.number == number
        assert abs((document.issued_on - issued_at.date()).days) <= 1  # of the customer's zone
        assert (document.totals.gross.micros, document.totals.tax.micros) == (total, tax)
    for (_, amount, tax), document in zip(notes, credited, strict=True):
        assert (document.totals.gross.micros, document.totals.tax.micros) == (amount, tax)
    with Validator() as validator:
        # EN 16931 takes two decimals, which dinars of Kuwait do not fit into.
        fitting = [each for each in documents if each.currency.exponent <= DECIMALS_MAX]
        notes_fitting = [each for each in credited if each.currency.exponent <= DECIMALS_MAX]
        for document in [*fitting[:E_INVOICES], *notes_fitting[:5]]:
            assert render(document, Format.UBL, validator=validator)
