"""How names of tables and columns are read: CamelCase or snake, singular or plural, prefixed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"[^0-9A-Za-z]+")

_KINDS: Final = {
    "customer": ("customer", "client", "buyer", "payer"),
    "tax_identity": ("tax_id", "tax_identity", "vat_id", "vat_number"),
    "payment_method": ("payment_method", "card", "payment_source", "mandate"),
    "plan": ("plan", "product", "tariff"),
    "price": ("plan_price", "price", "price_version"),
    "subscription": ("subscription", "contract"),
    "discount": ("discount", "coupon"),
    "invoice": ("invoice", "bill"),
    "credit_note": ("credit_note", "credit_memo"),
    "pending_item": ("pending_item", "invoice_item"),
    "payment": ("payment", "charge"),
    "refund": ("refund",),
    "dispute": ("dispute", "chargeback"),
    "credit": ("credit", "customer_credit"),
    "credit_application": ("credit_application",),
    "usage_event": ("usage_event", "usage_record", "usage"),
    "person": ("employee", "user", "contact", "person"),
}
_KIND_OF: Final = {name: kind for kind, names in _KINDS.items() for name in names}


def snake(name: str) -> str:
    """`InvoiceLine`, `invoice-line` and `INVOICE_LINE` as `invoice_line`."""
    return _NOT_WORD.sub("_", _WORD_STARTS.sub("_", name)).strip("_").lower()


def singular(name: str) -> str:
    """The last word of a snake name in the singular, as far as English rules go."""
    if name.endswith("ies") and len(name) > len("ties"):
        return name[:-3] + "y"
    if name.endswith(("ses", "xes", "ches", "shes", "sses")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name


def shared_prefix(tables: Sequence[str]) -> str:
    """The words all tables' snake names begin with, such as `legacy_`; empty for fewer than two."""
    names = [snake(name) for name in tables]
    if len(names) < 2:  # noqa: PLR2004  one name would be its own prefix
        return ""
    words = [name.split("_") for name in names]
    shared: list[str] = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "".join(f"{word}_" for word in shared)


def subject(table: str, prefix: str) -> str:
    """What one row of `table` is, without the tables' prefix: customer for `legacy_customers`."""
    return singular(snake(table).removeprefix(prefix))


def kind_of(table: str, prefix: str) -> str:
    """The billing entity a table seems to hold, by its name; empty when it says nothing."""
    return _KIND_OF.get(subject(table, prefix), "")
