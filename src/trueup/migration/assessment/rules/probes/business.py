"""Questions about what the business left undone: open items, the closed, credits, series."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.rules.fragments import (
    NEVER,
    here,
    literal,
    literals,
    micros,
    quoted,
    seen,
)
from trueup.migration.assessment.rules.names import snake
from trueup.migration.assessment.rules.world import probe_of, worded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trueup.migration.assessment.rules.shapes import ColumnShape, TableShape
    from trueup.migration.assessment.rules.world import Probe, World

# By what a status means: canonical values first, then what legacy systems call the same.
WAITING: Final = (
    *("open", "draft", "past_due", "partially_paid"),
    *("unpaid", "overdue", "sent", "issued", "due", "pending", "partial"),
)
DRAFT: Final = ("draft", "pending")
CLOSED: Final = (
    *("closed", "merged", "erased"),
    *("canceled", "cancelled", "inactive", "terminated", "deleted", "churned"),
)
ALIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "subscription": ("active", "trialing", "past_due", "unpaid", "paused", "pending"),
    "dispute": ("open", "needs_response", "under_review", "warning_needs_response"),
    "payment": ("processing", "pending"),
    "refund": ("processing", "pending"),
}

_EXPIRY_MONTH: Final = re.compile(r"(card_)?(exp|expiry|expiration)_month")


def open_item_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    status = shape.first(Role.STATUS)
    if shape.kind != "invoice" or status is None or shape.first(Role.TOTAL) is None:
        return
    waiting = _raw_values(world, shape, status, WAITING)
    yield probe_of(
        "open_item",
        shape,
        (status.name,),
        status=here(status.name),
        open=literals(waiting),
        due=_due(shape),
    )


def _due(shape: TableShape) -> str:
    """Total less what was paid and credited, in micro-units."""
    parts = (shape.first(Role.PAID), shape.first(Role.CREDITED))
    taken = "".join(f" - coalesce({micros(column)}, 0)" for column in parts if column)
    return f"({micros(shape.first(Role.TOTAL))}{taken})"


def _raw_values(
    world: World, shape: TableShape, status: ColumnShape, meaning: tuple[str, ...]
) -> tuple[str, ...]:
    """Raw values, lower case, that mean one of `meaning`: by the pack's map, or by name."""
    for vocabulary in world.expected.vocabularies:
        if (vocabulary.table, vocabulary.column) == (shape.name, status.name):
            found = {raw.lower() for raw, canonical in vocabulary.meanings if canonical in meaning}
            return tuple(sorted(found)) or ("",)
    return meaning


def closed_customer_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    """What closed customers still own or owe is in scope (M34)."""
    reference = world.reference(shape, "customer")
    alive = _is_alive(world, shape)
    if reference is None or alive is None:
        return
    closed = _is_closed(world, world.shapes[reference.target_table])
    if closed is None:
        return
    shown = shape.first(Role.STATUS) or shape.principal
    yield worded(
        probe_of(
            "closed_customer",
            shape,
            (reference.column,),
            reference=here(reference.column),
            target=seen(reference.target_table),
            target_column=quoted(reference.target_column),
            is_closed=closed,
            is_alive=alive,
            shown=f"coalesce(cast({here(shown.name)} as varchar), '')" if shown else "''",
        ),
        target=reference.target_table,
    )


def _is_alive(world: World, shape: TableShape) -> str | None:
    status, remaining = shape.first(Role.STATUS), shape.first(Role.REMAINING)
    if shape.kind == "credit" and remaining:
        return f"amount_of({here(remaining.name)}) <> 0"
    if status is None:
        return None
    if shape.kind == "invoice" and shape.first(Role.TOTAL):
        waiting = literals(_raw_values(world, shape, status, WAITING))
        return f"lower(trim({here(status.name)})) in ({waiting}) and {_due(shape)} <> 0"
    if alive := ALIVE.get(shape.kind):
        values = literals(_raw_values(world, shape, status, alive))
        return f"lower(trim({here(status.name)})) in ({values})"
    return None


