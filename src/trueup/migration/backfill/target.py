"""The way into Trueup's billing: which service takes which entity's rows, and what ends a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from trueup.billing.catalog import service as catalog
from trueup.billing.credits import service as credits_
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import service as invoicing
from trueup.billing.invoicing.model import LINE_ITEM
from trueup.billing.metering import service as metering
from trueup.billing.opening import service as opening
from trueup.billing.payments import service as payments
from trueup.billing.subscriptions import service as subscriptions
from trueup.kernel.errors import check
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trueup.db import Tx

IMPORTS: Final[Mapping[str, Callable[[Tx, pa.Table], int]]] = {
    "product": catalog.import_products,
    "plan": catalog.import_plans,
    "price": catalog.import_prices,
    "customer": customers.import_customers,
    "tax_identity": customers.import_tax_identities,
    "payment_method": customers.import_payment_methods,
    "discount": subscriptions.import_discounts,
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
"""Entity to the service function that takes its rows; two more take the rows inside them too."""

LINKS: Final[Mapping[str, Callable[[Tx, pa.Table], int]]] = {"customer": customers.link_parents}


def insert(tx: Tx, entity: str, rows: Mapping[str, pa.Table]) -> None:
    """Hand one chunk's rows to the service of its entity.  rows: by target table."""
    if entity == "invoice":
        invoices = rows["billing.invoice"]
        no_lines = pa.table({name: pa.nulls(0) for name in LINE_ITEM.names})
        invoicing.import_invoices(tx, invoices, rows.get("billing.line_item", no_lines))
    elif entity == "subscription":
        items = rows["billing.subscription_item"]
        subscriptions.import_subscriptions(tx, rows["billing.subscription"], items)
    else:
        (own,) = rows.values()
        IMPORTS[entity](tx, own)


def link(tx: Tx, entity: str, links: pa.Table) -> None:
    """Link records to their own kind."""
    check(entity in LINKS, "an entity that refers to itself can be linked", entity=entity)
    LINKS[entity](tx, links)


def settle(tx: Tx) -> None:
    """What only the whole load can say: opening balances."""
    opening.post_openings(tx)


def catch_up(tx: Tx) -> None:
    """Number series and usage by day: they follow from the records and never move back."""
    invoicing.reserve_numbers(tx)
    metering.rebuild_summaries(tx)


def fold(tx: Tx) -> None:
    """Fold the balances of all that is committed; whatever still runs is folded another time."""
    ledger.fold_balances(tx)
