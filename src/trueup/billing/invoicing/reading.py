"""Reads what decides about due subscriptions: a fixed number of set queries for any number."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from trueup.billing.dialect.service import dialects
from trueup.billing.fx import service as fx
from trueup.billing.invoicing import issuers, store
from trueup.billing.invoicing.errors import EntityMissing
from trueup.billing.invoicing.model import Context, PendingItem
from trueup.billing.invoicing.rules.reading import (
    books_of,
    buyer_of,
    credit_of,
    discount_of,
    entity_of,
)
from trueup.billing.invoicing.rules.totalling import Conventions
from trueup.billing.invoicing.using import usage
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import WINDOW
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.errors import SubscriptionUnknown
from trueup.billing.taxes.tables import shipped_rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from trueup.billing.discounts.model import Discount, SpendableCredit
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.subscriptions.model import Subscription
    from trueup.billing.subscriptions.terms import Charge
    from trueup.billing.taxes.model import Buyer
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


class Again(NamedTuple):
    """Drafts that are made anew, as if they had not been.

    since: by subscription, from when on usage that they billed is asked for again.
    """

    drafts: Sequence[UUID]
    since: Mapping[UUID, Instant]


NOTHING_AGAIN: Final = Again((), MappingProxyType({}))


def conventions(tx: Tx) -> Conventions:
    """What the tenant has agreed; two queries, three where tax is told in two currencies."""
    entities = {row.legal_entity_id: entity_of(row) for row in issuers.legal_entities(tx)}
    default = next((e for e in entities.values() if e.is_default), None)

    def entity(wanted: UUID | None) -> LegalEntity:
        found = default if wanted is None else entities.get(wanted)
        if found is None:
            raise EntityMissing
        return found

    tax_currencies = {e.tax_currency for e in entities.values() if e.tax_currency}
    rates = fx.rates_of(tx, tax_currencies)
    return Conventions(dialects(tx).named, entity, shipped_rates(), rates)


def context(
    tx: Tx,
    ids: Sequence[UUID],
    charges: dict[UUID, Charge],
    agreed: Conventions,
    again: Again = NOTHING_AGAIN,
) -> Context:
    """Everything that decides what the subscriptions of `ids` owe.

    charges: those read before, by price; more are added.  again: drafts that are made anew.
    """
    found = {s.record.subscription_id: s for s in subscriptions.read(tx, ids, charges)}
    return _with_books(tx, found, agreed, again)


def with_new_usage(tx: Tx, rows: Sequence[Any]) -> list[UUID]:
    """Those of `rows`, of `queue.claim_watched`, that used something since they were looked at."""
    windows = [
        {
            "number": number,
            "subscription_id": row.subscription_id.bytes,
            "starts_on": row.starts_on,
            "known_at": row.usage_watched_at,
        }
        for number, row in enumerate(rows)
    ]
    found = metering.read_windows(tx, pa.Table.from_pylist(windows, schema=WINDOW))
    return [rows[number].subscription_id for number in sorted(set(found["number"].to_pylist()))]


def known(found: Context, subscription_id: UUID) -> Subscription:
    """Raises SubscriptionUnknown."""
    subscription = found.subscriptions.get(subscription_id)
    if subscription is None:
        raise SubscriptionUnknown(subscription=str(subscription_id))
    return subscription


def buyers(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, Buyer]:
    """Who is supplied, by customer; two queries."""
    identities = _grouped(store.tax_identities(tx, customers), "customer_id")
    return {
        row.customer_id: buyer_of(row, identities.get(row.customer_id, ()))
        for row in store.buyers(tx, customers)
    }


def credits_of(tx: Tx, rows: Sequence[Any]) -> dict[tuple[UUID, str], tuple[SpendableCredit, ...]]:
    """What the customers of `rows` may spend, held."""
    return _credits(tx, sorted({row.customer_id for row in rows}))


def pending(
    tx: Tx, customers: Sequence[UUID], without: Sequence[UUID] = ()
) -> dict[tuple[UUID, str], tuple[PendingItem, ...]]:
    """What waits for an invoice of these customers, by customer and currency; held.

    without: drafts that are as if they had not been.
    """
    found: dict[tuple[UUID, str], list[PendingItem]] = defaultdict(list)
    for row in store.pending_items(tx, customers, without):
        found[row.customer_id, row.currency].append(PendingItem(**row._asdict()))
    return {key: tuple(of) for key, of in found.items()}


def _with_books(
    tx: Tx, found: Mapping[UUID, Subscription], agreed: Conventions, again: Again
) -> Context:
    ids = list(found)
    customers = sorted({s.record.customer_id for s in found.values()})
    lines = _grouped(store.billed_lines(tx, ids, again.drafts))
    notes = _grouped(store.noted_lines(tx, ids)) if lines else {}
    noted = {
        row.invoice_id: row
        for row in store.noted_sums(tx, [r.invoice_id for n in notes.values() for r in n])
    }
    books = {
        key: books_of(found[key], rows, notes.get(key, ()), noted) for key, rows in lines.items()
    }
    used, since = usage(tx, found, books, agreed.dialect, again.since)
    return Context(
        subscriptions=found,
        books=books,
        usage=used,
        asked_from=since,
        discounts=_discounts(tx, ids, again.drafts),
        credits=_credits(tx, customers),
        buyers=buyers(tx, customers),
        pending=pending(tx, customers, again.drafts),
    )


def _discounts(
    tx: Tx, ids: Sequence[UUID], without: Sequence[UUID]
) -> dict[UUID, tuple[Discount, ...]]:
    found: dict[UUID, list[Discount]] = defaultdict(list)
    for row in store.discounts(tx, ids, without):
        found[row.subscription_id].append(discount_of(row))
    return {key: tuple(of) for key, of in found.items()}


def _credits(
    tx: Tx, customers: Sequence[UUID]
) -> dict[tuple[UUID, str], tuple[SpendableCredit, ...]]:
    found: dict[tuple[UUID, str], list[SpendableCredit]] = defaultdict(list)
    for row in store.credits_held(tx, customers):
        found[row.customer_id, row.currency].append(credit_of(row))
    return {key: tuple(of) for key, of in found.items()}


def _grouped(rows: Iterable[Any], name: str = "subscription_id") -> dict[UUID, list[Any]]:
    """Rows that come ordered by `name`, apart."""
    return {key: list(group) for key, group in groupby(rows, key=lambda row: getattr(row, name))}
