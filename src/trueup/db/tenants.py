"""Tenants: the walls' own list. Only the owner may add to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.db.queries import load_queries
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from trueup.db.database import Database
    from trueup.db.tx import Tx

Q = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books, in which database. tenant: its name, for people."""

    db: Database
    tenant_id: int
    tenant: str


class TenantNameTaken(Refusal):
    """Another tenant already goes by this name."""

    code = "tenant_name_taken"

    def __init__(self, *, name: str) -> None:
        super().__init__(
            f"a tenant named {name!r} exists already", fix="choose another name", name=name
        )


def create_tenant(db: Database, name: str) -> int:
    """The number of a new tenant.

    name: not blank, no space around it.  Raises TenantNameTaken, or ConstraintBroken for a
    blank name.
    """
    with db.owner_transaction() as tx:
        return add_tenant(tx, name)


def add_tenant(tx: Tx, name: str) -> int:
    """`create_tenant` within a transaction of the owner, with what belongs to the new tenant."""
    created = tx.maybe(Q.insert_tenant, name=name)
    if created is None:
        raise TenantNameTaken(name=name)
    return int(created.tenant_id)


def find_tenant(db: Database, name: str) -> int | None:
    """The number of the tenant of this name, or None."""
    with db.owner_transaction() as tx:
        found = tx.maybe(Q.find_tenant, name=name)
    return None if found is None else int(found.tenant_id)
