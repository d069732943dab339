from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from trueup.kernel.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.discounts.model import Discount, DiscountUse, SpendableCredit
    from trueup.billing.drafting.model import (
        BilledLine,
        DraftCreditNote,
        DraftInvoice,
        InvoiceFacts,
        LeftOut,
        UsageEvent,
    )
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.model import Record, Subscription
    from trueup.billing.taxes.model import Buyer, Seller, Treatment


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


class InvoiceKind(StrEnum):
    CYCLE = "cycle"  # what a period or an order made due
    THRESHOLD = "threshold"  # usage that crossed an amount before its period ended
    MANUAL = "manual"  # what a person wrote


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """Who issues invoices, and the series their numbers come from (B40).

    takes_tax: False says that no invoice carries tax; it is never assumed.
    grace_days: how long an invoice stays a draft (B49).
    tax_currency: of its tax office; invoices in another one tell their tax in it too (BT-6).
    least_due: by currency, the least that is collected; of which less would be due, waits (B18).
    time_zone: whose days are meant by dates that concern no single customer.
    """

    legal_entity_id: UUID
    code: str
    name: str
    seller: Seller
    takes_tax: bool
    invoice_prefix: str
    credit_note_prefix: str
    digits: int = 6
    grace_days: int = 0
    is_default: bool = False
    time_zone: str = "UTC"
    tax_currency: str | None = None
    least_due: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MendedEntity:
    """What is set right of a legal entity; None leaves it.

    least_due: by currency, in micro-units; of a currency that is not named it stays.
    """

    name: str | None = None
    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    vat_number: str | None = None
    collects_in: frozenset[str] | None = None
    time_zone: str | None = None
    least_due: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription that a run has claimed.  at: when it owes something; bill it as of then."""

    subscription_id: UUID
    customer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Books:
    """What stands of one subscription's earlier invoices.

    billed: by item key.  facts: by line key, of the invoice it is on.
    """

    billed: Mapping[str, tuple[BilledLine, ...]] = field(default_factory=dict)
    facts: Mapping[str, InvoiceFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PendingItem:
    """A charge, or below zero a credit, that waits for an invoice.

    goes_with: the subscription whose next invoice it is for; None: any of the customer's.
    invoice_id: the draft that bills it and is drafted anew; None: none yet.
    """

    pending_item_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    goes_with: UUID | None
    legal_entity_id: UUID | None
    dialect: str | None
    description: str
    currency: str
    amount_micros: int
    occurred_at: datetime | None
    invoice_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewPendingItem:
    """An amount that was agreed as it is: taxed, never discounted.  Below zero it is given back.

    amount_micros: whole steps of `currency`.  subscription_id: with whose invoice it goes; None:
    with any of the customer's.
    """

    pending_item_id: UUID
    customer_id: UUID
    description: str
    currency: str
    amount_micros: int
    occurred_at: datetime
    subscription_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that decides what some subscriptions owe, read in a fixed number of queries.

    asked_from: from which window on usage is asked for, where it is not from the first.
    """

    subscriptions: Mapping[UUID, Subscription]
    books: Mapping[UUID, Books]
    usage: Mapping[UUID, tuple[UsageEvent, ...]]
    discounts: Mapping[UUID, tuple[Discount, ...]]
    credits: Mapping[tuple[UUID, str], tuple[SpendableCredit, ...]]
    buyers: Mapping[UUID, Buyer]
    pending: Mapping[tuple[UUID, str], tuple[PendingItem, ...]] = field(default_factory=dict)
    asked_from: Mapping[UUID, Point] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """A part of a credit that settles a part of an invoice."""

    credit_id: UUID
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice as it is about to be written, and the notes that go with it.

    subscription: None where several share the invoice.  notes: by invoice they correct.
    pending: items that waited for it.
    """

    invoice_id: UUID
    customer_id: UUID
    subscription: UUID | None
    currency: str
    at: datetime
    due_at: datetime
    entity: LegalEntity
    draft: DraftInvoice | None
    treatment: Treatment | None
    tax_fact: Mapping[str, Any] | None
    spent: tuple[Spent, ...] = ()
    discount_uses: tuple[DiscountUse, ...] = ()
    notes: tuple[DraftCreditNote, ...] = ()
    account_micros: int = 0
    is_settled_by_line: bool = False
    kind: InvoiceKind = InvoiceKind.CYCLE
    pending: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Parked:
    """A subscription that could not be billed: why, and what a person can do."""

    subscription_id: UUID
    customer_id: UUID
    code: str
    sentence: str
    fix: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some due subscriptions: each is in `advanced` or in `parked`.

    left_out: usage of those advanced that is on no bill, told before or not.
    """

    bills: tuple[Bill, ...]
    advanced: tuple[Record, ...]
    parked: tuple[Parked, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """Rows to be written, a table each; numbers and instants of issue are given at the end."""

    invoices: pa.Table
    lines: pa.Table
    derivations: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a part of a run did.

    money: totals by currency, never summed across (B20).  refreshed: drafts that usage changed.
    left_out: of how many subscriptions' meters and periods it met usage that is on no bill.
    """

    due: int = 0
    billed: int = 0
    quiet: int = 0
    parked: int = 0
    invoices: int = 0
    money: Mapping[str, int] = field(default_factory=dict)
    refreshed: int = 0
    left_out: int = 0

    def plus(self, other: Tally) -> Tally:
        money = dict(self.money)
        for currency, micros in other.money.items():
            money[currency] = money.get(currency, 0) + micros
        return Tally(
            self.due + other.due,
            self.billed + other.billed,
            self.quiet + other.quiet,
            self.parked + other.parked,
            self.invoices + other.invoices,
            money,
            self.refreshed + other.refreshed,
            self.left_out + other.left_out,
        )


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
