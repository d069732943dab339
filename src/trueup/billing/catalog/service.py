"""What is sold comes in here: products, plans and their price versions, imported or made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from trueup.billing.catalog import store
from trueup.billing.catalog.errors import (
    PlanKnown,
    PlanNotOffered,
    PlanUnknown,
    PriceNotFound,
)
from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT, Catalog
from trueup.billing.catalog.rules import check_plan, check_price, in_force

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import pyarrow as pa

    from trueup.billing.catalog.model import Plan, Price
    from trueup.db import Tx


def create_product(tx: Tx, product_id: UUID, name: str) -> None:
    """Make a product.  Raises ConstraintBroken where the id is taken."""
    store.insert_product(tx, product_id, name)


def create_plan(tx: Tx, plan: Plan, *, at: datetime) -> None:
    """Make a plan of a product that is there.  Raises PriceNegative, PlanKnown for a taken code."""
    check_plan(plan)
    if plan.code is not None and store.find_plan(tx, plan.code):
        raise PlanKnown(plan=plan.code)
    store.insert_plan(tx, plan, at)


def retire_plan(tx: Tx, plan: Plan, *, is_active: bool = False) -> None:
    """Offer `plan` no longer, or again; what is sold of it goes on."""
    store.retire_plan(tx, plan.plan_id, is_active=is_active)


def add_price(tx: Tx, price: Price) -> None:
    """Add a version of a charge; from `effective_from` on it is what is sold, never what was.

    Raises PriceNegative.
    """
    check_price(price)
    store.insert_price(tx, price)


def products(tx: Tx) -> list[Any]:
    """Every product, by name, with how many plans it has."""
    return store.products(tx)


def plans(tx: Tx) -> list[Plan]:
    """Every plan, by name."""
    return store.plans(tx)


def get_plan(tx: Tx, named: str) -> Plan:
    """The plan of a code or id.  Raises PlanUnknown."""
    plan_id = store.find_plan(tx, named) or _uuid(named)
    found = store.plans(tx, [plan_id]) if plan_id else []
    if not found:
        raise PlanUnknown(plan=named)
    return found[0]


def versions(tx: Tx, plan: Plan) -> list[Price]:
    """Every price version of `plan`, oldest first."""
    return store.prices_of_plan(tx, plan.plan_id)


def offered(tx: Tx, plan: Plan, currency: str, at: datetime) -> list[Price]:
    """What `plan` costs who buys it at `at`: one version of each charge.

    Raises PlanNotOffered, then PriceNotFound.
    """
    if not plan.is_active:
        raise PlanNotOffered(plan=plan.code or plan.name)
    found = in_force(store.prices_of_plan(tx, plan.plan_id), currency, at)
    if not found:
        raise PriceNotFound(plan=plan.code or plan.name, currency=currency, at=at)
    return found


def catalog(tx: Tx, prices: Iterable[UUID], plan_ids: Iterable[UUID] = ()) -> Catalog:
    """The prices of these ids with their plans, and the plans of `plan_ids`; two queries."""
    known = {price.price_id: price for price in store.prices(tx, prices)}
    wanted = {price.plan_id for price in known.values()} | set(plan_ids)
    return Catalog({plan.plan_id: plan for plan in store.plans(tx, wanted)}, known)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def import_products(tx: Tx, rows: pa.Table) -> int:
    """Insert products, as `PRODUCT` lists them, and count them.

    Raises Defect, CardNumberFound, ConstraintBroken.
    """
    rows = PRODUCT.complete(rows)
    return tx.insert(PRODUCT.table, rows)


def import_plans(tx: Tx, rows: pa.Table) -> int:
    """Insert plans of products that are there, as `PLAN` lists them, and count them.

    Raises as `import_products`.
    """
    rows = PLAN.complete(rows)
    return tx.insert(PLAN.table, rows)


def import_prices(tx: Tx, rows: pa.Table) -> int:
    """Insert price versions, as `PRICE` lists them, and count them; none ever changes.

    tiers: JSON text, or null for a price of one amount.  Raises as `import_products`.
    """
    rows = PRICE.complete(rows)
    return tx.insert(PRICE.table, rows)
