"""Every command says how it is used by an example that is right, and can speak to programs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
import pytest

from trueup.cli.examples import EXAMPLES
from trueup.cli.main import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator

BILLING = frozenset({"plan", "customer", "subscription", "coupon", "credit", "bill", "payment", "invoice", "usage", "dialect", "pending", "clock"})  # fmt: skip


def commands(of: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if not hasattr(of, "commands"):
        yield path, of
        return
    for name, command in of.commands.items():
        yield from commands(command, f"{path} {name}")


FOUND = {path: of for name, entry in ENTRIES.items() for path, of in commands(entry.read(name), name)}  # fmt: skip


@pytest.mark.parametrize("path", FOUND)
def test_every_command_has_an_example_and_its_options_are_there(path):
    assert path in EXAMPLES, f"add an example of `trueup {path}` to trueup/cli/examples.py"
    command = FOUND[path]
    arguments = shlex.split(EXAMPLES[path])
    context = command.context_class(command, info_name=path)
    options, rest, _ = command.make_parser(context).parse_args(arguments)
    assert rest == []
    missing = [p.name for p in command.params if p.required and options.get(p.name) is None]
    assert missing == []


def test_no_example_is_of_a_command_that_is_gone():
    assert sorted(set(EXAMPLES) - set(FOUND)) == []


@pytest.mark.parametrize("path", [path for path in FOUND if path.split()[0] in BILLING])
def test_every_billing_command_can_tell_programs_what_it_did(path):
    names = [name for parameter in FOUND[path].params for name in parameter.opts]
    assert "--json" in names
