"""The entry templates: each names a business fact and the transfers it makes, as data.

A batch of a million facts and a single one go through the same template: one is a batch of one.
"""

from __future__ import annotations

from typing import Final

from trueup.ledger.chart import (
    BREAKAGE,
    CASH,
    CUSTOMER_CREDIT,
    LOSSES,
    OPENING_CASH,
    OPENING_CREDITS,
    OPENING_DISPUTES,
    OPENING_LOSSES,
    OPENING_REFUNDS,
    OPENING_REVENUE,
    OPENING_SETTLEMENT,
    OPENING_TAX,
    RECEIVABLE,
    REVENUE,
    TAX_PAYABLE,
)
from trueup.ledger.model import Leg, Template

IMPORTED_INVOICE: Final = Template(
    "imported_invoice",
    "The source issued an invoice: open, paid or uncollectible; not a draft, not a void one.",
    (
        Leg("revenue", debit=RECEIVABLE, credit=OPENING_REVENUE, amount="net_micros"),
        Leg("tax", debit=RECEIVABLE, credit=OPENING_TAX, amount="tax_micros"),
    ),
)
IMPORTED_WRITE_OFF: Final = Template(
    "imported_write_off",
    "The source gave up on what was due on an invoice.",
    (Leg("due", debit=OPENING_LOSSES, credit=RECEIVABLE, amount="due_micros"),),
)
IMPORTED_CREDIT_NOTE: Final = Template(
    "imported_credit_note",
    "The source corrected an invoice by a credit note that stands.",
    (
        Leg("revenue", debit=OPENING_REVENUE, credit=RECEIVABLE, amount="net_micros"),
        Leg("tax", debit=OPENING_TAX, credit=RECEIVABLE, amount="tax_micros"),
    ),
)
IMPORTED_PAYMENT: Final = Template(
    "imported_payment",
    "The source took a payment, for an invoice or on account.",
    (
        Leg("allocated", debit=OPENING_CASH, credit=RECEIVABLE, amount="allocated_micros"),
        Leg("on_account", debit=OPENING_CASH, credit=CUSTOMER_CREDIT, amount="on_account_micros"),
    ),
)
IMPORTED_REFUND: Final = Template(
    "imported_refund",
    "The source paid money back.",
    (Leg("refund", debit=OPENING_REFUNDS, credit=OPENING_CASH, amount="amount_micros"),),
)
IMPORTED_DISPUTE: Final = Template(
    "imported_dispute",
    "A dispute took money from the source: it is lost, or open and the funds are gone meanwhile.",
    (Leg("dispute", debit=OPENING_DISPUTES, credit=OPENING_CASH, amount="amount_micros"),),
)
IMPORTED_CREDIT: Final = Template(
    "imported_credit",
    "The source granted a credit, or, where it is negative, noted what the customer owes.",
    (Leg("grant", debit=OPENING_CREDITS, credit=CUSTOMER_CREDIT, amount="original_micros"),),
)
IMPORTED_CREDIT_APPLICATION: Final = Template(
    "imported_credit_application",
    "The source settled an invoice by a credit.",
    (Leg("application", debit=CUSTOMER_CREDIT, credit=RECEIVABLE, amount="amount_micros"),),
)
IMPORTED_CREDIT_ADJUSTMENT: Final = Template(
    "imported_credit_adjustment",
    "A credit shrank without an application to show for it: it expired or was taken back.",
    (Leg("shrinkage", debit=CUSTOMER_CREDIT, credit=OPENING_CREDITS, amount="shrunk_micros"),),
)
IMPORTED_SETTLEMENT_BY_OTHER: Final = Template(
    "imported_settlement_by_other",
    "A payment or credit of one customer settled the invoice of another.",
    (
        Leg(
            "settlement",
            debit=RECEIVABLE,
            credit=RECEIVABLE,
            amount="amount_micros",
            debit_customer="payer_id",
        ),
    ),
)
IMPORTED_SETTLEMENT: Final = Template(
    "imported_settlement",
    "What an invoice calls settled and what the source recorded for it are not the same.",
    (Leg("gap", debit=OPENING_SETTLEMENT, credit=RECEIVABLE, amount="gap_micros"),),
)
INVOICE: Final = Template(
    "invoice",
    "We issued an invoice; one below zero puts what it gives back on the customer's credit.",
    (
        Leg("revenue", debit=RECEIVABLE, credit=REVENUE, amount="net_micros"),
        Leg("tax", debit=RECEIVABLE, credit=TAX_PAYABLE, amount="tax_micros"),
        Leg("put_aside", debit=RECEIVABLE, credit=CUSTOMER_CREDIT, amount="put_aside_micros"),
    ),
)
CREDIT_USED: Final = Template(
    "credit_used",
    "A credit settled an invoice of ours, or a part of it.",
    (Leg("application", debit=CUSTOMER_CREDIT, credit=RECEIVABLE, amount="amount_micros"),),
)
INVOICE_VOIDED: Final = Template(
    "invoice_voided",
    "An invoice of ours is void: it never claimed anything.",
    (
        Leg("revenue", debit=REVENUE, credit=RECEIVABLE, amount="net_micros"),
        Leg("tax", debit=TAX_PAYABLE, credit=RECEIVABLE, amount="tax_micros"),
        Leg("put_aside", debit=CUSTOMER_CREDIT, credit=RECEIVABLE, amount="put_aside_micros"),
    ),
)
INVOICE_WRITTEN_OFF: Final = Template(
    "invoice_written_off",
    "We gave up on what was due on an invoice of ours.",
    (Leg("due", debit=LOSSES, credit=RECEIVABLE, amount="due_micros"),),
)
CREDIT_NOTE: Final = Template(
    "credit_note",
    "We credited a part of an invoice; what it no longer owed is the customer's to spend.",
    (
        Leg("revenue", debit=REVENUE, credit=RECEIVABLE, amount="net_micros"),
        Leg("tax", debit=TAX_PAYABLE, credit=RECEIVABLE, amount="tax_micros"),
        Leg("put_aside", debit=RECEIVABLE, credit=CUSTOMER_CREDIT, amount="put_aside_micros"),
    ),
)
CREDIT_GRANTED: Final = Template(
    "credit_granted",
    "We granted a credit out of goodwill: revenue that will not come.",
    (Leg("grant", debit=REVENUE, credit=CUSTOMER_CREDIT, amount="amount_micros"),),
)
CREDIT_ENDED: Final = Template(
    "credit_ended",
    "A credit ended before it was spent; below zero, a bill of an earlier day spent it after all.",
    (Leg("breakage", debit=CUSTOMER_CREDIT, credit=BREAKAGE, amount="amount_micros"),),
)
CREDIT_PAID_OUT: Final = Template(
    "credit_paid_out",
    "A person recorded that we paid a customer's own credit back.",
    (Leg("payout", debit=CUSTOMER_CREDIT, credit=CASH, amount="amount_micros"),),
)
PAYMENT_RECORDED: Final = Template(
    "payment_recorded",
    "A person recorded a payment for an invoice; what it paid too much is the customer's credit.",
    (
        Leg("allocated", debit=CASH, credit=RECEIVABLE, amount="allocated_micros"),
        Leg("on_account", debit=CASH, credit=CUSTOMER_CREDIT, amount="on_account_micros"),
    ),
)

TEMPLATES: Final[tuple[Template, ...]] = (
    IMPORTED_INVOICE,
    IMPORTED_WRITE_OFF,
    IMPORTED_CREDIT_NOTE,
    IMPORTED_PAYMENT,
    IMPORTED_REFUND,
    IMPORTED_DISPUTE,
    IMPORTED_CREDIT,
    IMPORTED_CREDIT_APPLICATION,
    IMPORTED_CREDIT_ADJUSTMENT,
    IMPORTED_SETTLEMENT_BY_OTHER,
    IMPORTED_SETTLEMENT,
    INVOICE,
    CREDIT_USED,
    INVOICE_VOIDED,
    INVOICE_WRITTEN_OFF,
    CREDIT_NOTE,
    CREDIT_GRANTED,
    CREDIT_ENDED,
    CREDIT_PAID_OUT,
    PAYMENT_RECORDED,
)
