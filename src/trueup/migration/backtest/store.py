"""Streams of what is billed again, merged by subscription: one pass over each table, a few held."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from trueup.billing.catalog import service as catalogs
from trueup.db import load_queries
from trueup.migration.backtest.model import History
from trueup.migration.backtest.rules import selling
from trueup.migration.backtest.rules.selling import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo
    from uuid import UUID

    from trueup.billing.catalog.model import Catalog
    from trueup.db import Query, Tx
    from trueup.migration.backtest.model import Document, Sold, Window
    from trueup.migration.backtest.source import SourceFacts

Q = load_queries(__package__)
Row = TypeVar("Row")


class Following(Generic[Row]):
    """Groups of a stream that is ordered as its reader asks: each is read at most once."""

    def __init__(self, rows: Iterable[Row], key: str = "subscription_id") -> None:
        self._groups = groupby(rows, key=lambda row: getattr(row, key))
        self._waiting: tuple[Any, list[Row]] | None = None

    def of(self, wanted: UUID) -> list[Row]:
        """The rows of `wanted`; those of smaller keys are passed over."""
        while True:
            waiting = self._next()
            if waiting is None or waiting[0] is None or waiting[0] > wanted:
                return []
            self._waiting = None
            if waiting[0] == wanted:
                return waiting[1]

    def rest(self) -> Iterator[Row]:
        """What nobody asked for and stands at the end: rows without a key."""
        while (waiting := self._next()) is not None:
            self._waiting = None
            yield from waiting[1]

    def _next(self) -> tuple[Any, list[Row]] | None:
        if self._waiting is None:
            for key, group in self._groups:
                self._waiting = (key, list(group))
                break
        return self._waiting


def find_load(tx: Tx, source: str) -> str | None:
    row = tx.maybe(Q.load, source=source)
    return None if row is None else str(row.load_id)


def last_issued(tx: Tx) -> datetime | None:
    """When the last imported invoice was issued."""
    found: datetime | None = tx.one(Q.last_issued).at
    return found


def catalog(tx: Tx) -> Catalog:
    """Everything that is sold."""
    prices = [row.price_id for row in tx.many(Q.price_ids)]
    return catalogs.catalog(tx, prices, [row.plan_id for row in tx.many(Q.plan_ids)])


def ids_of(tx: Tx, load_id: str, keys: Sequence[str]) -> dict[tuple[str, str], UUID]:
    """Subscriptions and customers by what the source knows them by."""
    rows = tx.many(Q.aside_keys, load_id=load_id, keys=list(keys))
    return {(row.entity, row.source_key): row.target_id for row in rows}


def source_keys(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = tx.many(Q.source_keys, ids=list(ids))
    return {row.target_id: row.source_key for row in rows}


class Reader:
    """Every subscription with its history, and then the documents of none."""

    def __init__(self, tx: Tx, window: Window, usage_since: datetime) -> None:
        self._subscriptions = Following(_rows(tx, Q.subscriptions))
        self._discounts = Following(_rows(tx, Q.discounts))
        self._documents = Following(_rows(tx, Q.documents, since=window.since, until=window.until))
        self._through = Following(_rows(tx, Q.billed_through, since=window.since))
        self._usage = Following(_rows(tx, Q.usage, since=usage_since, until=window.until))

    def histories(self, shelf: Shelf, facts: SourceFacts) -> Iterator[History | list[Document]]:
        """Each subscription's history; its documents alone where nothing of it recurs."""
        for key, group in self._subscriptions._groups:  # noqa: SLF001  the one that leads
            rows = list(group)
            discounts = self._discounts.of(key)
            documents = list(_documents(self._documents.of(key)))
            through = self._through.of(key)
            usage = tuple(selling.used(row) for row in self._usage.of(key))
            sold = selling.sold(rows, shelf, discounts)
            if sold is None:
                yield documents
                continue
            bills = facts.next_bills
            yield History(
                sold=_with_set_aside(sold, facts.set_aside),
                documents=tuple(d for d in documents if d.issued_at is not None),
                drafts=tuple(d for d in documents if d.issued_at is None),
                through=through[0].through if through else None,
                usage=usage,
                control=False if bills is None else bills.get(key),
            )

    def of_none(self) -> Iterator[Document]:
        """Documents of no subscription; after `histories` is through."""
        yield from _documents(self._documents.rest())


def _documents(rows: Iterable[Any]) -> Iterator[Document]:
    for _, group in groupby(rows, key=lambda row: row.invoice_id):
        yield selling.document(list(group))


def _with_set_aside(sold: Sold, aside: Mapping[UUID, Mapping[str, int]]) -> Sold:
    own, of_customer = aside.get(sold.subscription_id, {}), aside.get(sold.customer_id, {})
    if not own and not of_customer:
        return sold
    entities = {*own, *of_customer}
    both = {each: own.get(each, 0) + of_customer.get(each, 0) for each in entities}
    return replace(sold, set_aside=both)


def _rows(tx: Tx, query: Query, **params: Any) -> Iterator[Any]:
    for batch in tx.stream(query, **params):
        yield from batch


def shelf_of(tx: Tx, zone: tzinfo) -> tuple[Shelf, Catalog]:
    found = catalog(tx)
    return Shelf(found, zone), found
