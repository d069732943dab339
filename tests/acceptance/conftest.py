"""What several acceptance tests look at: one legacy database, the document's load of it, and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.acceptance.document_001_runs import Books, Ours, make_legacy, run_document, run_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.postgres import PostgresForTests


@pytest.fixture(scope="session")
def legacy(empty_postgres: Callable[[], str]) -> str:
    return make_legacy(empty_postgres())


@pytest.fixture(scope="session")
def literal(legacy: str) -> Iterator[Books]:
    """The document's load as it stands."""
    yield from run_document(legacy, "literal", is_charitable=False)


@pytest.fixture(scope="session")
def charitable(legacy: str) -> Iterator[Books]:
    """The same with the join keys stored that it forgot, so that its later defects show."""
    yield from run_document(legacy, "charitable", is_charitable=True)


@pytest.fixture(scope="session")
def ours(
    legacy: str, postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ours]:
    yield from run_ours(legacy, postgres.clone(), tmp_path_factory.mktemp("ours"))
