from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from trueup.billing.customers.model import CUSTOMER
from trueup.db import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from trueup.billing.customers.model import Mended, NewCustomer, NewTaxIdentity
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__)


def link_parents(tx: Tx, links: pa.Table) -> int:
    """Give imported customers their parents; counts those that now have the given one."""
    tx.stage("customer_links", links, like=CUSTOMER.table)
    return tx.execute(Q.link_parents)


def hold_authority(tx: Tx, epochs: Mapping[UUID, int]) -> set[UUID]:
    """Those of the customers in `epochs` that may be billed under their epoch, now locked."""
    rows = tx.many(Q.hold_authority, customers=list(epochs), epochs=list(epochs.values()))
    return {row.customer_id for row in rows}


def hand_over(tx: Tx, customers: Sequence[UUID]) -> list[UUID]:
    return [row.customer_id for row in tx.many(Q.hand_over, ids=list(customers))]


def customers_at_source(tx: Tx, named: Sequence[str] | None, limit: int) -> list[UUID]:
    wanted = None if named is None else list(named)
    return [row.customer_id for row in tx.many(Q.customers_at_source, named=wanted, limit=limit)]


def insert_customer(tx: Tx, customer: NewCustomer, at: Instant) -> None:
    tx.execute(Q.insert_customer, **asdict(customer), created_at=at)


def customers_named(tx: Tx, named: str) -> list[Any]:
    """Those an id, e-mail address or name may mean; at most two."""
    try:
        identity = UUID(named)
    except ValueError:
        identity = None
    return tx.many(Q.customer_named, id=identity, named=named)


def keep_tax_identity(tx: Tx, identity: NewTaxIdentity) -> None:
    """A new one, or what is known anew of one that is there."""
    values = asdict(identity)
    if not tx.execute(Q.renew_tax_identity, **values):
        tx.execute(Q.insert_tax_identity, **values)


def mend(tx: Tx, customer: UUID, mended: Mended) -> int:
    return tx.execute(Q.mend_customer, **asdict(mended), customer_id=customer)


def shown(tx: Tx, customer: UUID) -> Any:
    return tx.one(Q.customer_shown, id=customer)


def tax_identities(tx: Tx, customer: UUID) -> list[Any]:
    return tx.many(Q.tax_identities_shown, id=customer)


def listed(tx: Tx, limit: int) -> list[Any]:
    return tx.many(Q.customers_listed, limit=limit)


def names(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.names, ids=list(ids)) if ids else []


def alike(tx: Tx, customer: NewCustomer, limit: int) -> list[Any]:
    return tx.many(
        Q.customers_alike,
        customer_id=customer.customer_id,
        name=customer.name,
        email=customer.email,
        limit=limit,
    )


def set_closed(tx: Tx, customer: UUID, at: Instant) -> bool:
    """Whether it was not closed before."""
    return tx.execute(Q.close_customer, customer_id=customer, at=at) == 1


def reopen(tx: Tx, customer: UUID) -> None:
    tx.execute(Q.reopen_customer, customer_id=customer)


def hold_standing(tx: Tx, customer: UUID) -> None:
    tx.maybe(Q.hold_standing, id=customer)


def hold_printed(tx: Tx, customer: UUID) -> dict[str, Any]:
    """As `printed`, the customer held first: whoever bills them is done, or waits."""
    tx.maybe(Q.hold_record, id=customer)
    return printed(tx, customer)


def printed(tx: Tx, customer: UUID) -> dict[str, Any]:
    """What documents print of a customer; nothing of one that is not there."""
    row = tx.maybe(Q.printed, id=customer)
    if row is None:
        return {}
    found: dict[str, Any] = row._asdict()
    return found | {"vat_number": vat_numbers(tx, [customer]).get(customer)}


def vat_numbers(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The VAT number that is printed of each customer who has one on file."""
    rows = tx.many(Q.vat_numbers, ids=list(customers))
    return {row.customer_id: row.value for row in reversed(rows)}


def keep_earlier(tx: Tx, before: Mapping[str, Any]) -> None:
    tx.execute(Q.keep_earlier, **before)


def earlier(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.earlier, ids=list(customers))
