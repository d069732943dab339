"""Bills plain renewals: claimed, drafted and written by kind, a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa

from trueup.billing.calendar.rules.zones import local_date, zone
from trueup.billing.catalog import service as catalogs
from trueup.billing.invoicing import queue, reading, store
from trueup.billing.invoicing.errors import TaxPending
from trueup.billing.invoicing.model import Papers, Tally
from trueup.billing.invoicing.rules.exchanging import tax_rate_of
from trueup.billing.invoicing.rules.kinds import Kind, Members
from trueup.billing.invoicing.rules.reading import buyer_of
from trueup.billing.invoicing.rules.renewal_usage import (
    Used,
    metered,
    used,
    windows_of,
    with_usage,
)
from trueup.billing.invoicing.rules.renewing import Memory, renewed
from trueup.billing.invoicing.rules.rows import MICROS
from trueup.billing.invoicing.writing import write_papers
from trueup.billing.metering import service as metering
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.billing.subscriptions.rules.recording import cycle_of
from trueup.billing.taxes.model import Supply, TaxAction
from trueup.billing.taxes.rules.treatment import treat
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.invoicing.model import LegalEntity
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.billing.taxes.model import Buyer, Treatment
    from trueup.db import Tx

    Row = Any  # a named tuple, as every row

CHUNK: Final = 2_000
"""Renewals in one transaction."""
BETWEEN_MEMBERS: Final = "\x1e"


class Renewals:
    """What one worker has read and worked out so far, for the chunks that follow."""

    def __init__(self, agreed: Conventions) -> None:
        self._agreed = agreed
        self._memory = Memory()
        self._charges: dict[UUID, tuple[UUID, Charge, str]] = {}
        self._terms: dict[UUID, Terms] = {}
        self._treatments: dict[tuple[Any, ...], Treatment] = {}
        self._kept: set[bytes] = set()
        self._fresh: set[bytes] = set()

    def forget(self) -> None:
        """A transaction begins: what the one before kept may have been undone with it."""
        self._fresh = set()

    def remember(self) -> None:
        """What the last transaction kept is there."""
        self._kept |= self._fresh

    def bill(self, tx: Tx, rows: Sequence[Row], run_id: UUID) -> Tally:
        """Bill renewals that are held: `rows` of `claim_steady`.

        Where a kind is refused, each of its subscriptions is left to the general rules, which park
        only those that cannot be billed.  So is one of which usage came late.
        """
        tx.check_references_by_set()
        self._read_prices(tx, rows)
        kinds = self._kinds(tx, rows)
        usage = self._usage(tx, rows, kinds)
        made: list[tuple[Papers, pa.Table]] = []
        left: list[UUID] = []
        entities: dict[UUID, LegalEntity] = {}
        for number, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
            members, late = self._members(number, row, usage)
            left += late
            if not members.amounts:
                continue
            one = self._renewed(kind, members)
            if kind is None or one is None:
                left += _uuids(members.ids)
                continue
            made.append(one)
            entities[kind.entity.legal_entity_id] = kind.entity
        if left:
            queue.leave_to_rules(tx, left)
        return self._write(tx, made, entities, run_id) if made else Tally()

    def _renewed(self, kind: Kind | None, members: Members) -> tuple[Papers, pa.Table] | None:
        """As `renewed`; None where that is refused, or the kind was."""
        try:
            return None if kind is None else renewed(kind, members, self._memory)
        except Refusal:
            return None

    def _kinds(self, tx: Tx, rows: Sequence[Row]) -> list[Kind | None]:
        """What decides about each kind; None where that is refused."""
        identified = [row.identified for row in rows if row.identified is not None]
        buyers = reading.buyers(tx, identified) if identified else {}
        found: list[Kind | None] = []
        for row in rows:
            try:
                found.append(self._kind(row, buyers.get(row.identified) or buyer_of(row, ())))
            except Refusal:
                found.append(None)
        return found

    def _usage(self, tx: Tx, rows: Sequence[Row], kinds: Sequence[Kind | None]) -> Used:
        """What renewals with meters used: one query for all of them, and none without any."""
        asked = [
            metered(number, row, kind, _ids(row.subscriptions).to_pylist())
            for number, (row, kind) in enumerate(zip(rows, kinds, strict=True))
            if row.is_metered and kind is not None
        ]
        if not asked:
            return Used({}, frozenset())
        windows, slots = windows_of(asked)
        return used(asked, slots, metering.read_windows(tx, windows))

    def _members(self, number: int, row: Row, usage: Used) -> tuple[Members, list[UUID]]:
        """The renewals of one kind with what they used, and those that are no plain ones."""
        members = _members(row)
        if not row.is_metered:
            return members, []
        charges = [self._charges[price][1] for price in row.prices]
        late = [(number, member) in usage.late for member in range(len(members.amounts))]
        kept = np.flatnonzero(~np.array(late))
        amounts = [
            with_usage(members.amounts[m], charges, usage.amounts.get((number, m), {}))
            for m in kept.tolist()
        ]
        rest = Members(
            ids=members.ids.take(pa.array(kept)),
            customers=members.customers.take(pa.array(kept)),
            orders=members.orders[kept],
            amounts=amounts,
            keys=[members.keys[m] for m in kept.tolist()],
        )
        return rest, _uuids(members.ids.filter(pa.array(late)))

    def _write(
        self,
        tx: Tx,
        made: Sequence[tuple[Papers, pa.Table]],
        entities: dict[UUID, LegalEntity],
        run_id: UUID,
    ) -> Tally:
        bodies = {key: body for papers, _ in made for key, body in papers.derivations.items()}
        fresh = {key: body for key, body in bodies.items() if key not in self._kept}
        store.keep_derivations(tx, fresh)
        papers = Papers(
            pa.concat_tables([papers.invoices for papers, _ in made]),
            pa.concat_tables([papers.lines for papers, _ in made]),
            bodies,
        )
        queue.advance_steady(tx, pa.concat_tables([moved for _, moved in made]))
        count = papers.invoices.num_rows
        nothing = pa.array(np.zeros(count, np.int64), MICROS)
        written = write_papers(
            tx, papers, nothing, list(entities.values()), self._agreed.fx, run_id
        )
        self._fresh = set(fresh)
        sums = written.group_by("currency").aggregate([("total_micros", "sum")])
        money = dict(
            zip(sums["currency"].to_pylist(), sums["total_micros_sum"].to_pylist(), strict=True)
        )
        return Tally(due=count, billed=count, invoices=count, money=money)

    def _read_prices(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Prices and plans not read before; they never change."""
        wanted = {p for row in rows for p in row.prices} - set(self._charges)
        plans = {row.plan_id for row in rows} - set(self._terms)
        if not wanted and not plans:
            return
        found = catalogs.catalog(tx, wanted, plans)
        for version in found.prices.values():
            plan = found.plans[version.plan_id]
            charge = charge_of(version, plan)
            self._charges[version.price_id] = (version.price_id, charge, plan_name(plan))
        for plan_id in plans:
            self._terms[plan_id] = terms_of(found.plans[plan_id], ())

    def _kind(self, row: Row, buyer: Buyer) -> Kind:
        """Raises TaxPending, EntityMissing, DialectUnknown, FxRateMissing."""
        where = zone(row.time_zone)
        dialect = self._agreed.dialect(row.dialect)
        entity = self._agreed.entity(row.legal_entity_id)
        treatment = self._treatment(row, buyer, entity, dialect, where)
        if treatment is not None and treatment.action is TaxAction.CHARGE:
            tax_rate_of(entity, row.currency, row.next_bill_at, self._agreed.fx)
        return Kind(
            currency=row.currency,
            at=row.next_bill_at,
            before=row.current_period_start,
            zone=where,
            cycle=cycle_of(row.cycle, where),
            dialect=dialect,
            entity=entity,
            net_days=row.net_days,
            charges=tuple(self._charges[price] for price in row.prices),
            terms=self._terms[row.plan_id],
            treatment=treatment,
        )

    def _treatment(
        self, row: Row, buyer: Buyer, entity: LegalEntity, dialect: Dialect, where: tzinfo
    ) -> Treatment | None:
        if not entity.takes_tax:
            return None
        on = local_date(row.next_bill_at, where)
        key = (buyer, entity.legal_entity_id, on, dialect.taxes)
        if (known := self._treatments.get(key)) is None:
            supply = Supply(entity.seller, buyer, on)
            known = treat(supply, table=self._agreed.rates, convention=dialect.taxes)
            self._treatments[key] = known
        if known.is_pending:
            raise TaxPending(
                reason=known.reason, sentence=known.sentence or "", fix=known.fix or ""
            )
        return known


def _members(row: Row) -> Members:
    amounts = row.amounts.split("|")
    return Members(
        ids=_ids(row.subscriptions),
        customers=_ids(row.customers),
        orders=np.frombuffer(row.orders, ">i4").astype(np.int32),
        amounts=amounts,
        keys=row.keys.split(BETWEEN_MEMBERS),
    )


def _uuids(ids: pa.Array) -> list[UUID]:
    return [UUID(bytes=key) for key in ids.to_pylist()]


def _ids(packed: bytes) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(packed) // 16, [None, pa.py_buffer(packed)]
    )
