from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import time, timedelta

    from trueup.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Every:
    """After each so long, counted from when it was set: at least a minute, at most a week."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at these local times, at least one.  A time that comes twice counts once (B5)."""

    times: tuple[time, ...]
    time_zone: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When bill runs begin.  next_at: the next one; past where one was missed or cut short."""

    rhythm: Every | Daily
    workers: int
    set_at: Instant
    next_at: Instant
