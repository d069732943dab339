"""Reported usage for tests: events that say only what a case cares about, and whom they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
from tests.service.billing.rows import ident, rows

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import CUSTOMER
from trueup.billing.metering.model import REPORTED
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.model import SUBSCRIPTION, SUBSCRIPTION_ITEM
from trueup.db import Database, Tx

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BERLIN, TOKYO = ident("berlin"), ident("tokyo")


@dataclass
class FixedClock:
    """Stands where it is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(event_id: str, **said: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "event_id": event_id,
        "subscription_id": BERLIN,
        "meter": "calls",
        "quantity": Decimal(1),
        "occurred_at": at("2026-03-10T12:00"),
        "dimensions": None,
    }
    assert set(said) <= set(plain)
    full = plain | said
    full["quantity"] = Decimal(str(full["quantity"]))
    full["subscription_id"] = getattr(full["subscription_id"], "bytes", full["subscription_id"])
    return full


def reported(*events: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(events), schema=REPORTED)


def subscribe(db: Database, tenant_id: int) -> None:
    """A customer in Berlin and one in Tokyo, a subscription each."""
    with db.transaction(tenant_id=tenant_id) as tx:
        subscribe_in(tx)


def subscribe_in(tx: Tx) -> None:
    where = {BERLIN: "Europe/Berlin", TOKYO: "Asia/Tokyo"}
    people = [{"customer_id": key, "time_zone": zone, "name": zone} for key, zone in where.items()]
    customers.import_customers(tx, rows(CUSTOMER, *people))
    catalog.import_products(tx, rows(PRODUCT, {"product_id": BERLIN}))
    catalog.import_plans(tx, rows(PLAN, {"plan_id": BERLIN, "product_id": BERLIN}))
    catalog.import_prices(tx, rows(PRICE, {"price_id": BERLIN, "plan_id": BERLIN}))
    subscriptions.import_subscriptions(
        tx,
        rows(SUBSCRIPTION, *({"subscription_id": key, "customer_id": key} for key in where)),
        rows(SUBSCRIPTION_ITEM, *({"subscription_id": key, "price_id": BERLIN} for key in where)),
    )
