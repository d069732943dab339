from __future__ import annotations

from typing import Final, Protocol


class Progress(Protocol):
    """Whoever watches long work. One task at a time: begin, advance as rows pass, end."""

    def begin(self, task: str, total: int | None, *, unit: str = "rows") -> None:
        """Work on `task` starts.  total: in `unit`, as `advance` counts; None when unknown."""
        ...

    def advance(self, count: int = 1) -> None: ...

    def end(self) -> None: ...


class _Silent:
    def begin(self, task: str, total: int | None, *, unit: str = "rows") -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass

    def end(self) -> None:
        pass


SILENT: Final[Progress] = _Silent()
