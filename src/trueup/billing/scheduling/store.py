from __future__ import annotations

import json
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any, Final

from trueup.billing.scheduling.model import Daily, Every, Schedule
from trueup.db import load_queries

if TYPE_CHECKING:
    from trueup.db import Tx
    from trueup.kernel.clock import Instant

Q: Final = load_queries(__package__)
MINUTE: Final = timedelta(minutes=1)


def find_schedule(tx: Tx) -> Schedule | None:
    row = tx.maybe(Q.schedule)
    if row is None:
        return None
    rhythm = (
        Every(row.every_minutes * MINUTE)
        if row.every_minutes
        else Daily(tuple(time.fromisoformat(at) for at in row.local_times), row.time_zone)
    )
    return Schedule(rhythm, row.workers, row.set_at, row.next_at)


def set_schedule(tx: Tx, schedule: Schedule) -> None:
    tx.execute(
        Q.set_schedule,
        **_columns(schedule.rhythm),
        workers=schedule.workers,
        set_at=schedule.set_at,
        next_at=schedule.next_at,
    )


def _columns(rhythm: Every | Daily) -> dict[str, Any]:
    if isinstance(rhythm, Every):
        return {"every_minutes": rhythm.span // MINUTE, "local_times": None, "time_zone": None}
    times = json.dumps([f"{at:%H:%M}" for at in rhythm.times])
    return {"every_minutes": None, "local_times": times, "time_zone": rhythm.time_zone}


def move_on(tx: Tx, schedule: Schedule, next_at: Instant) -> None:
    tx.execute(Q.move_on, was=schedule.next_at, set_at=schedule.set_at, next_at=next_at)


def remove_schedule(tx: Tx) -> int:
    return tx.execute(Q.remove_schedule)
