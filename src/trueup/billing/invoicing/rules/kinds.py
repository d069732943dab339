"""Renewals of one kind, side by side: what they share, and what sets each of them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import tzinfo
    from uuid import UUID

    import numpy as np
    import pyarrow as pa

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import DraftLine
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.subscriptions.cycle import Cycle
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.billing.taxes.model import Treatment
    from trueup.kernel.clock import Instant


class Kind(NamedTuple):
    """What all subscriptions of one kind of renewal have in common.

    at: when they are due; before: the start of the period that ends then.
    charges: of their items, in order.
    """

    currency: str
    at: Instant
    before: Instant
    zone: tzinfo
    cycle: Cycle
    dialect: Dialect
    entity: LegalEntity
    net_days: int
    charges: tuple[tuple[UUID, Charge, str], ...]
    terms: Terms
    treatment: Treatment | None


class Members(NamedTuple):
    """The subscriptions of a kind, side by side.

    ids, customers: 16 bytes each.  amounts: of all their items, parted by a blank.
    keys: the same, parted by SEPARATOR.
    """

    ids: pa.Array
    customers: pa.Array
    orders: np.ndarray[Any, np.dtype[np.int32]]
    amounts: list[str]
    keys: list[str]


class ItemLine(NamedTuple):
    """A line of one item, without names.  suffix: what follows the item's key in its own."""

    item: int
    suffix: str
    line: DraftLine
    derivation: bytes


class Sheet(NamedTuple):
    """An invoice of a kind, without names."""

    lines: tuple[ItemLine, ...]
    taxes: tuple[int, ...]
    subtotal: int
    tax: int
