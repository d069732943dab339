"""Addresses of sources: what is told of them, and where their server should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.migration.sources.location import location_of, server_of
from trueup.migration.sources.model import SourceConfig
from trueup.migration.sources.opening import source_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("url", "location", "server"), [
    ("postgresql://u:sesame@db.example:6000/legacy", "postgresql://u@db.example:6000/legacy", "db.example:6000"),
    ("postgresql://db.example/legacy?password=sesame", "postgresql://db.example/legacy", "db.example:5432"),
    ("postgresql://u@[::1]:6000/legacy", "postgresql://u@[::1]:6000/legacy", "[::1]:6000"),
    ("postgresql://[::1]/legacy", "postgresql://[::1]/legacy", "[::1]:5432"),
    ("postgresql:///legacy?host=/run/pg&password=sesame", "postgresql:///legacy?host=/run/pg", "/run/pg"),
    ("postgresql://u:sesame@/legacy?host=%2Frun%2Fpg", "postgresql://u@/legacy?host=%2Frun%2Fpg", "/run/pg"),
    ("mysql://u:sesame@/legacy?unix_socket=/run/my.sock", "mysql://u@/legacy?unix_socket=/run/my.sock", "/run/my.sock"),
    ("postgresql:///legacy", "postgresql:/legacy", "localhost:5432"),
])  # fmt: skip
def test_an_address_is_told_without_its_password_and_its_server_by_place(
    url: str, location: str, server: str
) -> None:
    assert (location_of(url), server_of(url, 5432)) == (location, server)


@pytest.mark.parametrize("slashes", ["", "//", "///"])
def test_a_files_location_is_its_path_however_many_slashes_lead_it(
    slashes: str, tmp_path: Path
) -> None:
    (tmp_path / "bills.csv").write_text("id\n1\n")
    assert source_of(SourceConfig(f"csv:{slashes}{tmp_path}"))[1] == str(tmp_path)
