from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from trueup.migration.sources.errors import AmbiguousNames
from trueup.migration.sources.model import Names
from trueup.migration.sources.naming import snake_case
from trueup.migration.sources.snapshot import write_snapshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("invoice_line", "invoice_line"),  # as PostgreSQL people write it
        ("InvoiceLine", "invoice_line"),
        ("customerID", "customer_id"),
        ("StreamingTV", "streaming_tv"),
        ("VATRate", "vat_rate"),
        ("INVOICE_LINE", "invoice_line"),  # as Oracle people write it
        ("Telco-Customer-Churn", "telco_customer_churn"),
        ("Amount (net)", "amount_net"),  # as spreadsheets have it
        ("AddressLine1", "address_line1"),
        ("Müller Straße", "müller_straße"),
        ("%", "%"),
    ],
)
def test_one_name_stands_for_every_spelling(written, read):
    assert snake_case(written) == read
    assert snake_case(read) == read


def test_a_snapshot_is_read_in_snake_case_without_being_written_again(tmp_path: Path):
    rows = pa.table({"InvoiceId": [1, 2], "Total": ["0.99", "1.99"]})
    written = write_snapshot(
        tmp_path / "s", {"InvoiceLine": rows}, primary_keys={"InvoiceLine": ["InvoiceId"]}
    )
    read = written.named(Names.SNAKE_CASE)
    (table,) = read.tables
    assert (table.name, table.primary_key) == ("invoice_line", ("invoice_id",))
    assert [column.name for column in table.columns] == ["invoice_id", "total"]
    assert read.hash == written.hash
    with duckdb.connect() as connection:
        read.attach(connection)
        found = connection.execute("select invoice_id, total from source.invoice_line").fetchall()
    assert found == [(1, "0.99"), (2, "1.99")]
    assert written.named(Names.AS_WRITTEN) is written


def test_names_that_become_one_are_refused_as_the_source_writes_them(tmp_path: Path):
    written = write_snapshot(tmp_path / "s", {"a": pa.table({"PlanId": [1], "plan_id": [1]})})
    with pytest.raises(AmbiguousNames, match=r"columns of a .* PlanId, plan_id"):
        written.named(Names.SNAKE_CASE)
