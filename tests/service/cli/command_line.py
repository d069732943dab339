"""The command line as a user meets it, in this process: wired as the program is, only faster."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from trueup.app.wiring import wired
from trueup.cli.edge import run


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it printed, on one line: where lines break depends on lengths of paths."""
        return " ".join(f"{self.out} {self.err}".split())


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs commands against the database at `url`; None starts the embedded server under `home`."""

    home: Path
    url: str | None

    def __call__(self, *arguments: object) -> Ended:
        environment = {"TRUEUP_HOME": str(self.home)}
        if self.url:
            environment["TRUEUP_DATABASE_URL"] = self.url
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = run([str(each) for each in arguments], wired(environment))
        return Ended(status, out.getvalue(), err.getvalue())
