"""What the environment decides, read once at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """database_url: None starts the embedded server under `home`."""

    home: Path
    database_url: str | None

    @property
    def server(self) -> Path:
        """The folder of the embedded server."""
        return self.home / "server"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """TRUEUP_HOME (default `.trueup` in the current folder) and TRUEUP_DATABASE_URL."""
        return cls(
            home=Path(environment.get("TRUEUP_HOME") or ".trueup"),
            database_url=environment.get("TRUEUP_DATABASE_URL") or None,
        )