def _is_closed(world: World, customers: TableShape) -> str | None:
    status, closed_at = customers.first(Role.STATUS), customers.timed("closed")
    signs = []
    if status:
        values = literals(_raw_values(world, customers, status, CLOSED))
        signs.append(f"lower(trim(there.{quoted(status.name)})) in ({values})")
    if closed_at:
        signs.append(f"instant_of(there.{quoted(closed_at.name)}) <= {literal(world.taken_at)}")
    return f"({' or '.join(signs)})" if signs else None


def email_probes(shape: TableShape) -> Iterator[Probe]:
    if shape.kind != "customer":
        return
    for column in shape.having(Role.EMAIL):
        for code in ("email_missing", "email_malformed", "email_duplicate"):
            yield probe_of(code, shape, (column.name,), column=here(column.name))


def series_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    status = shape.first(Role.STATUS)
    for column in shape.having(Role.NUMBER):
        names, place = (column.name,), here(column.name)
        is_draft = NEVER
        if status:
            drafts = literals(_raw_values(world, shape, status, DRAFT))
            is_draft = f"coalesce(lower(trim({here(status.name)})) in ({drafts}), false)"
        shown = here(status.name) if status else "''"
        yield probe_of("number_missing", shape, names, column=place, is_draft=is_draft, shown=shown)
        yield probe_of("number_duplicate", shape, names, query="value_duplicate", column=place)
        yield probe_of("number_gap", shape, names, column=place)


def flag_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    customer = world.reference(shape, "customer")
    gone = next((c.name for c in shape.columns if snake(c.name) == "is_detached"), None)
    for column in shape.having(Role.DEFAULT_FLAG):
        if customer:
            yield probe_of(
                "defaults_several",
                shape,
                (column.name,),
                column=here(column.name),
                customer=here(customer.column),
                is_gone=f"coalesce(is_true({here(gone)}), false)" if gone else NEVER,
            )
    for column in shape.having(Role.TEST_FLAG):
        yield probe_of(
            "test_row", shape, (column.name,), query="flag_set", column=here(column.name)
        )


def small_print_probes(shape: TableShape) -> Iterator[Probe]:
    """Fields that a canonical record refuses: months, empty discounts, keys used twice."""
    for column in shape.columns:
        names, place, name = (column.name,), here(column.name), snake(column.name)
        if _EXPIRY_MONTH.fullmatch(name):
            yield probe_of("expiry_impossible", shape, names, column=place)
        if name == "idempotency_key" and column.is_text:
            is_usage = shape.kind == "usage_event"
            code = "replay_key_duplicate" if is_usage else "idempotency_key_reused"
            yield probe_of(code, shape, names, query="value_duplicate", column=place)
    percent = next((c for c in shape.columns if snake(c.name).startswith("percent")), None)
    amount = shape.principal
    if shape.kind == "discount" and percent and amount:
        yield probe_of(
            "discount_unclear",
            shape,
            (percent.name, amount.name),
            percent=here(percent.name),
            amount=here(amount.name),
        )


def payment_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    reference = world.reference(shape, "invoice")
    if shape.kind != "payment" or reference is None:
        return
    status = shape.first(Role.STATUS)
    yield probe_of(
        "payment_without_invoice",
        shape,
        (reference.column,),
        column=here(reference.column),
        status=here(status.name) if status else "''",
    )


def credit_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    remaining = shape.first(Role.REMAINING)
    if shape.kind != "credit" or remaining is None:
        return
    names, place = (remaining.name,), here(remaining.name)
    expires = shape.timed("expires")
    if expires:
        yield probe_of(
            "credit_expired",
            shape,
            (expires.name, remaining.name),
            column=place,
            expires=here(expires.name),
            taken_at=literal(world.taken_at),
        )
    amounts = (column for column in shape.columns if column.amount_role and column != remaining)
    if granted := next(amounts, None):
        for code in ("credit_partly_used", "credit_above_grant"):
            yield probe_of(code, shape, names, column=place, granted=here(granted.name))
