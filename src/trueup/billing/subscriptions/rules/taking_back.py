"""An order taken back while its time lies ahead: the subscription as it was before it.  Pure.

What an order agrees for later overwrites rows; so the order keeps what it replaced, and taking it
back puts that in place again, to the row.  Orders are taken back from the last one on: an earlier
one may be part of what a later one changed.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from trueup.billing.subscriptions.errors import NothingScheduled
from trueup.billing.subscriptions.model import ItemRecord, OrderKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trueup.billing.subscriptions.model import Record
    from trueup.kernel.clock import Instant

OF_RECORD: Final = (
    "cycle",
    "keeps_prepaid",
    "cancel_at",
    "cancelled_at",
    "final_bill_at",
    "settles_from",
    "trial_end_at",
)
OF_ITEM: Final = ("served_from", "served_until", "until_if_kept")


def replaced(before: Record) -> dict[str, Any]:
    """What an order may overwrite of a record, as JSON keeps it."""
    kept = {name: _written(getattr(before, name)) for name in OF_RECORD}
    return kept | {
        "plan_id": str(before.plan_id),
        "former_plans": [str(plan) for plan in before.former_plans],
        "quantity": str(before.quantity),
        "pauses": [[_written(start), _written(end)] for start, end in before.pauses],
        "items": [
            {name: _written(value) for name, value in asdict(item).items()} for item in before.items
        ],
    }


def restored(now: Record, kept: Mapping[str, Any]) -> Record:
    """`now` with what `replaced` kept put back; items that came since are served at no time.

    An order that was kept before the end of a trial could change keeps nothing of it.
    """
    items = tuple(_item(row) for row in kept["items"])
    since = tuple(
        replace(
            item, served_until=item.served_from, until_if_kept=item.served_from, is_changed=True
        )
        for item in now.items[len(items) :]
    )
    return replace(
        now,
        plan_id=UUID(kept["plan_id"]),
        # Of an order from before they were kept, there were none.
        former_plans=tuple(map(UUID, kept.get("former_plans", ()))),
        quantity=Decimal(kept["quantity"]),
        pauses=tuple((_there(start), _instant(end)) for start, end in kept["pauses"]),
        items=(*items, *since),
        cycle=kept["cycle"],
        keeps_prepaid=kept["keeps_prepaid"],
        cancel_at=_instant(kept["cancel_at"]),
        cancelled_at=_instant(kept["cancelled_at"]),
        final_bill_at=_instant(kept["final_bill_at"]),
        settles_from=_instant(kept["settles_from"]),
        trial_end_at=_instant(kept["trial_end_at"]) if "trial_end_at" in kept else now.trial_end_at,
    )


def last_standing(subscription: str, orders: Sequence[Any], now: Instant) -> Any:
    """The last order that was not taken back, where its time lies ahead.

    orders: rows, by number.  Raises NothingScheduled.
    """
    gone = {row.terms["order"] for row in orders if row.kind == OrderKind.TAKE_BACK}
    standing = [row for row in orders if row.number not in gone and row.kind != OrderKind.TAKE_BACK]
    last = standing[-1] if standing else None
    if last is None or last.replaced is None or last.effective_at <= now:
        raise NothingScheduled(subscription=subscription, last=last and last.kind)
    return last


def _item(row: Mapping[str, Any]) -> ItemRecord:
    instants = {name: _instant(row[name]) for name in OF_ITEM}
    exact = {"price_id": UUID(row["price_id"]), "quantity": Decimal(row["quantity"])}
    return ItemRecord(**(dict(row) | instants | exact))


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value


def _instant(text: str | None) -> Instant | None:
    return None if text is None else datetime.fromisoformat(text)


def _there(text: str) -> Instant:
    return datetime.fromisoformat(text)
