"""What is sold comes in here: products, plans and their price versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


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
