from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import fields
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa

from trueup.billing.subscriptions.model import (
    CollectionMethod,
    ItemRecord,
    Record,
    SubscriptionStatus,
)
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trueup.billing.discounts.model import Discount
    from trueup.billing.subscriptions.model import OrderRecord
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__)

ID, INSTANT, QUANTITY = pa.binary(16), pa.timestamp("us", "UTC"), pa.decimal128(20, 6)
OF_RECORD: Final = {
    "subscription_id": ID,
    "customer_id": ID,
    "plan_id": ID,
    "legal_entity_id": ID,
    "quantity": QUANTITY,
    "started_at": INSTANT,
    "phases_from": INSTANT,
    "current_period_start": INSTANT,
    "current_period_end": INSTANT,
    "net_days": pa.int32(),
    "orders": pa.int32(),
    "is_steady": pa.bool_(),
    "is_joint": pa.bool_(),
    "keeps_prepaid": pa.bool_(),
    "settles_from": INSTANT,
}
NOT_COLUMNS: Final = {"items", "pauses"}
ITEM_SCHEMA: Final = pa.schema(
    {
        "subscription_id": ID,
        "position": pa.int16(),
        "price_id": ID,
        "quantity": QUANTITY,
        "item_key": pa.string(),
        "served_from": INSTANT,
        "served_until": INSTANT,
        "until_if_kept": INSTANT,
        "is_changed": pa.bool_(),
        "is_last_whole": pa.bool_(),
        "replaces": pa.string(),
        "cycle": pa.string(),
    }
)
PAUSE_SCHEMA: Final = pa.schema(
    {
        "subscription_id": ID,
        "position": pa.int16(),
        "paused_from": INSTANT,
        "paused_until": INSTANT,
    }
)
ORDER_SCHEMA: Final = pa.schema(
    {
        "subscription_id": ID,
        "number": pa.int32(),
        "kind": pa.string(),
        "ordered_at": INSTANT,
        "effective_at": INSTANT,
        "ordered_by": pa.string(),
        "terms": pa.string(),
        "replaced": pa.string(),
    }
)


def records(tx: Tx, ids: Sequence[UUID]) -> list[Record]:
    """Those of `ids` that are kept as spans of service, by id; three queries for any number."""
    wanted = {"ids": list(ids)}
    items = _by_subscription(tx.many(Q.items, **wanted))
    pauses = _by_subscription(tx.many(Q.pauses, **wanted))
    return [
        _record(row, items[row.subscription_id], pauses[row.subscription_id])
        for row in tx.many(Q.records, **wanted)
    ]


def lock(tx: Tx, ids: Sequence[UUID]) -> None:
    tx.many(Q.lock, ids=list(ids))


def put(tx: Tx, kept: Sequence[Record]) -> None:
    """Write records, new or changed, with everything that belongs to them."""
    tx.stage("subscription_records", _records(kept), like="billing.subscription")
    tx.execute(Q.put_subscriptions)
    tx.stage("subscription_items", _items(kept), like="billing.subscription_item")
    tx.execute(Q.put_items)
    tx.execute(
        Q.drop_pauses,
        ids=[record.subscription_id for record in kept],
        counts=[len(record.pauses) for record in kept],
    )
    if any(record.pauses for record in kept):
        tx.stage("subscription_pauses", _pauses(kept), like="billing.subscription_pause")
        tx.execute(Q.put_pauses)


def add_orders(tx: Tx, orders: Iterable[tuple[UUID, int, OrderRecord]]) -> None:
    rows = [
        {
            "subscription_id": subscription_id.bytes,
            "number": number,
            "kind": order.kind.value,
            "ordered_at": order.ordered_at,
            "effective_at": order.effective_at,
            "ordered_by": order.ordered_by,
            "terms": json.dumps(dict(order.terms), default=str),
            "replaced": None if order.replaced is None else json.dumps(dict(order.replaced)),
        }
        for subscription_id, number, order in orders
    ]
    tx.insert("billing.subscription_order", pa.Table.from_pylist(rows, schema=ORDER_SCHEMA))


def find_live(tx: Tx, customer_id: UUID, plan_id: UUID) -> UUID | None:
    tx.many(Q.hold_customer, customer_id=customer_id)
    row = tx.maybe(Q.live_of_plan, customer_id=customer_id, plan_id=plan_id)
    return None if row is None else row.subscription_id


