"""Questions about amounts, their currencies and whether documents add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.migration.assessment.expectations import Role
from trueup.migration.assessment.rules.fragments import here, number, quoted, seen
from trueup.migration.assessment.rules.world import probe_of, worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.migration.assessment.rules.shapes import ColumnShape, TableShape
    from trueup.migration.assessment.rules.world import Probe, World

OUTLIER_FACTOR: Final = 50
"""Times the median: an amount in the wrong unit is 100 times its neighbours; half that leaves room
for a median that is not the amount's own plan.  Source: issue 2, "amount in the wrong unit"."""

OUTLIER_ROWS_MIN: Final = 30
"""Amounts of one currency below which a median says too little."""

_SAME_CURRENCY: Final = (
    ("customer", "currency_not_the_customers"),
    ("invoice", "currency_not_the_invoices"),
)
_MOVED: Final = frozenset({"payment", "refund", "dispute", "credit_note", "credit_application"})


def currency_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    column, amount = shape.first(Role.CURRENCY), shape.principal
    for stated in shape.having(Role.CURRENCY):
        yield probe_of("currency_unknown", shape, (stated.name,), column=here(stated.name))
    if column is None:
        return
    if amount is not None:
        place, of = here(column.name), here(amount.name)
        yield probe_of("currency_missing", shape, (column.name,), column=place, amount=of)
        yield probe_of("currencies_mixed", shape, (column.name,))
    for kind, code in _SAME_CURRENCY:
        other = world.reference(shape, kind)
        if other and world.shapes[other.target_table].first(Role.CURRENCY):
            yield worded(
                probe_of(
                    code,
                    shape,
                    (column.name,),
                    query="currency_not_the_others",
                    column=here(other.column),
                    target=seen(other.target_table),
                    target_column=quoted(other.target_column),
                ),
                target=other.target_table,
            )


def amount_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    for column in shape.columns:
        if column.amount_role is None:
            continue
        names, place = (column.name,), here(column.name)
        if column.is_text:
            yield probe_of("amount_unreadable", shape, names, column=place)
        if column.amount_role is Role.AMOUNT_MINOR and "price" not in column.name.lower():
            yield probe_of("amount_below_step", shape, names, column=place)
    yield from _sign_probes(shape)
    yield from _unit_probes(world, shape)


def _sign_probes(shape: TableShape) -> Iterator[Probe]:
    amount = shape.principal
    if amount is None:
        return
    names, place = (amount.name,), here(amount.name)
    if shape.kind in _MOVED:
        yield probe_of("amount_not_positive", shape, names, column=place)
    elif shape.kind == "credit":
        yield probe_of("credit_negative", shape, names, query="amount_negative", column=place)
    else:
        yield probe_of("amount_negative", shape, names, column=place)


def _unit_probes(world: World, shape: TableShape) -> Iterator[Probe]:
    amount = shape.principal
    if amount is None or shape.kind == "plan":
        return
    yield probe_of(
        "amount_outlier",
        shape,
        (amount.name,),
        column=here(amount.name),
        number=number(amount),
        factor=str(OUTLIER_FACTOR),
        least_rows=str(OUTLIER_ROWS_MIN),
    )
    reference = world.reference(shape, "invoice") if shape.kind == "payment" else None
    total = world.shapes[reference.target_table].first(Role.TOTAL) if reference else None
    if reference and total and total.amount_role == amount.amount_role:
        yield probe_of(
            "payment_hundredfold",
            shape,
            (amount.name,),
            column=here(amount.name),
            reference=here(reference.column),
            target=seen(reference.target_table),
            target_column=quoted(reference.target_column),
            total=quoted(total.name),
        )


def document_probes(shape: TableShape) -> Iterator[Probe]:
    for column in shape.having(Role.JSON):
        if column.is_text:
            yield probe_of("json_unreadable", shape, (column.name,), column=here(column.name))
    subtotal, total = shape.first(Role.SUBTOTAL), shape.first(Role.TOTAL)
    if subtotal and total:
        yield _total_probe(shape, subtotal, total)
    lines = shape.first(Role.LINES)
    if subtotal and lines:
        yield worded(
            probe_of(
                "lines_do_not_add_up",
                shape,
                (lines.name, subtotal.name),
                lines=here(lines.name),
                subtotal=here(subtotal.name),
            ),
            subtotal=subtotal.name,
        )


def _total_probe(shape: TableShape, subtotal: ColumnShape, total: ColumnShape) -> Probe:
    """Total is subtotal less discount plus tax; a part that is absent or null is nothing."""
    parts = ((" - ", shape.first(Role.DISCOUNT)), (" + ", shape.first(Role.TAX)))
    present = [(sign, column) for sign, column in parts if column]
    summed = f"amount_of({here(subtotal.name)})" + "".join(
        f"{sign}coalesce(amount_of({here(column.name)}), 0)" for sign, column in present
    )
    pieces = [here(subtotal.name)]
    for sign, column in present:
        pieces += [f"'{sign}'", f"coalesce(cast({here(column.name)} as varchar), '0')"]
    return probe_of(
        "total_does_not_add_up",
        shape,
        (total.name, subtotal.name, *(column.name for _, column in present)),
        total=here(total.name),
        sum=summed,
        sum_shown=", ".join(pieces),
    )
