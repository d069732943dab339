from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trueup.billing.catalog.model import Interval, Plan, Price, PriceModel
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from trueup.db import Tx

Q = load_queries(__package__)
JSON_COLUMNS = ("tiers", "cost")


def insert_product(tx: Tx, product_id: UUID, name: str) -> None:
    tx.execute(Q.insert_product, product_id=product_id, name=name)


def insert_plan(tx: Tx, plan: Plan, created_at: datetime) -> None:
    values = asdict(plan) | {
        "created_at": created_at,
        "thresholds": json.dumps(list(plan.thresholds)) if plan.thresholds else None,
        "phases": json.dumps(list(plan.phases)) if plan.phases else None,
    }
    tx.execute(Q.insert_plan, **values)


def retire_plan(tx: Tx, plan_id: UUID, *, is_active: bool) -> int:
    return tx.execute(Q.retire_plan, plan_id=plan_id, is_active=is_active)


def insert_price(tx: Tx, price: Price) -> None:
    values = asdict(price)
    for name in JSON_COLUMNS:
        values[name] = None if values[name] is None else json.dumps(values[name])
    tx.execute(Q.insert_price, **values)


def plans(tx: Tx, ids: Iterable[UUID] | None = None) -> list[Plan]:
    """The plans of `ids` that are there, or all of them, by name."""
    rows = tx.many(Q.plans, ids=None if ids is None else list(ids))
    return [_plan(row) for row in rows]


def find_plan(tx: Tx, code: str) -> UUID | None:
    row = tx.maybe(Q.plan_named, code=code)
    return None if row is None else row.plan_id


def prices(tx: Tx, ids: Iterable[UUID]) -> list[Price]:
    return [_price(row) for row in tx.many(Q.prices, ids=list(ids))]


def prices_of_plan(tx: Tx, plan_id: UUID) -> list[Price]:
    """Every version, oldest first."""
    return [_price(row) for row in tx.many(Q.prices_of_plan, plan_id=plan_id)]


def _plan(row: tuple[object, ...]) -> Plan:
    values = row._asdict()  # type: ignore[attr-defined]  # a named tuple, as every row
    values["interval"] = Interval(values["interval"])
    values["thresholds"] = tuple(values["thresholds"] or ())
    values["phases"] = tuple(values["phases"] or ())
    return Plan(**values)


def _price(row: tuple[object, ...]) -> Price:
    values = row._asdict()  # type: ignore[attr-defined]  # a named tuple, as every row
    values["model"] = PriceModel(values["model"])
    return Price(**values)


def products(tx: Tx) -> list[Any]:
    return tx.many(Q.products)
