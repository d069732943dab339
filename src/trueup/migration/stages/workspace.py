"""The folder of one migration: what each stage leaves for the next, and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """Names of everything a migration keeps in its folder; nothing is made by naming it."""

    path: Path

    @property
    def snapshot(self) -> Path:
        return self.path / "snapshot"

    @property
    def assessment(self) -> Path:
        """Without suffix: `.html` for people, `.json` for programs; likewise the next two."""
        return self.path / "assessment"

    @property
    def accepted(self) -> Path:
        """Blocking findings in spite of which the operator went on; absent if there are none."""
        return self.path / "accepted.json"

    @property
    def reconciliation(self) -> Path:
        return self.path / "reconciliation.json"

    @property
    def report(self) -> Path:
        return self.path / "report"

    @property
    def backtest(self) -> Path:
        return self.path / "backtest"

    @property
    def journal(self) -> Path:
        return self.path / "stages.json"

    @property
    def scratch(self) -> Path:
        return self.path / "scratch"
