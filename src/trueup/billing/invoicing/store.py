from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.billing.invoicing.model import CREDIT_NOTE, Document, Due
from trueup.db import load_queries
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from trueup.billing.discounts.model import Discount
    from trueup.billing.invoicing.model import LegalEntity, MendedEntity, Parked, Spent, Tally
    from trueup.billing.subscriptions.model import Record
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q = load_queries(__package__)

ID, INSTANT = pa.binary(16), pa.timestamp("us", "UTC")
ADVANCED: Final = pa.schema(
    {
        "subscription_id": ID,
        "status": pa.string(),
        "current_period_start": INSTANT,
        "current_period_end": INSTANT,
        "charged_through_at": INSTANT,
        "next_bill_at": INSTANT,
        "last_billed_at": INSTANT,
        "usage_watched_at": INSTANT,
        "is_steady": pa.bool_(),
        "ended_at": INSTANT,
        "paused_at": INSTANT,
    }
)
PARKED: Final = pa.schema(
    {
        "subscription_id": ID,
        "customer_id": ID,
        "bill_run_id": ID,
        "code": pa.string(),
        "sentence": pa.string(),
        "fix": pa.string(),
        "since": INSTANT,
    }
)


def standing_credit_notes(tx: Tx, notes: pa.Table) -> pa.Table:
    """Those of `notes` that stand, as facts, each with the customer of its invoice."""
    tx.stage("imported_credit_notes", notes, like=CREDIT_NOTE.table)
    return tx.fetch_arrow(Q.standing_credit_notes)


def reserve_numbers(tx: Tx) -> int:
    """Move each series above its highest number used; counts the series."""
    return tx.execute(Q.reserve_numbers)


# ---- what is due


def plan_for_chunks(tx: Tx) -> None:
    tx.one(Q.plan_for_chunks)


def claim(
    tx: Tx, run_id: UUID, until: Instant, limit: int, ids: Sequence[UUID] | None = None
) -> list[Due]:
    """Up to `limit` subscriptions that are billed by themselves, now held."""
    return _due(
        tx.many(
            Q.claim_due,
            run_id=run_id,
            until=until,
            limit=limit,
            is_joint=False,
            ids=None if ids is None else list(ids),
        )
    )


def claim_steady(tx: Tx, run_id: UUID, until: Instant, limit: int) -> list[Any]:
    """Up to `limit` plain renewals, a row for each kind of them, now held."""
    return tx.many(Q.claim_steady, run_id=run_id, until=until, limit=limit)


def claim_joint(tx: Tx, run_id: UUID, until: Instant, limit: int) -> list[Due]:
    """The joint subscriptions of up to `limit` customers, now held."""
    customers = [
        row.customer_id
        for row in tx.many(Q.claim_customers, run_id=run_id, until=until, limit=limit)
    ]
    if not customers:
        return []
    return _due(tx.many(Q.due_of_customers, run_id=run_id, until=until, customers=customers))


def claim_watched(tx: Tx, run_id: UUID, until: Instant, after: UUID, limit: int) -> list[Any]:
    """Up to `limit` subscriptions after one that usage may bill by itself, now held."""
    return tx.many(Q.claim_watched, run_id=run_id, until=until, after=after, limit=limit)


def watched(tx: Tx, ids: Sequence[UUID], at: Instant) -> None:
    """What usage made due of these by `at` is billed; none of them waits for a person."""
    tx.execute(Q.mark_watched, ids=list(ids), at=at)
    tx.execute(Q.unpark_watched, ids=list(ids))


def count_due(tx: Tx, run_id: UUID | None, until: Instant) -> tuple[int, int]:
    """How many are due by `until`, and how many of them the run has parked."""
    row = tx.one(Q.count_due, run_id=run_id, until=until)
    return int(row.due), int(row.parked)


def count_waiting(tx: Tx) -> int:
    """How many items of customers we bill wait for an invoice."""
    return int(tx.one(Q.count_waiting).items)


def _due(rows: Sequence[Any]) -> list[Due]:
    return [Due(row.subscription_id, row.customer_id, row.next_bill_at) for row in rows]


# ---- what decides about them


def billed_lines(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.billed_lines, ids=list(ids))


def noted_lines(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.noted_lines, ids=list(ids))


