"""The way into Trueup's billing: which service takes which entity's rows, and what ends a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.billing.catalog import service as catalog
from trueup.billing.credits import service as credits_
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import service as invoicing
from trueup.billing.metering import service as metering
from trueup.billing.payments import service as payments
from trueup.billing.subscriptions import service as subscriptions
from trueup.kernel.errors import check
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from trueup.db import Tx

IMPORTS: Final[Mapping[str, Callable[..., object]]] = {
    "product": catalog.import_products,
    "plan": catalog.import_plans,
    "price": catalog.import_prices,
    "customer": customers.import_customers,
    "tax_identity": customers.import_tax_identities,
    "payment_method": customers.import_payment_methods,
    "subscription": subscriptions.import_subscriptions,
    "discount": subscriptions.import_discounts,
    "invoice": invoicing.import_invoices,
    "line_item": invoicing.import_line_items,
    "credit_note": invoicing.import_credit_notes,
    "pending_item": invoicing.import_pending_items,
    "payment": payments.import_payments,
    "refund": payments.import_refunds,
    "dispute": payments.import_disputes,
    "credit": credits_.import_credits,
    "credit_application": credits_.import_credit_applications,
    "usage_event": metering.import_usage_events,
}
"""Entity to the service function that takes its tables, parents first."""


def insert(tx: Tx, entity: str, rows: Mapping[str, pa.Table]) -> None:
    """Hand one chunk's rows to the service of its entity.

    rows: by target table; the entity's own first, then those inside its records.
    """
    check(entity in IMPORTS, "every canonical entity has a way in", entity=entity)
    IMPORTS[entity](tx, *rows.values())
