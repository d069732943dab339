from __future__ import annotations

from enum import StrEnum
from typing import Final

from trueup.kernel.columns import Columns


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class CreditNoteStatus(StrEnum):
    ISSUED = "issued"
    VOID = "void"


class Document(StrEnum):
    """What carries a number of a series."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


INVOICE: Final = Columns(
    "billing.invoice",
    required=(
        "invoice_id",
        "customer_id",
        "status",
        "currency",
        "subtotal_micros",
        "discount_micros",
        "tax_micros",
        "total_micros",
        "paid_micros",
        "credited_micros",
    ),
    optional=(
        "subscription_id",
        "number",
        "issued_at",
        "due_at",
        "paid_at",
        "voided_at",
        "period_start",
        "period_end",
    ),
)
LINE_ITEM: Final = Columns(
    "billing.line_item",
    required=("line_item_id", "invoice_id", "position", "amount_micros", "tax_micros"),
    optional=(
        "description",
        "quantity",
        "unit_amount_micros",
        "tax_rate",
        "period_start",
        "period_end",
        "product_id",
    ),
    free_text=("description",),
)
CREDIT_NOTE: Final = Columns(
    "billing.credit_note",
    required=(
        "credit_note_id",
        "invoice_id",
        "number",
        "currency",
        "amount_micros",
        "tax_micros",
        "status",
        "issued_at",
    ),
    optional=("reason",),
    free_text=("reason",),
)
PENDING_ITEM: Final = Columns(
    "billing.pending_item",
    required=("pending_item_id", "customer_id", "description", "currency", "amount_micros"),
    optional=("subscription_id", "occurred_at"),
    free_text=("description",),
)
