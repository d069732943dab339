"""PostgreSQL: the embedded server, transactions, named queries, bulk copy, schema."""

from trueup.db.database import Database
from trueup.db.embedded.server import EmbeddedServer
from trueup.db.migrations import migrate
from trueup.db.queries import Queries, Query, load_queries
from trueup.db.tenants import create_tenant, find_tenant
from trueup.db.tx import Row, Tx

__all__ = [
    "Database",
    "EmbeddedServer",
    "Queries",
    "Query",
    "Row",
    "Tx",
    "create_tenant",
    "find_tenant",
    "load_queries",
    "migrate",
]
