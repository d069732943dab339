"""Which facts of our own invoices move money, and what the world is told of them.  Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from trueup.kernel.ids import derived_id, derived_ids, fingerprint
from trueup.ledger.model import Facts
from trueup.ledger.templates import INVOICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from trueup.kernel.clock import Instant
    from trueup.ledger.model import Template

FINALIZED: Final = "invoice.finalized"
PAID: Final = "invoice.paid"


def issued(invoices: pa.Table) -> Facts:
    """What invoices claim as they are issued.

    invoices: as `rows.INVOICES`, with `account_micros`, what a line of them moved of the account.
    """
    net = pc.subtract(
        pc.subtract(invoices.column("subtotal_micros"), invoices.column("account_micros")),
        invoices.column("discount_micros"),
    )
    return Facts(INVOICE, _facts(invoices).append_column("net_micros", net))


def of_invoices(template: Template, invoices: pa.Table) -> Facts:
    return Facts(template, _facts(invoices))


def announced(invoices: pa.Table, kind: str) -> pa.Table:
    """A fact for each of `invoices`, as `events` takes it."""
    ids = invoices.column("invoice_id")
    payload = pc.binary_join_element_wise(
        '{"customer_id":"',
        pc.cast(_hex(invoices.column("customer_id")), pa.string()),
        '","currency":"',
        invoices.column("currency"),
        '","total_micros":',
        pc.cast(invoices.column("total_micros"), pa.string()),
        "}",
        "",
    )
    return pa.table(
        {
            "event_id": derived_ids(ids, fingerprint("event", kind)),
            "kind": pa.repeat(kind, invoices.num_rows),
            "subject_id": ids,
            "occurred_at": invoices.column("issued_at"),
            "payload": payload,
        }
    )


def told(subject: UUID, kind: str, at: Instant, payload: Mapping[str, Any]) -> pa.Table:
    """One fact about one thing."""
    return pa.table(
        {
            "event_id": pa.array([derived_id(subject, "event", kind).bytes], pa.binary(16)),
            "kind": pa.array([kind]),
            "subject_id": pa.array([subject.bytes], pa.binary(16)),
            "occurred_at": pa.array([at], pa.timestamp("us", "UTC")),
            "payload": pa.array([json.dumps(dict(payload))]),
        }
    )


def _hex(ids: pa.ChunkedArray) -> pa.Array:
    """Ids as 32 hexadecimal digits."""
    data = b"".join(ids.to_pylist()).hex()
    return pa.array([data[at : at + 32] for at in range(0, len(data), 32)], pa.string())


def _facts(invoices: pa.Table) -> pa.Table:
    renamed = {"invoice_id": "entry_id", "issued_at": "effective_at"}
    wanted = (
        "invoice_id",
        "customer_id",
        "currency",
        "issued_at",
        "subtotal_micros",
        "tax_micros",
        "put_aside_micros",
    )
    return pa.table({renamed.get(name, name): invoices.column(name) for name in wanted})
