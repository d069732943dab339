"""The guide to billing is run as printed: each command, in its order, and what it promises."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from string import Template

from tests.service.cli.command_line import CommandLine

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "billing.md"
ASSIGNED = re.compile(r"(\w+)=\$\((.*)\)")
WRITTEN = re.compile(r'echo "(.*)" >>? (\S+)')


def printed_commands():
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_command_of_the_guide_does_what_it_says(tmp_path, database_url, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trueup, names, said = CommandLine(tmp_path, database_url), {}, {}

    def run(command):
        words = shlex.split(Template(command).substitute(names))
        assert words[0] == "trueup", command
        ended = trueup(*words[1:])
        assert ended.status == 0, (command, ended.said)
        return ended

    for line in printed_commands():
        if written := WRITTEN.fullmatch(line):
            with Path(written[2]).open("a", encoding="utf-8") as file:
                file.write(Template(written[1]).substitute(names) + "\n")
        elif assigned := ASSIGNED.fullmatch(line):
            names[assigned[1]] = run(assigned[2]).out.strip()
        else:
            said[line] = run(line).said

    quoted = re.search(r"^> (.*)$", GUIDE.read_text("utf-8"), re.MULTILINE)[1]
    assert quoted in said["trueup bill show INV-000002 --explain"]
    assert "tax_pending" in said["trueup bill parked"]
    assert said["trueup bill run --until 2026-08-31"].startswith("0 invoices")  # run a second time
    assert (tmp_path / "CN-000001.pdf").read_bytes().startswith(b"%PDF")
    due = json.loads(trueup("bill", "due", "--until", "2026-10-02", "--json").out)
    assert due == []