def noted_sums(tx: Tx, invoices: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.noted_sums, ids=list(invoices)) if invoices else []


def discounts(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.discounts, ids=list(ids))


def credits_held(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.credits, ids=list(customers))


def pending_items(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    """What waits for an invoice, held."""
    return tx.many(Q.pending_items, ids=list(customers))


def buyers(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.buyers, ids=list(customers))


def tax_identities(tx: Tx, customers: Sequence[UUID]) -> list[Any]:
    return tx.many(Q.tax_identities, ids=list(customers))


def legal_entities(tx: Tx) -> list[Any]:
    return tx.many(Q.legal_entities)


def insert_legal_entity(tx: Tx, entity: LegalEntity) -> None:
    seller = entity.seller
    apart = {"seller", "least_due"}
    values = {f.name: getattr(entity, f.name) for f in fields(entity) if f.name not in apart}
    tx.execute(
        Q.insert_legal_entity,
        **values,
        least_due=json.dumps(dict(entity.least_due)),
        country=seller.country,
        region=seller.region,
        postal_code=seller.postal_code,
        vat_number=seller.vat_number,
        collects_in=json.dumps(sorted(seller.collects_in)),
    )


def keep_tax_currency(tx: Tx, code: str, tax_currency: str | None) -> int:
    return tx.execute(Q.keep_tax_currency, code=code, tax_currency=tax_currency)


def mend_legal_entity(tx: Tx, code: str, mended: MendedEntity) -> bool:
    """Whether there is one of this code."""
    values = asdict(mended)
    if mended.collects_in is not None:
        values["collects_in"] = json.dumps(sorted(mended.collects_in))
    return tx.execute(Q.mend_legal_entity, code=code, **values) == 1


# ---- what came of it


def keep_derivations(tx: Tx, bodies: Mapping[bytes, str]) -> None:
    """Keep derivations and tax facts that are not kept yet."""
    if not bodies:
        return
    rows = pa.table(
        {
            "derivation_id": pa.array(list(bodies), ID),
            "body": pa.array(list(bodies.values()), pa.string()),
        }
    )
    tx.stage("new_derivations", rows, like="billing.derivation")
    tx.execute(Q.known_derivations)


def can_lift(tx: Tx) -> bool:
    """Whether lines may be written before the invoices they are on."""
    return bool(tx.one(Q.can_lift).can_lift)


def insert_lines(tx: Tx, lines: pa.Table) -> int:
    """Write lines whose references are known to be there, or to come in this transaction."""
    tx.restage("new_lines", lines, like="billing.line_item")
    with tx.references_known():
        return tx.execute(Q.insert_lines)


def insert_tax_exchanges(tx: Tx, rows: pa.Table) -> int:
    """Write what taxes are in another currency, as `insert_lines` writes lines."""
    tx.restage("new_tax_exchanges", rows, like="billing.tax_exchange")
    with tx.references_known():
        return tx.execute(Q.insert_tax_exchanges)


def stage_invoices(tx: Tx, invoices: pa.Table) -> None:
    """Bring invoices to the database, all but their numbers."""
    place = pa.array(range(invoices.num_rows), pa.int64())
    tx.restage("new_invoices", invoices.append_column("place", place), like="billing.invoice")


def insert_invoices(
    tx: Tx, entities: Sequence[tuple[LegalEntity, int]], run_id: UUID | None
) -> int:
    """Number and write the staged invoices.  entities: with how many numbers of each are needed."""
    taken = []
    # In one order for all: workers that hold a series each never wait for each other's.
    for entity, count in sorted(entities, key=lambda each: each[0].legal_entity_id):
        first, digits = 1, entity.digits
        if count:
            prefix = entity.invoice_prefix
            first, digits = take_numbers(tx, Document.INVOICE, prefix, entity.digits, count)
        taken.append((entity, first, digits))
    with tx.references_known():
        return tx.execute(
            Q.insert_invoices,
            run_id=run_id,
            entities=[entity.legal_entity_id for entity, _, _ in taken],
            firsts=[first for _, first, _ in taken],
            prefixes=[entity.invoice_prefix for entity, _, _ in taken],
            digits=[digits for _, _, digits in taken],
        )


def take_numbers(
    tx: Tx, document: Document, prefix: str, digits: int, count: int
) -> tuple[int, int]:
    """The first of `count` numbers, now taken, and how many digits the series writes."""
    row = tx.one(Q.take_numbers, document=document.value, prefix=prefix, digits=digits, count=count)
    return int(row.first), int(row.digits)


def advance(tx: Tx, rows: pa.Table) -> int:
    """Move billed subscriptions on; rows as `ADVANCED`.  What was parked of them is so no more."""
    if not rows.num_rows:
        return 0
    tx.stage("billed_subscriptions", rows, like="billing.subscription")
    return tx.execute(Q.advance_subscriptions)


def leave_to_rules(tx: Tx, ids: Sequence[UUID]) -> int:
    """Plain renewals no more: the general rules look at each by itself."""
    return tx.execute(Q.leave_to_rules, ids=list(ids))


def advance_steady(tx: Tx, rows: pa.Table) -> int:
    """Move renewed subscriptions on by a period."""
    tx.restage("renewed_subscriptions", rows, like="billing.subscription")
    return tx.execute(Q.advance_steady)


def unpark(tx: Tx) -> int:
    """Those just advanced wait for nobody any more."""
    return tx.execute(Q.unpark)


def park(tx: Tx, parked: Sequence[Parked], run_id: UUID, at: Instant) -> None:
    if not parked:
        return
    rows = [
        {
            "subscription_id": each.subscription_id.bytes,
            "customer_id": each.customer_id.bytes,
            "bill_run_id": run_id.bytes,
            "code": each.code,
            "sentence": each.sentence,
            "fix": each.fix,
            "since": at,
        }
        for each in parked
    ]
    tx.stage(
        "parked_subscriptions", pa.Table.from_pylist(rows, schema=PARKED), like="billing.parked"
    )
    tx.execute(Q.park)
    tx.execute(Q.mark_parked)


def parked(tx: Tx, limit: int) -> list[Any]:
    return tx.many(Q.parked, limit=limit)


def use_discounts(tx: Tx, after: Sequence[Discount]) -> None:
    if not after:
        return
    rows = pa.table(
        {
            "discount_id": pa.array([d.discount_id for d in after], pa.string()),
            "periods_remaining": pa.array([d.uses_left for d in after], pa.int32()),
            "left_micros": pa.array([d.left_micros for d in after], pa.int64()),
        }
    )
    tx.stage("used_discounts", rows, like="billing.discount")
    tx.execute(Q.use_discounts)


def spend_credits(tx: Tx, spent: Sequence[Spent]) -> None:
    if not spent:
        return
    rows = pa.table(
        {
            "credit_id": pa.array([s.credit_id.bytes for s in spent], ID),
            "amount_micros": pa.array([s.amount_micros for s in spent], pa.int64()),
        }
    )
    tx.stage("spent_credits", rows, like="billing.credit_application")
    tx.execute(Q.spend_credits)


def bill_pending_items(tx: Tx, invoices: Mapping[UUID, UUID]) -> None:
    """Items that are held are on invoices now.  invoices: by item."""
    if not invoices:
        return
    done = tx.execute(Q.bill_pending_items, ids=list(invoices), invoices=list(invoices.values()))
    check(done == len(invoices), "an item that waits is billed once", billed=done)


def records(advanced: Sequence[Record]) -> pa.Table:
    """Records as `ADVANCED`."""
    rows = [
        {name: getattr(record, name) for name in ADVANCED.names}
        | {"subscription_id": record.subscription_id.bytes, "status": record.status.value}
        for record in advanced
    ]
    return pa.Table.from_pylist(rows, schema=ADVANCED)


# ---- runs


def open_run(tx: Tx, run_id: UUID, until: Instant, at: Instant, due: int) -> None:
    tx.execute(Q.open_run, run_id=run_id, until=until, at=at, due=due)


def close_run(tx: Tx, run_id: UUID, at: Instant, tally: Tally, still_due: int) -> None:
    tx.execute(
        Q.close_run,
        run_id=run_id,
        at=at,
        billed=tally.billed,
        quiet=tally.quiet,
        parked=tally.parked,
        invoices=tally.invoices,
        still_due=still_due,
        money=json.dumps(dict(tally.money)),
    )


def runs(tx: Tx, limit: int) -> list[Any]:
    return tx.many(Q.runs, limit=limit)
