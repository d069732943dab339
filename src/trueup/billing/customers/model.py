from __future__ import annotations

from enum import StrEnum
from typing import Final

from trueup.kernel.columns import Columns


class CustomerStatus(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class Authority(StrEnum):
    """Who may bill, charge or mail a customer."""

    SOURCE = "source"
    TARGET = "target"


class Origin(StrEnum):
    """Where a record began."""

    NATIVE = "native"
    IMPORTED = "imported"


class TaxIdentityKind(StrEnum):
    VAT = "vat"
    GST = "gst"
    EIN = "ein"
    EXEMPTION_CERTIFICATE = "exemption_certificate"
    OTHER = "other"


class PaymentMethodKind(StrEnum):
    CARD = "card"
    BANK_DEBIT = "bank_debit"
    BANK_TRANSFER = "bank_transfer"
    WALLET = "wallet"
    CHECK = "check"
    OTHER = "other"


class PaymentMethodStatus(StrEnum):
    ACTIVE = "active"
    DETACHED = "detached"


CUSTOMER: Final = Columns(
    "billing.customer",
    (
        "customer_id",
        "name",
        "email",
        "phone",
        "company",
        "currency",
        "time_zone",
        "locale",
        "address_line1",
        "address_line2",
        "city",
        "region",
        "postal_code",
        "country",
        "parent_customer_id",
        "is_tax_exempt",
        "psp",
        "psp_customer_id",
        "status",
        "created_at",
        "closed_at",
    ),
    # Not the telephone: international numbers have the length of cards, and one in ten passes Luhn.
    free_text=("name", "company", "address_line1", "address_line2", "psp_customer_id"),
)
TAX_IDENTITY: Final = Columns(
    "billing.tax_identity",
    ("tax_identity_id", "customer_id", "kind", "value", "country", "valid_until", "evidence"),
    free_text=(
        "evidence",
    ),  # not the value: a Saudi tax number looks like an American Express card
)
PAYMENT_METHOD: Final = Columns(
    "billing.payment_method",
    (
        "payment_method_id",
        "customer_id",
        "kind",
        "psp",
        "psp_payment_method_id",
        "brand",
        "last4",
        "expiry_year",
        "expiry_month",
        "fingerprint",
        "mandate_reference",
        "is_default",
        "status",
        "created_at",
    ),
    free_text=("psp_payment_method_id", "brand", "last4", "fingerprint", "mandate_reference"),
)
