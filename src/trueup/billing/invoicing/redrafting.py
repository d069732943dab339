"""Drafts in their days of grace, computed anew: from what was used, is known and holds by now."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import pyarrow as pa

from trueup.billing.invoicing import drafts, reading
from trueup.billing.invoicing.rules import papering
from trueup.billing.invoicing.rules.refreshing import (
    again_from,
    is_as_drafted,
    redrafted,
    refreshed,
)
from trueup.billing.invoicing.writing import rewrite_drafts
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import WINDOW
from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from trueup.billing.invoicing.model import Bill, Context
    from trueup.billing.invoicing.rules.composing import Part
    from trueup.billing.invoicing.rules.totalling import Conventions
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

    Lines = Mapping[UUID, Sequence[Any]]


class Place(NamedTuple):
    """A draft in the order of their days of grace."""

    at: Instant
    invoice_id: UUID


FIRST: Final = Place(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class Anew(NamedTuple):
    """What became of drafts.

    empty: those of which nothing is left, void now.  refused: those that stay as they were; why.
    """

    written: list[UUID]
    empty: list[UUID]
    refused: dict[UUID, Refusal]


def lines_of(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The lines of drafts, by draft in the order of `ids`."""
    rows = groupby(drafts.draft_lines(tx, ids), key=attrgetter("invoice_id"))
    found = {key: list(of) for key, of in rows}
    return {key: found[key] for key in ids if key in found}


def subscriptions_of(lines: Sequence[Any]) -> set[UUID]:
    return {line.subscription_id for line in lines if line.subscription_id is not None}


def with_other_usage(tx: Tx, rows: Sequence[Any]) -> list[UUID]:
    """The drafts of `rows` whose usage may have changed since it was read, in order.

    rows: with what a draft knew, one for each subscription that pays for usage on it.
    """
    windows = [
        {
            "number": number,
            "subscription_id": row.subscription_id.bytes,
            "ends_on": row.ends_on,
            "known_at": row.drafted_at,
        }
        for number, row in enumerate(rows)
        if row.subscription_id is not None
    ]
    if not windows:
        return []
    found = metering.read_changes(tx, pa.Table.from_pylist(windows, schema=WINDOW))
    numbers = sorted(found["number"].to_pylist())
    return list(dict.fromkeys(rows[number].invoice_id for number in numbers))


def refresh_used(tx: Tx, found: Lines, until: Instant, agreed: Conventions) -> Anew:
    """Write those of `found` anew of which usage comes to something else by now.

    found: lines, by draft; the drafts are held, no two of them bill one subscription.
    """
    context = _context(tx, found, found, agreed)
    parts, refused = _parts(found, found, context, agreed)
    other = {key: of for key, of in parts.items() if not is_as_drafted(found[key], of)}
    return _written(tx, found, (other, refused), context, until, agreed)


def draft_anew(
    tx: Tx, found: Lines, used: Collection[UUID], until: Instant, agreed: Conventions
) -> Anew:
    """Write `found` anew: discounts, tax and what waits as they are now, usage of those in `used`.

    found: as `refresh_used` has it.
    """
    context = _context(tx, found, used, agreed)
    return _written(tx, found, _parts(found, used, context, agreed), context, until, agreed)


def _context(tx: Tx, found: Lines, used: Collection[UUID], agreed: Conventions) -> Context:
    ids = sorted({key for lines in found.values() for key in subscriptions_of(lines)})
    drafts.hold_subscriptions(tx, ids)
    tx.check_references_by_set()
    since = again_from([line for key in used for line in found[key]])
    return reading.context(tx, ids, {}, agreed, reading.Again(list(found), since))


def _parts(
    found: Lines, used: Collection[UUID], context: Context, agreed: Conventions
) -> tuple[dict[UUID, list[Part]], dict[UUID, Refusal]]:
    parts: dict[UUID, list[Part]] = {}
    refused: dict[UUID, Refusal] = {}
    for key, lines in found.items():
        at = lines[0].issued_at
        try:
            parts[key] = redrafted(key, at, lines, context, agreed, follows_usage=key in used)
        except Refusal as refusal:
            refused[key] = refusal
    return parts, refused


def _written(
    tx: Tx,
    found: Lines,
    asked: tuple[Mapping[UUID, Sequence[Part]], dict[UUID, Refusal]],
    context: Context,
    until: Instant,
    agreed: Conventions,
) -> Anew:
    parts, refused = asked
    bills: list[Bill] = []
    empty: list[UUID] = []
    around = context
    for key, of in parts.items():
        try:
            made = refreshed(key, found[key][0].issued_at, of, around, agreed)
        except Refusal as refusal:
            refused[key] = refusal
            continue
        if not made:
            empty.append(key)
        for bill in made:
            bills.append(bill)
            around = papering.after(around, bill)
    drafts.forget(tx, [*(bill.invoice_id for bill in bills), *empty])
    drafts.void(tx, empty, until)
    if bills:
        zones = {s.contract.key: s.zone for s in context.subscriptions.values()}
        discounts = {d.discount_id: d for of in context.discounts.values() for d in of}
        rewrite_drafts(tx, bills, zones, discounts, agreed.fx, until)
    return Anew([bill.invoice_id for bill in bills], empty, refused)
