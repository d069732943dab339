"""Fixtures for every test: real databases, started when the first test asks for one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.support.mariadb import MariaDbForTests
from tests.support.postgres import POSTGRESQL_15, PostgresForTests

from trueup.db import Database, EmbeddedServer, create_tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent
UNIT = TESTS / "unit"
DEAR_FIRST = ("acceptance", "contract", "service", "store", "architecture", "unit")
"""Folders in the order in which they are run; the small files at the end fill the gaps."""

# No test fails for being slow on a busy machine.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        choices=("embedded", "15"),
        default="15" if os.environ.get("TRUEUP_TEST_SERVER") == "postgresql15" else "embedded",
        help="which PostgreSQL the tests run on: the wheel's (default) or Debian's postgresql-15",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A unit test that opens a socket fails.

    Tests of one file share what they load, so one worker runs them (`--dist loadfile`); no worker
    is to be left alone with a long file at the end. Another PostgreSQL runs what touches it, alone.
    """
    items.sort(key=lambda item: DEAR_FIRST.index(item.path.relative_to(TESTS).parts[0]))
    for item in items:
        if item.path.is_relative_to(UNIT):
            item.add_marker(pytest.mark.disable_socket)
    if config.getoption("--postgres") == "15":
        elsewhere = [item for item in items if not _touches_postgres(item)]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if _touches_postgres(item)]


def _touches_postgres(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "postgres" in item.fixturenames


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresForTests]:
    version = request.config.getoption("--postgres")
    if version == "15" and not POSTGRESQL_15.is_dir():
        pytest.skip("postgresql-15 is not installed; `make test` installs it")
    server = PostgresForTests.start(version=version)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresForTests) -> str:
    """The running server, by a database that holds nothing."""
    return postgres.server.url


@pytest.fixture(scope="session")
def empty_postgres(postgres: PostgresForTests) -> Callable[[], str]:
    """Makes an empty database at each call and gives its address."""
    return postgres.create


@pytest.fixture
def database_url(postgres: PostgresForTests) -> Iterator[str]:
    """The address of a database as the migrations leave one."""
    url = postgres.lend()
    yield url
    postgres.take_back(url)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database.connect(database_url) as database:
        yield database


@pytest.fixture
def tenant_id(db: Database) -> int:
    return create_tenant(db, "acme")


@pytest.fixture
def embedded_home(tmp_path: Path) -> Iterator[Path]:
    """Where a command may start an embedded server; it and its data go away with the test."""
    home = tmp_path / "home"
    yield home
    if (home / "server").exists():
        server = EmbeddedServer.find(home / "server")
        if server is not None:
            server.stop()
        shutil.rmtree((home / "server").resolve())  # a link where the test's folder is private


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Callable[[], str]]:
    """Makes an empty MariaDB database at each call and gives its address."""
    if shutil.which("mariadbd") is None:
        pytest.skip("mariadb-server is not installed; `make test` installs it")
    server = MariaDbForTests.start()
    yield server.create
    server.stop()
