"""Snapshots whose tables are canonical already, so that a test of a rule says only what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.migration.mapping.canonical import CANONICAL
from trueup.migration.mapping.model import Field, Kind
from trueup.migration.mapping.pack import open_pack
from trueup.migration.mapping.survey import finish, links, survey
from trueup.migration.mapping.workbench import Workbench
from trueup.migration.sources.snapshot import Snapshot, write_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trueup.migration.mapping.model import Pack

AS_OF: Final = datetime(2026, 6, 1, tzinfo=UTC)
DAY: Final = datetime(2026, 5, 1, tzinfo=UTC)
LATER: Final = datetime(2026, 5, 31, tzinfo=UTC)
CENT: Final = 10_000

Rows = dict[str, list[dict[str, Any]]]

ARROW: Final = {
    Kind.BOOLEAN: pa.bool_(),
    Kind.INTEGER: pa.int32(),
    Kind.QUANTITY: pa.decimal128(20, 6),
    Kind.MICROS: pa.int64(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.DATE: pa.date32(),
}

SOUND: Final[Mapping[str, Mapping[str, Any]]] = {
    "product": {"name": "Pro", "is_active": True},
    "plan": {"product_key": "product", "name": "Pro", "interval": "month", "interval_count": 1, "trial_days": 0, "is_active": True},
    "price": {"plan_key": "plan", "currency": "EUR", "model": "flat", "unit_amount_micros": 1250},
    "customer": {"time_zone": "UTC", "is_tax_exempt": False, "status": "active", "created_at": DAY, "currency": "EUR"},
    "tax_identity": {"customer_key": "customer", "kind": "vat", "value": "DE1", "valid_until": date(2030, 1, 1)},
    "payment_method": {"customer_key": "customer", "kind": "card", "is_default": False, "status": "active"},
    "subscription": {"customer_key": "customer", "status": "active", "currency": "EUR", "cancel_at_period_end": False,
                     "collection_method": "charge_automatically", "net_days": 0,
                     "items": [{"price_key": "price", "quantity": Decimal(1)}]},
    "discount": {"subscription_key": "subscription", "coupon_code": "TEN", "percent_bp": 1000},
    "invoice": {"customer_key": "customer", "status": "open", "currency": "EUR", "subtotal_micros": 100 * CENT, "discount_micros": 0,
                "tax_micros": 0, "total_micros": 100 * CENT, "paid_micros": 0, "credited_micros": 0, "issued_at": DAY, "line_items": []},
    "credit_note": {"invoice_key": "invoice", "currency": "EUR", "amount_micros": CENT, "tax_micros": 0, "status": "issued", "issued_at": DAY},
    "pending_item": {"customer_key": "customer", "description": "Setup", "currency": "EUR", "amount_micros": CENT},
    "payment": {"customer_key": "customer", "status": "succeeded", "currency": "EUR", "amount_micros": 100 * CENT, "occurred_at": DAY},
    "refund": {"payment_key": "payment", "status": "succeeded", "currency": "EUR", "amount_micros": CENT, "occurred_at": DAY},
    "dispute": {"payment_key": "payment", "status": "open", "currency": "EUR", "amount_micros": CENT, "opened_at": DAY},
    "credit": {"customer_key": "customer", "currency": "EUR", "original_micros": CENT, "remaining_micros": CENT, "priority": 1, "granted_at": DAY},
    "credit_application": {"credit_key": "credit", "invoice_key": "invoice", "currency": "EUR", "amount_micros": CENT, "applied_at": DAY},
    "usage_event": {"subscription_key": "subscription", "meter": "calls", "quantity": Decimal(5), "occurred_at": DAY, "is_billed": False},
}  # fmt: skip
"""A sound record of each entity; its own name is its key, and others refer to it by that."""

SAYINGS: Final = ("aside_bucket", "aside_reason", "aside_field", "aside_value", "aside_fix", "aside_owner", "aside_survivor")  # fmt: skip

Aside = tuple[str, str, str | None, str | None]


@dataclass(frozen=True)
class Outcome:
    """What became of the rows. loaded: source keys, ascending.  aside: bucket, reason, field, value."""

    loaded: dict[str, list[str]] = field(default_factory=dict)
    aside: dict[tuple[str, str | None], Aside] = field(default_factory=dict)
    survivors: dict[tuple[str, str | None], str | None] = field(default_factory=dict)
    owners: dict[tuple[str, str | None], str | None] = field(default_factory=dict)
    fixes: dict[tuple[str, str | None], str | None] = field(default_factory=dict)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    links: dict[str, pa.Table | None] = field(default_factory=dict)


SOLD: Final = ("product", "plan", "price", "customer", "subscription")
"""What must be there for usage to be."""


def sound_rows(*entities: str) -> Rows:
    """A sound record of each of `entities`, or of all."""
    return {entity: [sound(entity)] for entity in entities or SOUND}


def sound(entity: str, key: str | None = None, **changed: Any) -> dict[str, Any]:
    """A sound record with a key of its own and what a test changes in it."""
    name = key or entity
    numbers = {"number": f"N-{name}"} if entity in {"invoice", "credit_note"} else {}
    return {"source_key": name, **SOUND[entity], **numbers, **changed}


def map_rows(
    folder: Path,
    rows: Rows,
    *,
    part_rows: int = 1000,
    types: Mapping[tuple[str, str], pa.DataType] | None = None,
) -> Outcome:
    """What becomes of `rows`, by entity, each a table of canonical columns and the pack's sayings."""
    tables = {entity: _table(entity, given, types or {}) for entity, given in rows.items()}
    snapshot = write_snapshot(folder / f"snapshot-{part_rows}", tables, part_rows=part_rows)
    return map_snapshot(folder, snapshot, plain_pack(folder / "pack", rows))


