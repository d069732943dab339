"""Whose books a command works on: a tenant's, by its name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from trueup.billing.clocks.model import BETWEEN
from trueup.billing.customers import service as customers
from trueup.cli.context import context_of
from trueup.cli.errors import TenantNotFound
from trueup.db import create_tenant, find_tenant
from trueup.db.tenants import Books, TenantNameTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    import typer

    from trueup.db import Database, Tx


Result = TypeVar("Result")


def books_of(db: Database, tenant: str) -> Books:
    """The books of the tenant of this name, made if there is none; test books only by a clock.

    Raises TenantNotFound for test books that are not there.
    """
    found = find_tenant(db, tenant)
    if found is not None or BETWEEN in tenant:
        return known_books(db, tenant)
    try:
        return Books(db, create_tenant(db, tenant), tenant)
    except TenantNameTaken:  # by another process, a moment ago
        return known_books(db, tenant)


def known_books(db: Database, tenant: str) -> Books:
    """Raises TenantNotFound."""
    found = find_tenant(db, tenant)
    if found is None:
        raise TenantNotFound(name=tenant)
    return Books(db, found, tenant)


@contextmanager
def working(ctx: typer.Context, tenant: str, *, makes_tenant: bool = False) -> Iterator[Tx]:
    """One transaction in the books of a tenant; all that a command does, or nothing.

    Raises TenantNotFound, unless one of this name is made then.
    """
    with context_of(ctx).open_database() as db:
        books = (books_of if makes_tenant else known_books)(db, tenant)
        with db.transaction(tenant_id=books.tenant_id) as tx:
            yield tx


def attempted(ctx: typer.Context, tenant: str, work: Callable[[Tx], Result]) -> Result:
    """What `work` comes to in the books of a tenant, begun anew where another stood in its way.

    Raises TenantNotFound, TransactionConflict.
    """
    with context_of(ctx).open_database() as db:
        return db.attempt(work, tenant_id=known_books(db, tenant).tenant_id)


def owner_of(tx: Tx, customer: str | None) -> UUID | None:
    """Whose records a list is limited to; None where no customer is named.

    Raises CustomerUnknown, CustomerAmbiguous.
    """
    if customer is None:
        return None
    owner: UUID = customers.get_customer(tx, customer).customer_id
    return owner
