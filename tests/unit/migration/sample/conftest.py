from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trueup.kernel.progress import SILENT
from trueup.migration.sample.kinds import DIRT
from trueup.migration.sample.workshop import plant, populate, workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from trueup.migration.sample.model import Planted

CUSTOMERS, SEED = 500, 1


@pytest.fixture(scope="session")
def clean() -> Iterator[duckdb.DuckDBPyConnection]:
    with workshop() as connection:
        populate(connection, customers=CUSTOMERS, seed=SEED, progress=SILENT)
        connection.execute("set search_path = 'legacy'")
        yield connection


@pytest.fixture(scope="session")
def dirty() -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, Planted]]]:
    """Every kind planted in one sample, those that stop a load too."""
    with workshop() as connection:
        populate(connection, customers=CUSTOMERS, seed=SEED, progress=SILENT)
        planted = plant(connection, DIRT, SILENT)
        connection.execute("set search_path = 'legacy'")
        yield connection, planted
