from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID


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


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer of our own.  time_zone: whose days their subscriptions count (B4).

    country: two letters; with region and postal code it is where tax is due.  locale: the language
    and number format of their documents, such as `de-AT`; None is English.
    """

    customer_id: UUID
    name: str
    currency: str
    time_zone: str = "UTC"
    email: str | None = None
    company: str | None = None
    locale: str | None = None
    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    is_tax_exempt: bool = False
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class NewTaxIdentity:
    """What identifies a customer to a tax office.

    country: of the registry; the customer's where it is None.  For a certificate, the place it
    exempts from tax: a country, or `US-TX`.  valid_until: the last day; None is open.
    evidence: the reference of the registry's answer; None as long as nobody asked it.
    """

    tax_identity_id: UUID
    customer_id: UUID
    kind: TaxIdentityKind
    value: str
    country: str | None = None
    valid_until: date | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """What is to be true of a customer from now on; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
    company: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    is_tax_exempt: bool | None = None


CUSTOMER: Final = Columns(
    "billing.customer",
    required=("customer_id", "time_zone", "is_tax_exempt", "status", "created_at"),
    optional=(
        "name",
        "email",
        "phone",
        "company",
        "currency",
        "locale",
        "address_line1",
        "address_line2",
        "city",
        "region",
        "postal_code",
        "country",
        "psp",
        "psp_customer_id",
        "closed_at",
    ),
    # Not the telephone: international numbers have the length of cards, and one in ten passes Luhn.
    free_text=("name", "company", "address_line1", "address_line2"),
    tokens=("psp_customer_id",),
)
CUSTOMER_LINK: Final = Columns("billing.customer", required=("customer_id", "parent_customer_id"))
TAX_IDENTITY: Final = Columns(
    "billing.tax_identity",
    required=("tax_identity_id", "customer_id", "kind", "value"),
    optional=("country", "valid_until", "evidence"),
    # Not the value: a Saudi tax number has the shape of an American Express card.
    free_text=("evidence",),
)
PAYMENT_METHOD: Final = Columns(
    "billing.payment_method",
    required=("payment_method_id", "customer_id", "kind", "is_default", "status"),
    optional=(
        "psp",
        "psp_payment_method_id",
        "brand",
        "last4",
        "expiry_year",
        "expiry_month",
        "fingerprint",
        "mandate_reference",
        "created_at",
    ),
    free_text=("brand", "last4"),
    tokens=("psp_payment_method_id", "fingerprint", "mandate_reference"),
)
