"""Progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bars,
)

from trueup.cli.telling import counted

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console


class BarProgress:
    """One bar a task, kept when it is done. Implements kernel's Progress; safe between threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_live = console.is_terminal
        self._lock = threading.Lock()
        self._task: TaskID | None = None
        self._name = ""
        self._unit = ""
        self._done = 0
        self._bars = Bars(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}", markup=False),  # it names tables
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}", style="progress.download"),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
            disable=not self._is_live,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, task: str, total: int | None, *, unit: str = "rows") -> None:
        with self._lock:
            self._name, self._unit, self._done = task, unit, 0
            self._task = self._bars.add_task(task, total=total, unit=unit if total else "")

    def advance(self, count: int = 1) -> None:
        with self._lock:
            self._done += count
            if self._task is not None:
                self._bars.advance(self._task, count)

    def end(self) -> None:
        with self._lock:
            if self._task is not None:
                self._bars.update(self._task, total=self._done, completed=self._done)
            if not self._is_live:
                done = f" {counted(self._done, self._unit.removesuffix('s'))}" if self._done else ""
                self._console.print(f"  {self._name}:{done} done", highlight=False, markup=False)
            self._task = None
