"""What is known of a customer, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from trueup.billing.customers import service as customers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from trueup.db import Tx


def others_told(rows: Sequence[Any]) -> str:
    """That there are others, for who may have made a customer twice."""
    others = ", ".join(str(row.customer_id) for row in rows)
    return (
        f"Another customer has this name or e-mail address: {others}. If it is the same one, close "
        "one of them (`trueup customer close`); both are named by their ids."
    )


def record_of(tx: Tx, customer_id: UUID) -> dict[str, Any]:
    """The customer's row with tax numbers and certificates."""
    record, identities = customers.shown(tx, customer_id)
    known: dict[str, Any] = record._asdict()
    return known | {"tax_identities": identities}


def record_lines(known: Mapping[str, Any]) -> Iterator[Text]:
    """What is known of a customer, by what it is called."""
    town = " ".join(filter(None, (known[name] for name in ("postal_code", "city", "region"))))
    parts = (known["address_line1"], known["address_line2"], town, known["country"])
    told = {
        "id": str(known["customer_id"]),
        "name": known["name"],
        "company": known["company"],
        "e-mail": known["email"],
        "address": ", ".join(part for part in parts if part),
        "currency": known["currency"],
        "time zone": known["time_zone"],
        "locale": known["locale"],
        "tax exempt": "yes" if known["is_tax_exempt"] else None,
        "status": known["status"],
        "billed by": "this platform" if known["authority"] == "target" else "its source",
    }
    for label, value in told.items():
        if value:
            yield Text.assemble((f"  {label:14}", "dim"), value)
    for row in known["tax_identities"]:
        checked = "checked" if row.evidence else "unchecked"
        until = "" if row.valid_until is None else f", until {row.valid_until}"
        yield Text.assemble((f"  {row.kind:14}", "dim"), f"{row.value}  {checked}{until}")