def first_starts(tx: Tx, wanted: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Instant]:
    """By customer and plan, when the customer first had a plan that was left since."""
    if not wanted:
        return {}
    rows = tx.many(Q.first_starts, customers=[c for c, _ in wanted], plans=[p for _, p in wanted])
    return {(row.customer_id, row.plan_id): row.started_at for row in rows}


def imported(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    """Imported subscriptions of customers that are ours to bill and not taken over yet, held."""
    return tx.many(Q.imported, customers=list(customers))


def listed(tx: Tx, customer_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.listed, customer_id=customer_id, limit=limit)


def orders(tx: Tx, subscription_id: UUID) -> list[Any]:
    return tx.many(Q.orders, subscription_id=subscription_id)


def _by_subscription(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for key, group in groupby(rows, key=lambda row: row.subscription_id):
        found[key] = list(group)
    return found


def _record(row: Any, items: list[Any], pauses: list[Any]) -> Record:
    values = row._asdict()
    values["status"] = SubscriptionStatus(values["status"])
    values["collection_method"] = CollectionMethod(values["collection_method"])
    values["former_plans"] = tuple(map(UUID, values["former_plans"]))
    return Record(
        items=tuple(map(_item, items)),
        pauses=tuple((p.paused_from, p.paused_until) for p in pauses),
        **values,
    )


def _item(row: Any) -> ItemRecord:
    values = row._asdict()
    del values["subscription_id"]
    return ItemRecord(**values)


def _records(kept: Sequence[Record]) -> pa.Table:
    names = [field.name for field in fields(Record) if field.name not in NOT_COLUMNS]
    rows = [{name: _plain(getattr(record, name)) for name in names} for record in kept]
    schema = pa.schema([(name, _type(name)) for name in names])
    return pa.Table.from_pylist(rows, schema=schema)


def _items(kept: Sequence[Record]) -> pa.Table:
    names = ITEM_SCHEMA.names
    rows = [
        {name: _plain(getattr(item, name, None)) for name in names}
        | {"subscription_id": record.subscription_id.bytes}
        for record in kept
        for item in record.items
    ]
    return pa.Table.from_pylist(rows, schema=ITEM_SCHEMA)


def _pauses(kept: Sequence[Record]) -> pa.Table:
    rows = [
        {
            "subscription_id": record.subscription_id.bytes,
            "position": position,
            "paused_from": start,
            "paused_until": end,
        }
        for record in kept
        for position, (start, end) in enumerate(record.pauses)
    ]
    return pa.Table.from_pylist(rows, schema=PAUSE_SCHEMA)


def _plain(value: Any) -> Any:
    if isinstance(value, dict | tuple):
        return json.dumps(value, default=str)
    return value.bytes if isinstance(value, UUID) else value


def _type(name: str) -> pa.DataType:
    if name in OF_RECORD:
        return OF_RECORD[name]
    return INSTANT if name.endswith("_at") else pa.string()


def insert_discount(tx: Tx, values: Mapping[str, Any]) -> None:
    tx.execute(Q.insert_discount, **values)


def discounts(tx: Tx, subscription_id: UUID | None, limit: int) -> list[Any]:
    return tx.many(Q.discounts, subscription_id=subscription_id, id=None, limit=limit)


def find_discount(tx: Tx, discount_id: UUID) -> Any:
    """A coupon that was given, or None."""
    return tx.maybe(Q.discounts, subscription_id=None, id=discount_id, limit=1)


def is_on_draft(tx: Tx, discount_id: UUID) -> bool:
    """Whether a draft uses a coupon."""
    return bool(tx.one(Q.discount_on_draft, id=discount_id).is_on_draft)


def has_discount_alike(tx: Tx, subscription_id: UUID, discount: Discount) -> bool:
    """Whether the subscription has a coupon of this code for a part of its time."""
    found = tx.maybe(
        Q.discount_alike,
        subscription_id=subscription_id,
        code=discount.coupon.code,
        starts_at=discount.starts_at,
        ends_at=discount.ends_at,
    )
    return found is not None


def end_discount(tx: Tx, discount_id: UUID, at: Instant) -> None:
    tx.execute(Q.end_discount, id=discount_id, at=at)


def closed_customers(tx: Tx, ids: Sequence[UUID]) -> list[UUID]:
    return [row.customer_id for row in tx.many(Q.closed_customers, ids=list(ids))]


def left_with(tx: Tx, customer_id: UUID, at: Instant) -> list[Any]:
    """What is not settled with a customer, by kind and currency; the customer is held."""
    tx.many(Q.hold_customer, customer_id=customer_id)
    return tx.many(Q.left_with_customer, customer_id=customer_id, at=at)
