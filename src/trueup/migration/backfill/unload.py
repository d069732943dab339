"""Undo of a load: everything it wrote is removed again, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.db.errors import AccessDenied
from trueup.migration.backfill import store
from trueup.migration.backfill.errors import AuthorityMoved, LoadRunning, NothingLoaded

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.db import Database

U = load_queries(__package__, "unload.sql")

GRANT: Final = "as a superuser: grant set on parameter session_replication_role to the login"

RECORDS: Final = "remove_"
"""Statements whose name begins so remove rows, in the order of the file."""


def unload(db: Database, tenant_id: int, source: str) -> int:
    """Remove the load of `source`, finished or not, and count the rows removed.

    Raises NothingLoaded, LoadRunning, then AuthorityMoved if the target bills any of its
    customers: from then on money has moved here, and the way back is forward.  AccessDenied if
    the login is no superuser and was not granted what lifting the guards takes.
    """
    with db.transaction(tenant_id=tenant_id) as guard:
        found = store.find_load(guard, source)
        if found is None:
            raise NothingLoaded(source=source)
        if not store.claim(guard, source):
            raise LoadRunning(source=source)
        return _remove(db, tenant_id, found.load_id)


def _remove(db: Database, tenant_id: int, load_id: UUID) -> int:
    with db.owner_transaction() as tx:
        moved = tx.one(U.moved_customers, tenant_id=tenant_id, load_id=load_id).customers
        if moved:
            raise AuthorityMoved(customers=moved)
        if not tx.one(U.can_lift_guards).is_allowed:
            raise AccessDenied("the login may not remove facts as a whole", fix=GRANT)
        tx.one(U.await_referrers, tenant_id=tenant_id)
        tx.execute(U.lift_guards)
        return sum(
            tx.execute(statement, tenant_id=tenant_id, load_id=load_id)
            for statement in U
            if statement.name.startswith(RECORDS)
        )
