"""Invoices written to files, as a user does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.service.billing.issued_world import PEOPLE, bill, sell
from tests.service.billing.rows import ident, rows
from tests.service.cli.command_line import CommandLine

from trueup.billing.customers import service as customers
from trueup.billing.customers.model import CUSTOMER
from trueup.billing.invoicing import service as invoicing
from trueup.billing.invoicing.model import INVOICE, LINE_ITEM
from trueup.cli import failures
from trueup.db import Database, create_tenant

LETTERHEAD = """
[de]
address = ["Speicherstraße 14"]
city = "Hamburg"
legal_id = "HRB 130517"
iban = "DE02 1203 0000 0000 2020 51"
logo = "logo.svg"
"""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'


@pytest.fixture
def trueup(
    tmp_path: Path, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    tenant_id = create_tenant(db, "default")
    with db.transaction(tenant_id=tenant_id) as tx:
        sell(tx)
    bill(db, tenant_id, *PEOPLE)
    return CommandLine(tmp_path / "home", database_url)


@pytest.fixture
def letterhead(tmp_path: Path) -> Path:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    file = tmp_path / "letterhead.toml"
    file.write_text(LETTERHEAD, encoding="utf-8")
    return file


def test_an_invoice_is_written_as_a_page_and_as_e_invoices(trueup, letterhead, tmp_path):
    page = trueup("invoice", "pdf", "RE-000001", "--letterhead", letterhead)
    assert (page.status, page.out) == (0, "RE-000001 is in RE-000001.pdf\n"), page.err
    assert (tmp_path / "RE-000001.pdf").read_bytes().startswith(b"%PDF")
    for form, ending, marks in (
        ("ubl", "xml", ["<cbc:ID>RE-000001</cbc:ID>", "HRB 130517", "DE02120300000000202051"]),
        ("cii", "xml", ["RE-000001", "urn:cen.eu:en16931:2017"]),
        ("factur-x", "pdf", []),
    ):
        file = tmp_path / f"{form}.{ending}"
        ended = trueup(
            "invoice", "xml", "RE-000001", "-f", form, "--letterhead", letterhead, "-o", file
        )
        assert ended.status == 0, ended.err
        content = file.read_bytes()
        assert content.startswith(b"<?xml" if ending == "xml" else b"%PDF")
        assert [mark for mark in marks if mark.encode() not in content] == []


def test_no_form_of_an_invoice_is_written_over_another(trueup, letterhead, tmp_path):
    trueup("invoice", "pdf", "RE-000001", "--letterhead", letterhead)
    for form in ("ubl", "cii", "factur-x"):
        trueup("invoice", "xml", "RE-000001", "-f", form, "--letterhead", letterhead)
    assert sorted(file.name for file in tmp_path.glob("RE-*")) == [
        "RE-000001.cii.xml",
        "RE-000001.factur-x.pdf",
        "RE-000001.pdf",
        "RE-000001.ubl.xml",
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_whole_run_is_written_one_file_each(trueup, letterhead, tmp_path, workers):
    ended = trueup("invoice", "all", tmp_path / "out", "-f", "ubl", "--letterhead", letterhead, "--workers", workers)  # fmt: skip
    assert ended.status == 0, ended.err
    files = sorted((tmp_path / "out").iterdir())
    assert f"{len(files)} documents in" in ended.said
    assert f"documents: {len(files)} files done" in ended.said
    assert len(files) >= 5
    assert all(file.suffix == ".xml" for file in files)


def test_what_cannot_be_an_e_invoice_is_named_and_the_others_are_written(trueup, tmp_path):
    """Without a letterhead nobody identifies the seller where VAT ids may not stand (BR-CO-26)."""
    ended = trueup("invoice", "all", tmp_path / "out", "--format", "cii", "--workers", 2)
    assert ended.status == failures.INCOMPLETE
    assert "could not be written" in ended.err
    assert "seller.legal_id" in ended.said
    assert list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("arguments", "said"), [
    (["pdf", "RE-9"], "There is no invoice 'RE-9'."),
    (["pdf", "RE-000001", "--language", "pl"], "no words for the locale 'pl'"),
    (["pdf", "RE-000001", "--tenant", "nobody"], "There is no tenant named 'nobody'."),
])  # fmt: skip
def test_what_cannot_be_written_says_why(trueup, arguments, said):
    ended = trueup("invoice", *arguments)
    assert ended.status == failures.REFUSED
    assert said in ended.said


@pytest.mark.parametrize(("text", "why"), [
    ("[de", "TOML"), ('[de]\ntown = "Ulm"', "town"), ('[de]\nlogo = "none.svg"', "none.svg"),
])  # fmt: skip
def test_a_letterhead_that_is_wrong_is_refused(trueup, tmp_path, text, why):
    file = tmp_path / "letterhead.toml"
    file.write_text(text, encoding="utf-8")
    ended = trueup("invoice", "pdf", "RE-000001", "--letterhead", file)
    assert ended.status == failures.REFUSED
    assert "letterhead" in ended.said
    assert why == "TOML" or why in ended.said


def test_nothing_billed_is_nothing_to_write(tmp_path, db, database_url):
    tenant_id = create_tenant(db, "default")
    command = CommandLine(tmp_path / "home", database_url)
    ended = command("invoice", "all", tmp_path / "out")
    assert ended.status == failures.REFUSED
    assert "Nothing was billed yet." in ended.said
    with db.transaction(tenant_id=tenant_id) as tx:
        customers.import_customers(tx, rows(CUSTOMER, {"customer_id": ident("anna")}))
        invoicing.import_invoices(
            tx,
            rows(
                INVOICE, {"invoice_id": ident("a"), "customer_id": ident("anna"), "number": "A/1"}
            ),
            rows(LINE_ITEM),
        )
    assert "no legal entity" in command("invoice", "pdf", "A/1").said
