"""Agreements come in here: subscriptions, what they consist of, and what is taken off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.subscriptions.model import DISCOUNT, SUBSCRIPTION, SUBSCRIPTION_ITEM

if TYPE_CHECKING:
    import pyarrow as pa

    from trueup.db import Tx


def import_subscriptions(tx: Tx, subscriptions: pa.Table, items: pa.Table) -> int:
    """Insert subscriptions and their items, and count the subscriptions.

    Columns as `SUBSCRIPTION` and `SUBSCRIPTION_ITEM` list them; an item's subscription is among
    them or there already.  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    subscriptions = SUBSCRIPTION.complete(subscriptions)
    items = SUBSCRIPTION_ITEM.complete(items)
    count = tx.insert(SUBSCRIPTION.table, subscriptions)
    tx.insert(SUBSCRIPTION_ITEM.table, items)
    return count


def import_discounts(tx: Tx, rows: pa.Table) -> int:
    """Insert running discounts, as `DISCOUNT` lists them.  Raises as `import_subscriptions`."""
    rows = DISCOUNT.complete(rows)
    return tx.insert(DISCOUNT.table, rows)
