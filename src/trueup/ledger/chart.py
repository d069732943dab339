"""The chart of accounts: what imported history needs (ADR-0010), and what we bill ourselves."""

from __future__ import annotations

from typing import Final

from trueup.ledger.model import AccountKind, Side

RECEIVABLE: Final = AccountKind(
    "receivable",
    Side.DEBIT,
    is_per_customer=True,
    meaning="what the customer owes on open invoices",
)
CUSTOMER_CREDIT: Final = AccountKind(
    "customer_credit",
    Side.CREDIT,
    is_per_customer=True,
    meaning="what we owe the customer: credits left to spend, money received for no invoice yet",
)
OPENING_REVENUE: Final = AccountKind(
    "opening_revenue",
    Side.CREDIT,
    is_per_customer=False,
    meaning="what the source invoiced, net of discount and tax, less what it credited",
)
OPENING_TAX: Final = AccountKind(
    "opening_tax",
    Side.CREDIT,
    is_per_customer=False,
    meaning="tax on the source's invoices, less tax on its credit notes; the source declared it",
)
OPENING_CASH: Final = AccountKind(
    "opening_cash",
    Side.DEBIT,
    is_per_customer=False,
    meaning="payments the source took, less refunds and disputed funds that left",
)
OPENING_REFUNDS: Final = AccountKind(
    "opening_refunds",
    Side.DEBIT,
    is_per_customer=False,
    meaning="money the source paid back to customers",
)
OPENING_DISPUTES: Final = AccountKind(
    "opening_disputes",
    Side.DEBIT,
    is_per_customer=False,
    meaning="money that disputes took from the source: lost, or open and out of its hands",
)
OPENING_LOSSES: Final = AccountKind(
    "opening_losses",
    Side.DEBIT,
    is_per_customer=False,
    meaning="what the source had given up on: due on uncollectible invoices",
)
OPENING_CREDITS: Final = AccountKind(
    "opening_credits",
    Side.DEBIT,
    is_per_customer=False,
    meaning="credits the source had granted, less those that expired or were taken back unspent",
)
OPENING_SETTLEMENT: Final = AccountKind(
    "opening_settlement",
    Side.DEBIT,
    is_per_customer=False,
    meaning="what the source's invoices call settled without a payment, credit or credit note "
    "to show for it; negative for money it recorded and its invoices ignore",
)

REVENUE: Final = AccountKind(
    "revenue",
    Side.CREDIT,
    is_per_customer=False,
    meaning="what we invoiced, net of discount and tax, less what we credited",
)
TAX_PAYABLE: Final = AccountKind(
    "tax_payable",
    Side.CREDIT,
    is_per_customer=False,
    meaning="tax on our invoices, less tax on our credit notes: owed to the tax office",
)
BREAKAGE: Final = AccountKind(
    "breakage",
    Side.CREDIT,
    is_per_customer=False,
    meaning="what customers did not spend of credit before it ended",
)
CASH: Final = AccountKind(
    "cash",
    Side.DEBIT,
    is_per_customer=False,
    meaning="payments we were told of, less what we paid back of credits",
)
LOSSES: Final = AccountKind(
    "losses",
    Side.DEBIT,
    is_per_customer=False,
    meaning="what we gave up on: due on invoices written off",
)

CHART: Final[tuple[AccountKind, ...]] = (
    RECEIVABLE,
    CUSTOMER_CREDIT,
    OPENING_REVENUE,
    OPENING_TAX,
    OPENING_CASH,
    OPENING_REFUNDS,
    OPENING_DISPUTES,
    OPENING_LOSSES,
    OPENING_CREDITS,
    OPENING_SETTLEMENT,
    REVENUE,
    TAX_PAYABLE,
    CASH,
    LOSSES,
    BREAKAGE,
)
