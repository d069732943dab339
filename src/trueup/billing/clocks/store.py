from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.clocks.model import BETWEEN, TestClock
from trueup.db import load_queries
from trueup.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q: Final = load_queries(__package__)
COPY: Final = load_queries(__package__, "copying.sql")
CATALOG: Final = tuple(each for each in COPY if each.name.startswith("catalog_"))
OF_CUSTOMERS: Final = tuple(
    each
    for each in COPY
    if each.name.partition("_")[0] in {"customer", "subscription", "invoice", "money", "ledger"}
)


def clocks(tx: Tx, tenant_id: int, books: str | None = None) -> list[TestClock]:
    """The clocks of a tenant, by name, or the one of these books.  tx: of the owner."""
    return [
        TestClock(
            name=row.books.rpartition(BETWEEN)[2],
            books=row.books,
            books_id=row.books_id,
            stands_at=row.stands_at,
            heading_to=row.heading_to,
            customers=row.customers,
        )
        for row in tx.many(Q.clocks, source=tenant_id, books=books)
    ]


def is_test(tx: Tx, tenant_id: int) -> bool:
    return bool(tx.one(Q.is_test, tenant=tenant_id).is_test)


def insert_clock(tx: Tx, books: int, tenant_id: int, at: Instant) -> None:
    tx.execute(Q.insert_clock, books=books, source=tenant_id, at=at)


def freeze(tx: Tx) -> None:
    """Let the transaction see one moment; first in it."""
    tx.execute(COPY.freeze)


def copy_catalog(tx: Tx, tenant_id: int, books: int) -> None:
    for each in CATALOG:
        tx.one(each, source=tenant_id, books=books)


def on_clock(tx: Tx, books: int, customers: Sequence[UUID]) -> UUID | None:
    found = tx.maybe(COPY.on_clock, books=books, customers=list(customers))
    return None if found is None else found.customer_id


def copy_customers(tx: Tx, tenant_id: int, books: int, customers: Sequence[UUID]) -> int:
    """Copy customers with all that hangs on them, and count the rows."""
    given: dict[str, Any] = {"source": tenant_id, "books": books, "customers": list(customers)}
    tx.many(COPY.hold_customers, source=tenant_id, customers=list(customers))
    accounts = {
        str(row.account_id): str(ledger.own_account(books, row.kind, row.currency))
        for row in tx.many(COPY.own_accounts, source=tenant_id)
    }
    return sum(
        int(tx.one(each, **given, accounts=json.dumps(accounts)).copied) for each in OF_CUSTOMERS
    )


def tell_planner(tx: Tx) -> None:
    tx.execute(COPY.tell_planner)


def stand(tx: Tx) -> Instant | None:
    """Where the clock of these books stands; None in real books."""
    found = tx.maybe(Q.stand)
    return None if found is None else found.stands_at


def head(tx: Tx, to: Instant) -> None:
    tx.execute(Q.head, to=to)


def move(tx: Tx, at: Instant) -> None:
    tx.execute(Q.move, at=at)


def arrive(tx: Tx) -> None:
    tx.execute(Q.arrive)


def next_due(tx: Tx, until: Instant) -> Instant | None:
    at: Instant | None = tx.one(Q.next_due, until=until).at
    return at


def can_remove(tx: Tx) -> bool:
    return bool(tx.one(Q.can_lift_guards).is_allowed)


def remove_books(tx: Tx, books: int) -> int:
    tx.execute(Q.lift_guards)
    return int(tx.one(Q.remove_books, books=books).removed)