def map_snapshot(folder: Path, snapshot: Snapshot, pack: Pack, as_of: datetime = AS_OF) -> Outcome:
    outcome = Outcome()
    with Workbench(
        snapshot, pack, tenant_id=7, source="test", as_of=as_of, scratch=folder / "scratch"
    ) as bench:
        bench.check_fit()
        desk = bench.desk()
        for mapping in pack.entities:
            survey(desk, mapping)
            for chunk in bench.chunks(mapping):
                _note(outcome, desk.map_chunk(mapping, chunk))
                desk.remember(mapping, chunk)
            finish(desk, mapping)
            outcome.links[mapping.entity] = links(desk, mapping)
    return outcome


def plain_pack(folder: Path, entities: Mapping[str, object], **changed: str) -> Pack:
    """A pack that takes tables of canonical columns as they are. changed: an entity's own SQL."""
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    lines = ['name = "test"', 'version = "1"', "[source]", 'time_zone = "America/New_York"']
    for entity in entities:
        lines += ["[[entity]]", f'name = "{entity}"', f'table = "{entity}"', 'key = ["source_key"]']
        statement = changed.get(entity, "select * from chunk")
        (folder / "entities" / f"{entity}.sql").write_text(statement, "utf-8")
    (folder / "pack.toml").write_text("\n".join(lines), "utf-8")
    return open_pack(folder)


def _note(outcome: Outcome, chunk: Any) -> None:
    keys = chunk.crosswalk.column("source_key").to_pylist()
    outcome.loaded[chunk.entity] = sorted([*outcome.loaded.get(chunk.entity, []), *keys])
    for target, table in chunk.rows.items():
        outcome.records.setdefault(target, []).extend(table.to_pylist())
    for row in chunk.set_aside.to_pylist():
        key = (chunk.entity, row["source_key"])
        outcome.aside[key] = (row["bucket"], row["reason"], row["field"], row["value"])
        outcome.survivors[key], outcome.owners[key] = row["survivor_key"], row["owner"]
        outcome.fixes[key] = row["fix"]


def _table(
    entity: str, rows: list[dict[str, Any]], types: Mapping[tuple[str, str], pa.DataType]
) -> pa.Table:
    canonical = CANONICAL[entity]
    columns = [("source_key", pa.string())]
    columns += [
        (each.name, types.get((entity, each.name), _type(each))) for each in canonical.fields
    ]
    for child in canonical.children:
        columns.append(
            (child.name, pa.list_(pa.struct([(each.name, _type(each)) for each in child.fields])))
        )
    columns += [(name, pa.string()) for name in SAYINGS]
    schema = pa.schema(columns)
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema
    )


def _type(each: Field) -> pa.DataType:
    return ARROW.get(each.kind, pa.string())
