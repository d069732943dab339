"""Commands that are told of at once and read when they are called.

Reading every part of Trueup takes a second; `trueup --help` and a small command need few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from trueup.cli.examples import exemplify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the overview: what the command says of itself first, and where it stands.

    place: `module:attribute` within this room; a function, or a group of commands.
    added: places of groups whose commands stand in that group beside its own; one that has a name
    stands there by it.
    """

    panel: str
    summary: str
    place: str
    added: Sequence[str] = ()

    def read(self, name: str) -> Any:
        """The command itself, with its options."""
        return _read(name, self.place, tuple(self.added))


@cache
def _read(name: str, place: str, added: tuple[str, ...]) -> Any:
    found = _at(place)
    for each in added:
        found.add_typer(_at(each))
    host = typer.Typer(rich_markup_mode="rich")
    if isinstance(found, typer.Typer):
        host.add_typer(found, name=name)
    else:
        host.command(name)(found)
    command = get_group(host).commands[name]
    exemplify(command, name)
    return command


def _at(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(f"{__package__}.{module}"), attribute)


class StandIn(TyperCommand):
    """Tells of a command in the overview; whoever calls it gets the command itself."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.summary, rich_help_panel=entry.panel)
        self._entry = entry

    def make_context(self, info_name: str | None, *rest: Any, **more: Any) -> Any:
        command = self._entry.read(str(self.name))
        return command.make_context(info_name, *rest, **more)


class Overview(TyperGroup):
    """A group whose commands are `entries`, in their order."""

    entries: ClassVar[Mapping[str, Entry]]

    def __init__(self, **settings: Any) -> None:
        stand_ins = {name: StandIn(name, entry) for name, entry in self.entries.items()}
        super().__init__(**{**settings, "commands": stand_ins})
