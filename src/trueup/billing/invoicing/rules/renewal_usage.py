"""What plain renewals used: the windows of usage to ask for and what they come to.  Pure.

A renewal is plain only while nothing was used in a period that is billed already: that shows as a
known window that comes back (B28).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from trueup.billing.calendar.rules.zones import local_date, zone
from trueup.billing.metering.model import WINDOW
from trueup.billing.subscriptions.terms import Aggregation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from trueup.billing.subscriptions.terms import Charge
    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row

    Wanted = tuple[Instant | None, int | None, str | None, date | None, date]

ZERO = Decimal(0)


class Metered(NamedTuple):
    """Renewals of one kind of which usage decides.

    kind: its number in the chunk.  subscriptions: their ids, in order.  charges: of their items.
    first, last: local days of the period that ends.  known_at: when the usage before was billed.
    """

    kind: int
    subscriptions: Sequence[bytes]
    charges: Sequence[Charge]
    first: date
    last: date
    known_at: Instant | None


class Slot(NamedTuple):
    """What a window is asked for.  charge: number of the item; None: usage of earlier periods."""

    kind: int
    member: int
    charge: int | None


class Used(NamedTuple):
    """amounts: by kind and member, of each metered item by its number.

    late: members, by kind, whose earlier periods changed since they were billed.
    """

    amounts: Mapping[tuple[int, int], Mapping[int, Decimal]]
    late: frozenset[tuple[int, int]]


def metered(
    number: int, row: Row, charges: Mapping[UUID, Charge], subscriptions: Sequence[bytes]
) -> Metered:
    """Of a kind as it was claimed.  charges: by price."""
    where = zone(row.time_zone)
    return Metered(
        number,
        subscriptions,
        [charges[price] for price in row.prices],
        local_date(row.current_period_start, where),
        local_date(row.next_bill_at, where),
        row.known_at,
    )


def windows_of(kinds: Sequence[Metered]) -> tuple[pa.Table, list[Slot]]:
    """The windows to read, as `metering` takes them, and for what each is, by its number."""
    slots: list[Slot] = []
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        for member, subscription in enumerate(kind.subscriptions):
            wanted: list[Wanted] = [(kind.known_at, None, None, None, kind.first)]
            wanted += [
                (None, number, meter, kind.first, kind.last)
                for number, charge in enumerate(kind.charges)
                if charge.meter is not None
                for meter in charge.meter.split("+")
            ]
            for known_at, number, meter, starts_on, ends_on in wanted:
                rows.append(
                    {
                        "number": len(slots),
                        "subscription_id": subscription,
                        "meter": meter,
                        "starts_on": starts_on,
                        "ends_on": ends_on,
                        "known_at": known_at,
                    }
                )
                slots.append(Slot(kind.kind, member, number))
    return pa.Table.from_pylist(rows, schema=WINDOW), slots


def used(kinds: Sequence[Metered], slots: Sequence[Slot], found: pa.Table) -> Used:
    """What `found`, the windows that came back, says of each renewal."""
    by_number = {kind.kind: kind for kind in kinds}
    amounts: dict[tuple[int, int], dict[int, Decimal]] = {}
    late: set[tuple[int, int]] = set()
    names = ("number", "quantity", "largest")
    for number, quantity, largest in zip(*(found[n].to_pylist() for n in names), strict=True):
        slot = slots[number]
        key = (slot.kind, slot.member)
        if slot.charge is None:
            late.add(key)
            continue
        mine = amounts.setdefault(key, {})
        before = mine.get(slot.charge)
        if by_number[slot.kind].charges[slot.charge].aggregation is Aggregation.MAX:
            mine[slot.charge] = largest if before is None else max(before, largest)
        else:
            mine[slot.charge] = quantity if before is None else before + quantity
    return Used(amounts, frozenset(late))


def with_usage(amounts: str, charges: Sequence[Charge], used_here: Mapping[int, Decimal]) -> str:
    """The amounts of one renewal with what was used where it decides, without zeros at the end."""
    parts = amounts.split(" ")
    for number, charge in enumerate(charges):
        if charge.meter is not None:
            parts[number] = f"{used_here.get(number, ZERO).normalize():f}"
    return " ".join(parts)
