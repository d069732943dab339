"""What plain renewals used: the windows of usage to ask for and what they come to.  Pure.

A renewal is plain only while nothing was used in a period that is billed already, which shows as a
known window that comes back, and nothing of its own period was recorded too late (B28).
"""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.drafting.rules.measuring import too_late_from
from trueup.billing.metering.model import WINDOW
from trueup.billing.subscriptions.rules.recording import instant_of
from trueup.billing.subscriptions.terms import Aggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from trueup.billing.invoicing.rules.kinds import Kind
    from trueup.billing.subscriptions.terms import Charge
    from trueup.kernel.clock import Instant

    Row = Any  # a named tuple, as every row

    Wanted = tuple[Instant | None, int | None, str | None, date | None, date]

ZERO = Decimal(0)


class Metered(NamedTuple):
    """Renewals of one kind of which usage decides.

    kind: its number in the chunk.  subscriptions: their ids, in order.  charges: of their items.
    first, last: local days of the period that ends.  known_at: when the usage before was billed.
    too_late: from when on usage of that period is recorded too late; None: it never is.
    """

    kind: int
    subscriptions: Sequence[bytes]
    charges: Sequence[Charge]
    first: date
    last: date
    known_at: Instant | None
    too_late: Instant | None = None


class Slot(NamedTuple):
    """What a window is asked for.  charge: number of the item; None: usage of earlier periods."""

    kind: int
    member: int
    charge: int | None


class Used(NamedTuple):
    """amounts: by kind and member, of each metered item by its number.

    late: members, by kind, whose earlier periods changed since they were billed, or whose own has
    usage that was recorded too late.
    """

    amounts: Mapping[tuple[int, int], Mapping[int, Decimal]]
    late: frozenset[tuple[int, int]]


def metered(number: int, row: Row, kind: Kind, subscriptions: Sequence[bytes]) -> Metered:
    """Of a kind as it was claimed."""
    first = local_date(kind.before, kind.zone)
    late = too_late_from(kind.cycle, first, kind.dialect.late_usage_periods)
    return Metered(
        number,
        subscriptions,
        [charge for _, charge, _ in kind.charges],
        first,
        local_date(kind.at, kind.zone),
        row.known_at,
        None if late is None else instant_of(late, kind.zone),
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
    changed: Iterable[Instant | None] = repeat(None, found.num_rows)
    if any(kind.too_late is not None for kind in kinds):
        changed = found["changed_at"].to_pylist()
    columns = (found[n].to_pylist() for n in names)
    for number, quantity, largest, changed_at in zip(*columns, changed, strict=True):
        slot = slots[number]
        key = (slot.kind, slot.member)
        kind = by_number[slot.kind]
        if slot.charge is None or _is_too_late(kind, changed_at):
            late.add(key)
            continue
        mine = amounts.setdefault(key, {})
        before = mine.get(slot.charge)
        if kind.charges[slot.charge].aggregation is Aggregation.MAX:
            mine[slot.charge] = largest if before is None else max(before, largest)
        else:
            mine[slot.charge] = quantity if before is None else before + quantity
    return Used(amounts, frozenset(late))


def _is_too_late(kind: Metered, changed_at: Instant | None) -> bool:
    return kind.too_late is not None and changed_at is not None and changed_at >= kind.too_late


def with_usage(amounts: str, charges: Sequence[Charge], used_here: Mapping[int, Decimal]) -> str:
    """The amounts of one renewal with what was used where it decides, without zeros at the end."""
    parts = amounts.split(" ")
    for number, charge in enumerate(charges):
        if charge.meter is not None:
            parts[number] = f"{used_here.get(number, ZERO).normalize():f}"
    return " ".join(parts)
