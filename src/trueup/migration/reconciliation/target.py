"""The target's side: its own SQL over billing, ledger and the crosswalk, in one read-only state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trueup.db import Query, load_queries
from trueup.migration.reconciliation.comparable import target_query
from trueup.migration.reconciliation.compare.model import Side

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.migration.reconciliation.comparable import Entity
    from trueup.migration.reconciliation.compare.connections.postgresql import PostgresqlConnection

Q = load_queries(__package__)
CONTROLS = load_queries(__package__, "controls.sql")
T = load_queries(__package__, "target.sql")

MEASURES: Final = (
    "revenue",
    "billed",
    "open_balance",
    "credits_remaining",
    "mrr",
    "payments_by_method",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One load in one tenant, as it stands when the connection was opened."""

    connection: PostgresqlConnection
    load_id: UUID

    def records(self, entity: Entity) -> Side:
        return Side(self.connection, target_query(entity, self.load_id))

    def measured(self, measure: str) -> str:
        """A control of controls.sql with the load in its place."""
        sql: str = getattr(CONTROLS, measure).sql
        return sql.replace("%(load_id)s", f"'{self.load_id}'::uuid")

    def many(self, query: Query, **params: Any) -> list[Any]:
        return self.connection.tx.many(query, load_id=self.load_id, **params)

    def of_entity(self, query: Query, entity: Entity, **pieces: str) -> Query:
        """`query` of target.sql for one entity's table."""
        sql = query.sql.format(
            table=entity.table,
            named=entity.parent or entity.name,
            id=entity.parent_id or entity.id,
            **pieces,
        )
        return Query(name=query.name, comment=query.comment, sql=sql)

    def totals(self, measure: str) -> dict[str, int]:
        sql = T.totals.sql.format(measured=self.measured(measure))
        return {str(currency): int(str(micros)) for currency, micros in self.connection.rows(sql)}
