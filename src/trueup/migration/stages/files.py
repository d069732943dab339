"""How a stage leaves its result in the workspace: whole, with the time it was made."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from trueup.migration.stages.errors import WorkspaceNotWritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trueup.kernel.clock import Clock


def stamp(clock: Clock) -> str:
    """The time of writing, to the second."""
    return clock.now().isoformat(timespec="seconds")


def write_whole(file: Path, text: str) -> None:
    """Write `file` whole or not at all.  Raises WorkspaceNotWritable."""
    partial = file.with_name(file.name + ".partial")
    with writing(file):
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(file)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises WorkspaceNotWritable for what the system refuses while `path` is written."""
    try:
        yield
    except OSError as error:
        raise WorkspaceNotWritable(path=path, problem=str(error.strerror)) from error
