from __future__ import annotations

from typing import Final, Protocol


class Progress(Protocol):
    """Whoever watches long work. One task at a time: begin, advance as rows pass, end."""

    def begin(self, task: str, total: int | None) -> None:
        """Work on `task` starts.  total: in the unit of `advance`; None when unknown."""
        ...

    def advance(self, count: int = 1) -> None: ...

    def end(self) -> None: ...


class _Silent:
    def begin(self, task: str, total: int | None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass

    def end(self) -> None:
        pass


SILENT: Final[Progress] = _Silent()
